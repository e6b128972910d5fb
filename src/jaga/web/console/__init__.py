"""The staff's pages: sign in, take a case, decide, look after what follows. A view gates, calls one verb, renders."""
