"""People and organisations: accounts, sign-in, roles, registrations, skills and clearances."""
