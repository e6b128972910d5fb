"""What the database refuses of traces and resemblances; each refusal stands beside the write that succeeds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, report

from jaga.core.clock import now
from jaga.core.terms import Likelihood, TraceKind
from jaga.records.codes import trace_key
from jaga.records.models import Report, Resemblance, ResemblanceJudgement, Subject, Trace


def refused(constraint: str, write: Callable[[], Any]) -> None:
    """The write fails by this constraint and leaves nothing."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_one_account_leaves_a_trace_once(world: World) -> None:
    """The same trace of another account stands beside it; a span needs its report."""
    report()
    report(account="@lain:localhost")
    one, other = Subject.objects.order_by("pk")
    text = Report.objects.get(subject=one)

    def trace(subject: Subject, **changes: Any) -> Trace:
        fields = {"kind": TraceKind.CONTACT, "key": trace_key("tel:+62"), "seen_at": now(), **changes}
        return Trace.objects.create(subject=subject, **fields)

    trace(one)
    refused("records_trace_once", lambda: trace(one))
    refused("kind_is_a_term", lambda: trace(one, kind="voice"))
    refused("records_trace_has_a_span_in_a_report", lambda: trace(other, start=1, end=2))
    refused("records_trace_has_a_span_in_a_report", lambda: trace(other, report=text, start=2, end=2))
    trace(other, report=text, start=1, end=2)


def test_a_resemblance_is_of_another_account_and_has_its_evidence(world: World) -> None:
    """And stands once for each case and earlier account, until it is withdrawn; each person judges it once."""
    case = Report.objects.get(pk=report().report_id).case
    earlier = Report.objects.get(pk=report(account="@lain:localhost").report_id).case

    def resemblance(**changes: Any) -> Resemblance:
        fields = {"case": case, "subject": case.subject, "earlier_subject": earlier.subject, "earlier_case": earlier,
                  "likelihood": Likelihood.LIKELY, "kinds": ["contact"], "evidence": [[1, 2]], "found_at": now()}
        return Resemblance.objects.create(**{**fields, **changes})

    refused("records_resemblance_is_of_another_account", lambda: resemblance(earlier_subject=case.subject))
    refused("records_resemblance_has_evidence", lambda: resemblance(evidence=[]))
    refused("records_resemblance_has_evidence", lambda: resemblance(kinds=[]))
    refused("likelihood_is_a_term", lambda: resemblance(likelihood="certain"))
    made = resemblance()
    refused("records_resemblance_once", resemblance)
    refused("records_resemblance_withdrawn_later",
            lambda: Resemblance.objects.filter(pk=made.pk).update(withdrawn_at=case.opened_at))
    Resemblance.objects.filter(pk=made.pk).update(withdrawn_at=now())
    resemblance()
    person = world.reviewers[0].person_id
    ResemblanceJudgement.objects.create(resemblance=made, person_id=person, same_holder=True, at=now())
    refused("records_resemblance_judged_once_each", lambda: ResemblanceJudgement.objects.create(
        resemblance=made, person_id=person, same_holder=False, at=now()))
