"""The queue: where a case waits, whose it is, and who has it open."""
