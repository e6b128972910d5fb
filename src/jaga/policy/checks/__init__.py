"""What must be true between the parts of a release."""
