"""Quality of judgement, and the access log."""
