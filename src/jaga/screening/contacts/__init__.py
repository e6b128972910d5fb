"""Contacts in a text: numbers, links, e-mail, names on other services."""
