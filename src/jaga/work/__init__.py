"""Kit for jobs, below the subjects: adapters, turns on an account, retries, rescue, mail."""
