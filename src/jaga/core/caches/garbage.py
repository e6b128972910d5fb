"""The garbage collector of long-running processes: what was loaded at the start is not looked at again."""

import gc

_OBJECTS_BETWEEN_RUNS = 10_000
"""New objects until the youngest are looked at. By default it is 700, a handful of reports; and each full run reads all
that the process has loaded (policy release, lexicons, models, modules), a fifth of a second in the midst of a request.
"""


def keep_what_is_loaded() -> None:
    """Exempt all present objects from garbage collection; they are freed as ever when nothing refers to them any more.

    Call it once a process has loaded what it needs. It may be called again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_RUNS, *gc.get_threshold()[1:])
