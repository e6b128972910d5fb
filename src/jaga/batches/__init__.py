"""Files of many reports, filed row by row."""
