"""The staff's pages: sign in, take a case, decide, look after what follows. Each view gates, calls one verb, renders."""
