"""Quality of decisions: blind review, agreement, canary cases, and seals of the access log."""
