"""Accounts of urgent cases are looked up on their platform; cases of unknown accounts are ranked behind the others.

Names are easily invented, and sixty invented ones hide a call for help. Nothing is dismissed for it, since whoever
reports in fear mistypes, and an account may have gone since. Deadline and reviewers stay the same. Platforms reached by
notice are not asked, since the operator would learn of a report before anybody judged it.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from jaga.casework.kernel.jobs import defer_triage
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES, UNJUDGED_STATES
from jaga.core.clock import now
from jaga.core.platforms import Account
from jaga.core.terms.reports import SubjectKind
from jaga.records.models import Case, Subject

AGAIN = timedelta(minutes=10)
"""Time after which a missing account is looked up again."""
_MOST = 20  # per platform and run


def sought_platforms() -> list[str]:
    """Platforms on which an account of an urgent case must be looked up."""
    return sorted(set(_waiting().values_list("subject__platform__name", flat=True)[:1000]))


def accounts_to_seek(platform: str) -> list[tuple[int, Account]]:
    """The next accounts to look up there, by row id, in order of their deadlines."""
    rows = _waiting().filter(subject__platform__name=platform).order_by("due_at", "pk")
    found = dict(rows.values_list("subject", "subject__account_id")[:_MOST])
    return [(subject, Account(platform, account_id)) for subject, account_id in found.items()]


def _waiting() -> QuerySet[Case]:
    # Of these states, by the index of urgent cases that wait; where the votes are complete, no rank matters.
    return Case.objects.filter(
        Q(urgent=True) | Q(victim_first=True),
        state__in=UNJUDGED_STATES,
        subject__kind=SubjectKind.ACCOUNT,
        subject__platform__by_notice=False,
    ).filter(Q(subject__sought_at__isnull=True) | Q(subject__absent=True, subject__sought_at__lt=now() - AGAIN))


@transaction.atomic
def record_sought(subject_id: int, *, absent: bool, actor: Actor) -> None:
    """Store the platform's answer. If it changes, the account's waiting cases are ranked again."""
    subject = Subject.objects.select_for_update(of=("self",)).get(pk=subject_id)
    changed, subject.sought_at, subject.absent = subject.absent != absent, now(), absent
    subject.save(update_fields=["sought_at", "absent"])
    if not changed:
        return
    append("seek_account", {"subject": subject.pk, "absent": absent}, actor=actor, case_id=None)
    for case_id in Case.objects.filter(subject=subject, state__in=JOINABLE_STATES).values_list("pk", flat=True):
        defer_triage(case_id)
