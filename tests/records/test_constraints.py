"""Constraints that the database enforces, whoever writes; each refused write is tested beside one that succeeds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from tests.factories import (
    CATEGORY,
    World,
    decided_closure,
    elements_for,
    in_review,
    new_request,
    report,
    resolved_closure,
    the_action,
    vote,
    wait_for,
)

from jaga.actions.verbs import attempts
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Lease, Signal, Subject
from jaga.cases.models.decisions import Action, Decision, Outcome, Vote
from jaga.cases.models.reports import AuthorityRequest, Evidence, Report
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import DecisionKind, EvidenceKind, OutcomeKind, Step
from jaga.core.terms.reports import Channel, ReportForm
from jaga.people.models import PersonRole
from jaga.policy.local_time import today
from jaga.store.key_store.store import Sealed
from jaga.store.models import Installation, LedgerEntry


def refused(constraint: str, write: Callable[[], Any]) -> None:
    """The write fails by this constraint and leaves no row."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def copy(row: models.Model, **changes: object) -> models.Model:
    """Insert the same row again, with changes."""
    stored = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    fields = {name: getattr(row, name) for name in stored}
    return type(row)._default_manager.create(**{**fields, **changes})


def test_one_open_case_for_each_subject_and_category(world: World) -> None:
    """A second open case for a subject and category is refused; another category, or a case beside a resolved or
    restoring one, is not.
    """
    case = Case.objects.get(pk=report().case_id)
    refused("records_one_open_case", lambda: copy(case))
    copy(case, category="gambling")
    Case.objects.filter(pk=case.pk).update(state=CaseState.RESTORING)
    copy(case)


def test_a_case_is_due_after_it_was_opened(world: World) -> None:
    """A case whose deadline is before its opening is refused."""
    case = Case.objects.get(pk=report().case_id)
    refused("records_case_due_after_opening", lambda: copy(case, category="fraud", due_at=case.opened_at))
    copy(case, category="fraud", due_at=case.opened_at + timedelta(seconds=1))


def test_a_resolved_case_says_when(world: World) -> None:
    """A RESOLVED case without a time is refused."""
    cases = Case.objects.filter(pk=report().case_id)
    refused("records_case_resolved_has_its_time", lambda: cases.update(state=CaseState.RESOLVED))
    cases.update(state=CaseState.RESOLVED, resolved_at=now())


