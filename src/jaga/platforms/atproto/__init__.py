"""What the adapters of the AT Protocol share: its calls, how an account stands, its public records."""
