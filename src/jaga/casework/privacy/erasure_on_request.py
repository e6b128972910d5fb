"""The erasure that a released answer grants: of one report, or of everything held about an account."""

from datetime import timedelta

from django.db.models import Q

from jaga.casework.privacy.erasure import erase
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.person_requests import PersonRequestKind
from jaga.records.models import Case, PersonAnswer, PersonRequest, Report

RULE = "person_request"
"""The rule that stands in the record of the erasure."""


MOST_A_DAY = 100
"""The guard of `records_erasedkey` knows this number too: whoever breaks into the web part cannot erase everything."""


class ErasuresOfTheDay(Conflict):
    """So many erasures were granted in the last 24 hours that no more are."""

    code = "erasures_of_the_day"
    sentence = N_("%(most)s erasures were granted in the last 24 hours, and a day may have no more.")
    remedy = N_("If people granted them, release this answer tomorrow. If not, read the ledger: somebody may have "
                "broken in.")


class NothingToErase(Conflict):
    """The request names neither a report nor an account on record."""

    code = "nothing_to_erase"
    sentence = N_("No report and no account on record was proved, so there is nothing to erase.")
    remedy = N_("Answer in words that nothing is held, or check again which account is theirs.")


def lock_cases_of(row: PersonRequest, subject_id: int | None) -> None:
    """Lock the cases that such an erasure is about, until the transaction ends."""
    of = Q(reports=row.report_id) if row.report_id is not None else Q(subject=subject_id)
    list(Case.objects.filter(pk__in=Case.objects.filter(of).values("pk")).order_by("pk").select_for_update()
         .values_list("pk"))


def erase_for(row: PersonRequest, subject_id: int | None, *, actor: Actor) -> None:
    """Erase what the request is about, in the caller's transaction; the keys are destroyed within seconds.

    With a receipt that report alone; else the cases of the account and what was reported in them. What proves that
    something was decided stays without words. Raises NothingToErase, ErasuresOfTheDay.
    """
    if PersonAnswer.objects.filter(request__kind=PersonRequestKind.ERASURE, granted=True,
                                   released_at__gt=now() - timedelta(days=1)).count() > MOST_A_DAY:
        raise ErasuresOfTheDay(most=MOST_A_DAY)
    if row.report_id is not None:
        erase(reports=[row.report_id], rule=RULE, actor=actor)
        return
    cases = list(Case.objects.filter(subject=subject_id).values_list("pk", flat=True)) if subject_id else []
    if not cases:
        raise NothingToErase
    reports = list(Report.objects.filter(case__in=cases).values_list("pk", flat=True))
    erase(cases=cases, reports=reports, rule=RULE, actor=actor)
