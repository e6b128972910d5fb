"""What all jobs share: adapters, places at a platform, turns, faults of one platform or of the database."""
