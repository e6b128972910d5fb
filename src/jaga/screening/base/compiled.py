"""Compilation of kernel functions that read arrays from tuples and allocate none.

By default numba updates an atomic reference count for each array read from a tuple, which dominated byte loops. These
functions are compiled without reference counting and may therefore hold arrays only as long as their caller does.
"""

from numba import njit

helper = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]
