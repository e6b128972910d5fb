"""Compilation of kernel functions that read arrays from tuples and allocate none.

By default numba updates an atomic reference count for each array read from a tuple, which dominated byte loops. These
functions are compiled without reference counting and may therefore hold arrays only as long as their caller does.

A variable that begins with a plain `0` or `False` and is passed to another kernel begins with `np.int64(0)` or
`np.bool_(False)` instead. To numba a literal is a separate type, for which it would compile that kernel once more, to
no use: this cost an eighth of the time of the first start.
"""

from numba import njit

helper = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]
