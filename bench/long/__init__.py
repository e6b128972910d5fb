"""What `make test` has a sample of, at its full length: `make long`, before each release."""
