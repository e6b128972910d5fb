"""Benchmarks of the hot paths. Each figure has a yardstick from the same run; docs/benchmarks.md explains them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "practice"))  # the invented world, beside the package
