"""Legal requests and orders of authorities, their clarification, and disclosures."""
