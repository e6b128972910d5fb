"""Keyed commitments (HMAC) to votes and to decisions that rest on no vote; each is recorded in the ledger.

Their key lies outside the database (`secrets/commitments`). A vote, restoration or interim restriction written into the
tables by SQL therefore has no valid commitment, and nothing that rests on it is carried out
(`casework.actions.authorisation`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jaga.core.canonical import canonical_json
from jaga.records.codes import commitment


def vote_commitment(
    vote: int,
    kind: str,
    legal_basis: str,
    facts: str,
    rooms: Sequence[str],
    accounts: Sequence[int],
    restrict_days: int | None,
    elements: Sequence[str],
    victim: str = "",
    why: str = "",
) -> str:
    """The commitment (hex) to everything in a vote.

    It reveals nothing to a reader of the ledger.

    `victim` and `why` are included only if set.
    """
    return commitment(
        canonical_json(
            {
                "vote": vote,
                "kind": kind,
                "legal_basis": legal_basis,
                "facts": facts,
                "rooms": rooms,
                "accounts": accounts,
                "restrict_days": restrict_days,
                "elements": elements,
                **({"victim": victim} if victim else {}),
                **({"why": why} if why else {}),
            }
        )
    )


def rest_commitment(rest: int, appeal: int, decision: int, decided_by: int, *, rests: bool) -> str:
    """The commitment (hex) to whether a measure is suspended while its appeal waits."""
    return commitment(
        canonical_json(
            {
                "rest": rest,
                "appeal": appeal,
                "decision": decision,
                "decided_by": decided_by,
                "rests": rests,
            }
        )
    )


def decision_commitment(
    decision: int, kind: str, subject: int, decided_by: int, overturns: int | None, ends_at: datetime | None
) -> str:
    """The commitment (hex) to a decision without votes: a restoration or an interim restriction."""
    return commitment(
        canonical_json(
            {
                "decision": decision,
                "kind": kind,
                "subject": subject,
                "decided_by": decided_by,
                "overturns": overturns,
                "ends_at": ends_at.astimezone(UTC).isoformat() if ends_at else None,
            }
        )
    )
