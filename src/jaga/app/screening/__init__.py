"""Files of texts through the screening engine: read as a stream, screened block by block, written in their order.

`reading` makes blocks of a file · `blocks` screens one · `processes` and `cluster` are the hands that do it ·
`parts` keeps what is done, so that a run can go on · `results` writes the file · `run` ties them together.
"""

import jaga.screening  # noqa: F401 - before numba: it says where kernels are kept
