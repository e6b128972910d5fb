"""Time stamps by a foreign authority (RFC 3161): a signed statement that a text existed at a moment.

They bind a head of the published log to a time that neither the installation nor its witnesses chose. Signatures and
certificates are checked by `rfc3161-client`; whoever verifies a stamp elsewhere can use `openssl ts -verify`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from jaga.core.errors import N_, JagaError

QUERY_TYPE = "application/timestamp-query"
LARGEST_STAMP = 64_000


class BadTimestamp(JagaError):
    """A time stamp that is damaged, of another text, or not signed by an authority that is trusted here."""

    code = "bad_timestamp"
    status = 422
    sentence = N_("This is not a valid time stamp of the log's head: %(why)s.")
    remedy = N_("Compare the authority's certificates with the file in JAGA_TIMESTAMP_ROOTS, and ask the authority.")


class BadTimestampRoots(JagaError):
    """The file with the certificates of the time stamp authority cannot be used."""

    code = "bad_timestamp_roots"
    status = 422
    sentence = N_("The file with the certificates of the time stamp authority cannot be used: %(why)s.")
    remedy = N_(
        "Put the authority's root certificate into it in PEM form, followed by those between the root and the "
        "one that signs."
    )


@dataclass(frozen=True)
class TimestampRequest:
    """What is sent to the authority. Its answer must have the same nonce, so that no old one can be played back."""

    content: bytes
    nonce: int


def request_for(data: bytes) -> TimestampRequest:
    """A request for a stamp of these bytes, by their SHA-256. The authority learns nothing but the hash."""
    made = (
        TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    assert made.nonce is not None
    return TimestampRequest(made.as_bytes(), made.nonce)


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, with at least one root. Raises BadTimestampRoots."""
    try:
        found = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as wrong:
        raise BadTimestampRoots(why="it has no certificate in PEM form") from wrong
    if not any(_is_root(one) for one in found):
        raise BadTimestampRoots(why="none of its certificates is a root: each is signed by another")
    return found


def check_stamp(
    stamp: bytes, data: bytes, certificates: Sequence[x509.Certificate], nonce: int | None = None
) -> datetime:
    """The moment of a stamp of these bytes, by the authority's clock. Raises BadTimestamp.

    Certificates must have been valid at that moment, and need not be any more.
    """
    try:
        found = decode_timestamp_response(stamp)
        if found.status not in (0, 1):
            raise BadTimestamp(why=f"the authority refused ({', '.join(found.status_string) or found.status})")
        builder = VerifierBuilder()
        for one in certificates:
            builder = builder.add_root_certificate(one) if _is_root(one) else builder.add_intermediate_certificate(one)
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(found, data)
        moment: datetime = found.tst_info.gen_time
    except (ValueError, VerificationError) as wrong:
        raise BadTimestamp(why=" ".join(str(wrong).split())[:200]) from wrong
    return moment.astimezone(UTC)


def _is_root(one: x509.Certificate) -> bool:
    return one.issuer == one.subject
