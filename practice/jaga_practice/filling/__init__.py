"""Very many invented cases at once: `jaga practice fill`."""
