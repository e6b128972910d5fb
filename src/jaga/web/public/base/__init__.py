"""Shared by public pages: client networks, guess limits, wording."""
