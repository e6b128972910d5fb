"""What every subject needs: the ledger, promised jobs, calls that can be repeated, checks of words."""
