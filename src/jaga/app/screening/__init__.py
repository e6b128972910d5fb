"""Screening of files: read as a stream, screened by block, written in order.

`reading` splits a file into blocks · `blocks` screens one · `processes` and `cluster` run that in parallel · `parts`
stores finished blocks for resuming · `results` writes the file · `run` combines them.
"""

import jaga.screening  # noqa: F401 - before numba: it says where kernels are kept
