"""Shared by all jobs: adapters, concurrency limits, account locks, and faults of a platform or the database."""
