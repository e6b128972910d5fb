"""What anybody may open: report, follow, appeal, figures, policy."""
