"""The installation as a whole: figures, dashboards, deadlines."""
