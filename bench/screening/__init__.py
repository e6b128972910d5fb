"""Benchmarks of the screening engine: texts, files and pictures, and how well the release tells them apart."""
