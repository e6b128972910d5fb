"""How reports arrive by each channel, join a case and are answered; the mailbox."""
