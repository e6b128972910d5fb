"""The keyed commitment that binds a vote: it is entered in the ledger with the vote, and looked at before what follows.

Its key lies outside the database (`secrets/commitments`). So a vote that somebody wrote into the table by SQL, without
that key, has no commitment that fits, and nothing that rests on it is carried out (`casework.authorisation`).
"""

from collections.abc import Sequence

from jaga.core.canonical import canonical_json
from jaga.records.codes import commitment


def vote_commitment(vote: int, kind: str, legal_basis: str, facts: str, rooms: Sequence[str], accounts: Sequence[int],
                    restrict_days: int | None, elements: Sequence[str]) -> str:
    """The commitment (hex) to all that a vote says. It tells nothing of the vote to whoever reads the ledger."""
    return commitment(canonical_json({
        "vote": vote, "kind": kind, "legal_basis": legal_basis, "facts": facts, "rooms": rooms, "accounts": accounts,
        "restrict_days": restrict_days, "elements": elements,
    }))
