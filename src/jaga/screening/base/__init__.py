"""What all stages share: compiled kernels and where they are kept, bytes, errors of rows."""
