"""Terms, value objects, state transitions, errors, clocks and the port of platforms. No Django, no I/O."""
