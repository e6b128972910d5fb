"""Which file names a package may contain: those that mean the same file on every system, inside the folder."""

import re

from jaga.core.errors import N_, JagaError

_SEGMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_DEEPEST = 6


class UnsafePath(JagaError):
    """A file name that leaves the folder, or that some systems read differently; nothing was written."""

    code = "unsafe_path"
    status = 422
    sentence = N_("The file name %(path)s cannot be used in a package.")
    remedy = N_("Use letters, digits, dots, hyphens and underscores, with folders divided by a slash.")


def is_safe(path: str) -> bool:
    """Whether `path` is relative, stays below its folder and has no name that a common system treats specially."""
    segments = path.split("/")
    return len(segments) <= _DEEPEST and all(_SEGMENT.fullmatch(s) and not _DEVICE.fullmatch(s) for s in segments)


def require_safe(path: str) -> str:
    """`path` unchanged. Raises UnsafePath."""
    if not is_safe(path):
        raise UnsafePath(path=ascii(path[:200]))
    return path
