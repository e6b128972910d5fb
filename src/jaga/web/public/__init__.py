"""Public pages: report, follow, appeal, figures, policy."""
