"""Jobs on texts and pictures that came in."""
