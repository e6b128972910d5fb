"""The interface between Jaga and what it watches: values, settings and the errors of a source."""
