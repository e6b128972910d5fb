"""All stages put together: texts in, signals with their sentences out."""
