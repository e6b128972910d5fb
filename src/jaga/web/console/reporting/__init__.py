"""Reports: intake, joining a case, and informing the reporter."""
