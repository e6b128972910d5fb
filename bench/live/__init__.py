"""The invented people of `bench.watch_live`: what they write, when, and on which real servers."""
