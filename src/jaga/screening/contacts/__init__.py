"""Contacts in a text: telephone numbers, links, e-mail addresses, handles on other services."""
