"""Appeals of account holders, and reasons given in person."""
