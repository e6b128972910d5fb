"""Terms, value objects, state machines, errors, clocks and the platform port. No Django, no I/O."""
