"""Kit for pages, below the subjects: frame, forms, errors, buffering, what runs before Django."""
