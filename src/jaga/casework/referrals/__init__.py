"""Referrals: handing a case to an office that can help or prosecute."""
