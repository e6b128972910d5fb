"""People of an installation: roles, clearances, second factors, keys for the API and for signing."""
