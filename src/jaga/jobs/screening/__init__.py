"""Jobs on texts and pictures of reports."""
