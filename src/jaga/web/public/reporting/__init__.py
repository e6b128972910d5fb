"""The report form, and following a report by its receipt."""
