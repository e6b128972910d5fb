"""What every page of the console shares: the frame, fields of forms, words, charts."""
