"""Screening findings in the texts and pictures of a case. They are proposals; people decide."""