def test_only_terms_are_stored(world: World) -> None:
    """A value that is not a term is refused, also by raw SQL."""
    case_id = report().case_id

    def write(state: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE records_case SET state = %s WHERE id = %s", [state, case_id])

    refused("state_is_a_term", lambda: write("banned"))
    write("in_review")


def test_one_vote_for_each_person_and_case(world: World) -> None:
    """The same person's second vote on a case is refused; another person's is not."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    first = Vote.objects.get(case_id=case_id)
    refused("records_one_vote_per_person_and_case", lambda: copy(first, kind=DecisionKind.DISMISS))
    copy(first, person_id=world.reviewers[1].person_id)


def decision(case_id: int, **changes: object) -> Callable[[], Decision]:
    fields: dict[str, Any] = {
        "case_id": case_id,
        "subject_id": Case.objects.get(pk=case_id).subject_id,
        "kind": DecisionKind.CLOSE,
        "policy_hash": "0" * 64,
        "decided_at": now(),
        **changes,
    }
    return lambda: Decision.objects.create(**fields)


def both_vote(world: World, kind: DecisionKind = DecisionKind.CLOSE) -> tuple[int, int, int]:
    """A case in review with two votes, inserted directly."""
    case_id = in_review()
    ids = [reviewer.person_id or 0 for reviewer in world.reviewers[:2]]
    for person in ids:
        Vote.objects.create(
            case_id=case_id,
            person_id=person,
            kind=kind,
            policy_hash="0" * 64,
            cast_at=now(),
            accounts=[Case.objects.get(pk=case_id).subject_id],
            elements=list(elements_for(CATEGORY, kind)),
        )
    return case_id, ids[0], ids[1]


def test_nobody_closes_alone(world: World) -> None:
    """A closure or redaction by one person is refused, also by a supervisor; with a second person it is accepted."""
    case_id, first, second = both_vote(world)
    wait_for(case_id)
    refused("records_nobody_closes_alone", decision(case_id, decided_by_id=first))
    refused("records_nobody_closes_alone", decision(case_id, decided_by_id=first, adjudicated=True))
    refused("records_nobody_closes_alone", decision(case_id, decided_by_id=first, kind=DecisionKind.REDACT))
    decision(case_id, decided_by_id=first, seconded_by_id=second)()


def test_the_second_person_is_another_one(world: World) -> None:
    """The second person must differ from the first."""
    case_id, first, second = both_vote(world)
    wait_for(case_id)
    refused("records_second_vote_by_another_person", decision(case_id, decided_by_id=first, seconded_by_id=first))
    decision(case_id, decided_by_id=first, seconded_by_id=second)()


def test_a_decision_names_its_policy(world: World) -> None:
    """The policy's hash must be 64 hexadecimal digits."""
    case_id, first, second = both_vote(world)
    wait_for(case_id)
    refused(
        "records_decision_names_its_policy",
        decision(case_id, decided_by_id=first, seconded_by_id=second, policy_hash=""),
    )
    decision(case_id, decided_by_id=first, seconded_by_id=second)()


def test_only_a_restriction_ends_by_itself(world: World) -> None:
    """A closure or a vote for one has no end date, and a restriction cannot end before it began."""
    case_id, first, second = both_vote(world, DecisionKind.RESTRICT)
    ending = {"decided_by_id": first, "kind": DecisionKind.RESTRICT, "decided_at": now()}
    later = now() + timedelta(days=7)
    closing = in_review(account="@kenanga:localhost")
    vote(closing, DecisionKind.CLOSE, world.reviewers[0])
    vote(closing, DecisionKind.CLOSE, world.reviewers[1])
    wait_for(closing)
    closure, ends = Decision.objects.get(case_id=closing), "records_only_a_restriction_ends_by_itself"
    refused(ends, lambda: copy(closure, ends_at=later))
    refused(ends, decision(case_id, **ending, ends_at=ending["decided_at"]))
    decision(case_id, **ending, ends_at=later)()
    third = {"person_id": world.reviewers[2].person_id}
    refused(
        "records_only_a_restriction_has_days",
        lambda: copy(Vote.objects.filter(case_id=closing)[0], **third, restrict_days=7),
    )
    copy(Vote.objects.get(case_id=case_id, person_id=second), **third, restrict_days=7)


def test_a_restoring_decision_names_what_it_overturns(world: World) -> None:
    """RESTORE without an overturned decision is refused, and so is any other kind with one."""
    case_id = resolved_closure(world)
    wait_for(case_id)
    closure = Decision.objects.get(case_id=case_id)
    third = world.reviewers[2].person_id
    refused("restoration is of the account", decision(case_id, kind=DecisionKind.RESTORE, decided_by_id=third))
    refused(
        "records_restore_overturns",
        decision(
            case_id, decided_by_id=closure.decided_by_id, seconded_by_id=closure.seconded_by_id, overturns=closure
        ),
    )
    decision(case_id, kind=DecisionKind.RESTORE, decided_by_id=third, overturns=closure)()
    refused("overturns_id", decision(case_id, kind=DecisionKind.RESTORE, decided_by_id=third, overturns=closure))


def test_one_active_lease(world: World) -> None:
    """A second active lease is refused until the first is returned, and a fence number is never used twice."""
    case_id = in_review()

    def lease(holder: int, fence: int) -> Lease:
        return Lease.objects.create(
            case_id=case_id,
            holder_id=world.reviewers[holder].person_id,
            fence=fence,
            taken_at=now(),
            expires_at=now() + timedelta(minutes=1),
        )

    lease(0, 1)
    refused("records_one_active_lease", lambda: lease(1, 2))
    Lease.objects.update(released_at=now())
    refused("records_lease_fence_grows", lambda: lease(1, 1))
    lease(1, 2)


def test_a_step_succeeds_once(world: World) -> None:
    """A second success of a step is refused; a failure beside a success is accepted."""
    action = the_action(decided_closure(world))
    attempts.record_step(action.pk, Step.CLOSE, StepResult(OutcomeKind.DONE, "x"), actor=SYSTEM)
    done = Outcome.objects.get()
    refused("records_step_succeeds_once", lambda: copy(done, kind=OutcomeKind.ALREADY))
    copy(done, kind=OutcomeKind.UNKNOWN)


def test_one_action_of_a_kind_for_each_decision(world: World) -> None:
    """A decision has one action of each kind, and a finished action has a time."""
    action = the_action(decided_closure(world))
    refused("records_action_once_per_decision", lambda: copy(action))
    refused("records_action_done_has_its_time", lambda: Action.objects.update(state="done"))
    Action.objects.update(state="done", finished_at=now())


def test_a_request_is_complete(world: World) -> None:
    """A request needs letter number, legal basis, legal analysis and locator (MR5 art. 16(4)). The locator is only ever
    deleted, by a guard.
    """
    filed = requests.file_request(new_request(), actor=world.officer)
    for name in ("letter_number", "legal_basis", "legal_analysis", "locator"):
        refused(
            "is only added to" if name == "locator" else "records_request_is_complete",
            lambda name=name: AuthorityRequest.objects.update(**{name: ""}),
        )  # type: ignore[misc]
    assert AuthorityRequest.objects.filter(report_id=filed.report_id).update(legal_analysis=Sealed("k1:lain")) == 1


def test_a_request_names_its_officer(world: World) -> None:
    """A request or an order needs officer and organisation; a report needs neither."""
    requests.file_request(new_request(), actor=world.officer)
    refused("records_request_names_its_officer", lambda: Report.objects.update(officer=None))
    Report.objects.update(officer=None, organisation=None, form=ReportForm.REPORT)


def test_a_letter_number_is_used_once(world: World) -> None:
    """An organisation's letter number is accepted once per account and category, whoever inserts it."""
    requests.file_request(new_request(), actor=world.officer)
    stored = Report.objects.get()
    refused("records_request_number_once", lambda: copy(stored, receipt_hash=None))
    copy(stored, receipt_hash=None, origin_ref="B/18/2026")


def test_an_observation_stands_once(world: World) -> None:
    """The same message is stored as one observation."""
    report()
    stored = Report.objects.get()
    seen = {"form": ReportForm.OBSERVATION, "channel": Channel.WATCH, "origin_ref": "$1", "receipt_hash": None}
    copy(stored, **seen)
    refused("records_observation_once", lambda: copy(stored, **seen))


def test_a_receipt_is_unique(world: World) -> None:
    """Two reports never share a receipt; observations have none."""
    report()
    stored = Report.objects.get()
    refused("receipt_hash", lambda: copy(stored))
    copy(stored, receipt_hash=None)
    copy(stored, receipt_hash=None)


def test_evidence_is_named_by_a_sha256(world: World) -> None:
    """A value that is not a SHA-256 hash is refused, and so is the same original twice."""
    case_id = report().case_id
    row = Evidence.objects.create(
        case_id=case_id,
        kind=EvidenceKind.TEXT,
        name="a",
        media_type="text/plain",
        sha256="0" * 64,
        size=1,
        sealed_at=now(),
        sealed_by="public",
    )
    refused("records_evidence_hash_is_sha256", lambda: copy(row, sha256="Z" * 64))
    refused("records_evidence_once", lambda: copy(row))
    copy(row, name="b")


def test_a_signal_has_a_span(world: World) -> None:
    """A signal points to a span of the text."""
    filed = report()
    row = Signal(
        case_id=filed.case_id,
        report_id=filed.report_id,
        source="lexicon",
        version="1",
        category="fraud",
        weight=0.5,
        msgid="x",
        start=2,
        end=2,
    )
    refused("records_signal_has_a_span", row.save)
    row.end = 3
    row.save()


def test_a_subject_a_role_and_the_installation_stand_once(world: World) -> None:
    """The same account, the same role of one person, and a second installation row are refused."""
    report()
    refused("records_subject_once", lambda: copy(Subject.objects.get()))
    refused("records_role_held_once", lambda: copy(PersonRole.objects.all()[0]))
    Installation.objects.create(practice=True, created_at=now())
    refused("records_installation_is_one", lambda: Installation.objects.create(id=2, practice=True, created_at=now()))


def test_a_ledger_entry_is_linked_whole_or_not(world: World) -> None:
    """A ledger row with a number must have both hashes."""
    entries = LedgerEntry.objects.filter(pk=LedgerEntry.objects.all()[0].pk)
    refused("records_ledger_linked_whole_or_not", lambda: entries.update(seq=1))
    entries.update(seq=1, previous="0" * 64, hash="1" * 64)


def test_what_others_rest_on_cannot_be_deleted(world: World) -> None:
    """A case, a person who voted, and a report with a request cannot be deleted while other rows refer to them."""
    case_id = decided_closure(world)
    requests.file_request(new_request(), actor=world.officer)
    for query in (Case.objects.filter(pk=case_id), Report.objects.all(), Subject.objects.all()):
        with pytest.raises(models.ProtectedError):
            query.delete()
    assert today() >= Case.objects.get(pk=case_id).conduct_on
