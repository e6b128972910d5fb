"""Jobs that carry out actions on platforms and verify them again later."""
