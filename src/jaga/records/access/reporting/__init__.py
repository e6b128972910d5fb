"""Reports: how they come in, join a case, and how whoever sent one is kept informed."""
