"""Constraints on account traces and resemblances; each refused write is tested beside one that succeeds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, report

from jaga.cases.models.cases import Subject
from jaga.cases.models.reports import Report
from jaga.core.clock import now
from jaga.core.terms.reports import IndicatorKind, Likelihood
from jaga.signals.models import AccountIndicator, BanEvasionMatch, BanEvasionVerdict
from jaga.store.codes import indicator_key


def refused(constraint: str, write: Callable[[], Any]) -> None:
    """The write fails by this constraint and leaves no row."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_one_account_leaves_an_indicator_once(world: World) -> None:
    """One account has a trace once, another account may have the same; a text span needs its report."""
    report()
    report(account="@lain:localhost")
    one, other = Subject.objects.order_by("pk")
    text = Report.objects.get(subject=one)

    def trace(subject: Subject, **changes: Any) -> AccountIndicator:
        fields = {"kind": IndicatorKind.CONTACT, "key": indicator_key("tel:+62"), "seen_at": now(), **changes}
        return AccountIndicator.objects.create(subject=subject, **fields)

    trace(one)
    refused("records_indicator_once", lambda: trace(one))
    refused("kind_is_a_term", lambda: trace(one, kind="voice"))
    refused("records_indicator_has_a_span_in_a_report", lambda: trace(other, start=1, end=2))
    refused("records_indicator_has_a_span_in_a_report", lambda: trace(other, report=text, start=2, end=2))
    trace(other, report=text, start=1, end=2)


def test_a_ban_evasion_match_is_of_another_account_and_has_its_evidence(world: World) -> None:
    """A resemblance points to another account and to its evidence, exists once per case and earlier account until
    withdrawn, and each person judges it once.
    """
    case = Report.objects.get(pk=report().report_id).case
    earlier = Report.objects.get(pk=report(account="@lain:localhost").report_id).case

    def match(**changes: Any) -> BanEvasionMatch:
        fields = {
            "case": case,
            "subject": case.subject,
            "earlier_subject": earlier.subject,
            "earlier_case": earlier,
            "likelihood": Likelihood.LIKELY,
            "kinds": ["contact"],
            "evidence": [[1, 2]],
            "found_at": now(),
        }
        return BanEvasionMatch.objects.create(**{**fields, **changes})

    refused("records_ban_evasion_is_of_another_account", lambda: match(earlier_subject=case.subject))
    refused("records_ban_evasion_has_evidence", lambda: match(evidence=[]))
    refused("records_ban_evasion_has_evidence", lambda: match(kinds=[]))
    refused("likelihood_is_a_term", lambda: match(likelihood="certain"))
    made = match()
    refused("records_ban_evasion_once", match)
    refused(
        "records_ban_evasion_withdrawn_later",
        lambda: BanEvasionMatch.objects.filter(pk=made.pk).update(withdrawn_at=case.opened_at),
    )
    BanEvasionMatch.objects.filter(pk=made.pk).update(withdrawn_at=now())
    match()
    person = world.reviewers[0].person_id
    BanEvasionVerdict.objects.create(match=made, person_id=person, same_holder=True, at=now())
    refused(
        "records_ban_evasion_judged_once_each",
        lambda: BanEvasionVerdict.objects.create(match=made, person_id=person, same_holder=False, at=now()),
    )
