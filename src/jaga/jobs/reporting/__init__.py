"""Jobs that bring reports in and put them into cases."""
