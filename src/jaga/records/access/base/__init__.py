"""What every page asks: who is signed in, which cases they may see, and the log of what was looked at."""
