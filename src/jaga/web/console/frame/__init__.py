"""Shared by all console pages: layout, form fields, wording, charts."""
