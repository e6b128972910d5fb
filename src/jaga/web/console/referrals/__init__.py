"""Referrals of cases to organisations that can help."""
