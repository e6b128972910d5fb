"""What adapters share: configuration, sealed credentials, bounded calls, the guard around each."""
