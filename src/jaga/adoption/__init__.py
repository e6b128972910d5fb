"""Which policy release is in force, and how people adopt the next one."""
