"""The queue: where a case waits, its assignee, and who has it open."""
