"""Appeals of account holders, and the reasons that they are given."""
