"""What public pages share: clients, brakes on guessing, words."""
