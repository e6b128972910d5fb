"""Reports: accepting them, filing them into cases, and keeping their senders informed."""
