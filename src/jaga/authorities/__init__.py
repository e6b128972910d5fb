"""Requests and orders of authorities: held, checked, filed, refused; exports for the police."""
