"""Blind review, agreement of reviewers, canary cases, the access log."""
