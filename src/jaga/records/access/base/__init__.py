"""What every page needs: the signed-in person, the cases they may see, and the access log."""
