"""The state of the whole: figures, dashboards, what is due."""
