"""What other servers write, made such that it can be stored."""

from datetime import UTC, datetime


def clean(text: str) -> str:
    """`text` without lone surrogates, which nobody could store or hash; they are spelt out instead."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def moment(seconds: float) -> datetime:
    """Unix time as an aware moment; the epoch for a time that cannot be."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
