"""Jobs that carry out actions and look again later."""
