"""What machines find in texts and pictures of a case. They propose; people decide."""
