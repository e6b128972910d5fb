"""People and organisations: identity, sign-in, roles and trust."""
