"""Labels that the team puts on a case for finding and sorting. They decide nothing and are internal."""

import re

from django.db import transaction

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.records.models import CaseLabel

MOST_LABELS = 10  # per case
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class LabelledAlready(Conflict):
    """The case has this label already."""

    code = "labelled_already"
    sentence = N_("The case has this label already.")
    remedy = N_("Nothing needs to be done.")


def read_label(typed: str) -> str:
    """Normalise a typed label: `Kontak Sama` becomes `kontak-sama`. Raises InvalidInput (field `label`)."""
    label = re.sub(r"[\s_-]+", "-", typed.strip().lower())
    if not _LABEL.fullmatch(label):
        raise InvalidInput(
            FieldError("label", "not_a_label", N_("A label has 1 to 40 letters (a to z), digits or hyphens."))
        )
    return label


@transaction.atomic
def label_case(case_id: int, typed: str, *, actor: Actor) -> str:
    """Add a label to the case; returns its normalised form.

    Reversible: `unlabel_case`.

    Raises NotPermitted, NotFound, InvalidInput, LabelledAlready.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    label, case = read_label(typed), locked_case(case_id, actor=actor)
    labels = set(CaseLabel.objects.filter(case=case, withdrawn_at__isnull=True).values_list("label", flat=True))
    if label in labels:
        raise LabelledAlready
    if len(labels) >= MOST_LABELS:
        raise InvalidInput(FieldError("label", "too_many", N_("At most %(most)s labels."), {"most": MOST_LABELS}))
    row = CaseLabel.objects.create(case=case, label=label, added_by_id=person, added_at=now())
    append("label_case", {"label": row.pk}, actor=actor, case_id=case.pk)
    return label


@transaction.atomic
def unlabel_case(case_id: int, label: str, *, actor: Actor) -> None:
    """Remove a label from the case. Reversible: `label_case`. Raises NotPermitted, NotFound."""
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if not _LABEL.fullmatch(label):
        raise NotFound
    row = CaseLabel.objects.filter(case=case, label=label, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotFound
    row.withdrawn_at = now()
    row.save(update_fields=["withdrawn_at"])
    append("unlabel_case", {"label": row.pk}, actor=actor, case_id=case.pk)
