"""Undoing the effects of an overturned decision beyond the account itself (MR5 art. 20: within 2x24 hours)."""

from jaga.casework.decisions.strikes import withdraw_strike
from jaga.casework.kernel.ledger import append
from jaga.casework.screening.ban_evasion_reviews import forget_links
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.records.models import Decision, Disclosure, DisclosureRecall


def undo_what_followed(overturned: Decision, restoring: Decision, *, actor: Actor) -> None:
    """Withdraw the strike, recall exports, and delete account links.

    Irreversible.

    Runs in the transaction of the restoring decision, whose action restores the account and sends the letters.
    """
    withdraw_strike(overturned, actor=actor)
    forget_links(overturned, actor=actor)
    recalled = recall_disclosures(overturned, restoring)
    append(
        "undo_what_followed",
        {"decision": overturned.pk, "restoring": restoring.pk, "recalled": recalled},
        actor=actor,
        case_id=overturned.case_id,
    )


def recall_disclosures(overturned: Decision, restoring: Decision) -> list[int]:
    """Recall every export made since the decision; its authority is told by letter. Returns the exports' ids."""
    made = Disclosure.objects.filter(case=overturned.case, made_at__gte=overturned.decided_at)
    rows = [DisclosureRecall(disclosure=disclosure, decision=restoring, at=now()) for disclosure in made]
    DisclosureRecall.objects.bulk_create(rows)
    return [row.disclosure_id for row in rows]
