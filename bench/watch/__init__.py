"""Benchmarks of public content: files that are taken in, the queue of their blocks, and watches."""
