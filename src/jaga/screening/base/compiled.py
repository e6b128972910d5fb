"""How parts of kernels are compiled that read arrays out of tuples and make none.

Of each array that is read of a tuple numba else counts, atomically, who holds it: in loops over bytes that took most of
the time. Those parts are compiled without that, so they may hold arrays only as long as their caller does.
"""

from numba import njit

helper = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]
