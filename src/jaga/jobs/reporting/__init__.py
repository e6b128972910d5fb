"""Jobs that bring reports in and file them into cases."""
