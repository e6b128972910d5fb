"""Appeals of account holders, and how they get the reasons of a decision."""
