"""Keyed commitments: each binds a vote, or a decision that rests on none, and is looked at before what follows.

They are entered in the ledger with what they bind.

Their key lies outside the database (`secrets/commitments`). So a vote, a restoration or a restriction at once that
somebody wrote into the tables by SQL, without that key, has no commitment that fits, and nothing that rests on it is
carried out (`casework.actions.authorisation`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jaga.core.canonical import canonical_json
from jaga.records.codes import commitment


def vote_commitment(vote: int, kind: str, legal_basis: str, facts: str, rooms: Sequence[str], accounts: Sequence[int],
                    restrict_days: int | None, elements: Sequence[str], victim: str = "", why: str = "") -> str:
    """The commitment (hex) to all that a vote says. It tells nothing of the vote to whoever reads the ledger.

    Votes that say nothing of a possible victim, and settle nothing, are bound as those of earlier versions.
    """
    return commitment(canonical_json({
        "vote": vote, "kind": kind, "legal_basis": legal_basis, "facts": facts, "rooms": rooms, "accounts": accounts,
        "restrict_days": restrict_days, "elements": elements,
        **({"victim": victim} if victim else {}), **({"why": why} if why else {}),
    }))


def rest_commitment(rest: int, appeal: int, decision: int, decided_by: int, *, rests: bool) -> str:
    """The commitment (hex) to whether a measure rests while its appeal waits."""
    return commitment(canonical_json({
        "rest": rest, "appeal": appeal, "decision": decision, "decided_by": decided_by, "rests": rests,
    }))


def decision_commitment(decision: int, kind: str, subject: int, decided_by: int, overturns: int | None,
                        ends_at: datetime | None) -> str:
    """The commitment (hex) to a decision that rests on no vote: one that restores, or that restricts at once."""
    return commitment(canonical_json({
        "decision": decision, "kind": kind, "subject": subject, "decided_by": decided_by, "overturns": overturns,
        "ends_at": ends_at.astimezone(UTC).isoformat() if ends_at else None,
    }))
