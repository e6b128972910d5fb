"""The settings of the time stamp authority that stamps the published log once a day."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from jaga.app import config
from jaga.core.errors import N_, JagaError
from jaga.ledger.timestamps import read_certificates


class WrongTimestampAuthority(JagaError):
    """An address of a time stamp authority that cannot be asked."""

    code = "wrong_timestamp_authority"
    sentence = N_("JAGA_TIMESTAMP_URL is “%(given)s”, which is no address that begins with http:// or https://.")
    remedy = N_(
        "Give the address at which the authority answers requests as in RFC 3161, or leave it out: then no "
        "head is stamped."
    )


class MissingTimestampRoots(JagaError):
    """A time stamp authority without the certificates by which its stamps are checked."""

    code = "missing_timestamp_roots"
    sentence = N_("JAGA_TIMESTAMP_URL names a time stamp authority, but its certificates are missing: %(path)s.")
    remedy = N_("Put the authority's root certificate there in PEM form, or name another file in JAGA_TIMESTAMP_ROOTS.")


def timestamp_url() -> str:
    """The authority's address (`JAGA_TIMESTAMP_URL`), or an empty string. Raises WrongTimestampAuthority.

    Plain HTTP is usual and safe: the answer is signed.
    """
    given = os.environ.get("JAGA_TIMESTAMP_URL", "").strip()
    try:
        parts = urlsplit(given)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        right = False
    if given and (not right or not given.isprintable() or " " in given):
        raise WrongTimestampAuthority(given=given[:200])
    return given


def timestamp_roots() -> Path:
    """The file with the authority's certificates (`JAGA_TIMESTAMP_ROOTS`)."""
    return Path(os.environ.get("JAGA_TIMESTAMP_ROOTS") or config.home() / "timestamp-roots.pem").absolute()


def check() -> None:
    """Raises WrongTimestampAuthority, MissingTimestampRoots, BadTimestampRoots."""
    if not timestamp_url():
        return
    try:
        content = timestamp_roots().read_bytes()
    except OSError as missing:
        raise MissingTimestampRoots(path=timestamp_roots()) from missing
    read_certificates(content)
