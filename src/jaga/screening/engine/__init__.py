"""All stages combined: texts in, signals with explaining sentences out."""
