"""The invented people of `bench.watch.live`: what they write, when, and on which real servers."""
