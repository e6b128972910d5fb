"""The erasure that a released answer grants: of one report, or of everything held about an account."""

from datetime import timedelta

from django.db.models import Q

from jaga.casework.privacy.erasure import erase
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.person_requests import PersonRequestKind
from jaga.records.access.base.doubted_clock import ClockInDoubt, clock_in_doubt
from jaga.records.access.privacy.holder_data import cases_about
from jaga.records.models import Case, PersonAnswer, PersonRequest, Report

RULE = "person_request"
"""The rule that stands in the record of the erasure."""


MOST_A_DAY = 100
"""The guard of `records_erasedkey` knows this number too: whoever breaks into the web part cannot erase everything."""


class ErasuresOfTheDay(Conflict):
    """So many erasures were granted in the last 24 hours that no more are."""

    code = "erasures_of_the_day"
    sentence = N_("%(most)s erasures were granted in the last 24 hours, and a day may have no more.")
    remedy = N_(
        "If people granted them, release this answer tomorrow. If not, read the ledger: somebody may have broken in."
    )


def lock_cases_of(row: PersonRequest, subject_id: int | None) -> None:
    """Lock the cases that such an erasure is about, until the transaction ends."""
    of = Q(reports=row.report_id) if row.report_id is not None else Q(pk__in=_cases(subject_id))
    list(
        Case.objects.filter(pk__in=Case.objects.filter(of).values("pk"))
        .order_by("pk")
        .select_for_update()
        .values_list("pk")
    )


def _cases(subject_id: int | None) -> list[int]:
    return cases_about(subject_id) if subject_id is not None else []


def erase_for(row: PersonRequest, subject_id: int | None, *, actor: Actor) -> None:
    """Erase what the request is about, in the caller's transaction; the keys are destroyed within seconds.

    With a receipt that report alone; else the cases of the account and what was reported in them, and cases in which it
    was decided together with another: nothing binds those any more, and their words are about both. Reports of the
    other account stay. What proves that something was decided stays without words.

    Where nothing is held there is nothing to do: the answer is the same, so that nobody learns from it whether an
    account is on record. Raises ErasuresOfTheDay; ClockInDoubt, since by a wrong day nothing binds any more.
    """
    if clock_in_doubt():
        raise ClockInDoubt
    if (
        PersonAnswer.objects.filter(
            request__kind=PersonRequestKind.ERASURE, granted=True, released_at__gt=now() - timedelta(days=1)
        ).count()
        > MOST_A_DAY
    ):
        raise ErasuresOfTheDay(most=MOST_A_DAY)
    if row.report_id is not None:
        erase(reports=[row.report_id], rule=RULE, actor=actor)
        return
    cases = _cases(subject_id)
    reports = Report.objects.filter(Q(case__subject=subject_id) | Q(subject=subject_id), case__in=cases)
    erase(cases=cases, reports=list(reports.values_list("pk", flat=True)), rule=RULE, actor=actor)
