"""Referrals: cases that are handed to those who can help."""
