"""Benchmarks of the hot paths, each beside a yardstick of the same run; docs/benchmarks.md explains them."""
