"""Appeals of account holders and the statements of reasons they receive."""
