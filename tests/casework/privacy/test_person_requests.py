"""Requests about one's own data: as a reporter, a holder, a stranger, and somebody who holds a victim's phone."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, decided_closure, in_review, lose_clearance_of, report, resolved_closure, vote
from tests.roles import acting_as

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import HOLDER, PUBLIC, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind, IdentityCheck, VictimSay
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import AnswerWay, KeyOwner, PersonRequestKind, RefusalGround
from jaga.privacy.models import CorrectionNote, ErasedKey, PersonAnswer, PersonRequest
from jaga.privacy.reads import person_requests as lists
from jaga.privacy.reads.holder_data import as_document, cases_about, hash_of, holder_data, is_victim_first
from jaga.privacy.reads.person_requests import AnotherPerson, access_request, list_requests
from jaga.privacy.verbs import person_answers
from jaga.privacy.verbs.erasure import (
    MOST_A_DAY,
    OF_CASES,
    RULE,
    ErasuresOfTheDay,
    carry_out_erasures,
    erase_for,
    record_erasure,
)
from jaga.privacy.verbs.person_answers import (
    AnswerWaits,
    ChangedSince,
    NewPersonAnswer,
    NewPersonCheck,
    NotChecked,
    NothingToHandOver,
    StillBinds,
    YourOwnAnswer,
    check_person,
    draft_answer,
    hand_over_answer,
    open_pages_of_report,
    open_request_page,
    release_answer,
    return_answer,
)
from jaga.privacy.verbs.person_requests import (
    KEPT,
    FiledRequest,
    NewPersonRequest,
    RequestAlreadyMade,
    RequestEnded,
    ask_with_appeal_code,
    ask_with_receipt,
    ask_without_code,
    forget_ended,
    take_request,
)
from jaga.queue.verbs.linked_accounts import link_account
from jaga.signals.models import AccountIndicator
from jaga.signals.verbs import triage
from jaga.signals.verbs.ban_evasion import indicators_of_media
from jaga.store.codes import appeal_code
from jaga.store.key_store.store import Owner
from jaga.store.models import LedgerEntry

ACCESS, CORRECTION, ERASURE = PersonRequestKind.ACCESS, PersonRequestKind.CORRECTION, PersonRequestKind.ERASURE
CANARY = "Kenari ungu dari gudang nomor 70707070."
TOLD = "Kami memeriksa permintaan Anda dan menjawabnya di sini."
ACCOUNT = "@mawar:localhost"


def asked(kind: PersonRequestKind = ACCESS, **changes: Any) -> FiledRequest:
    return ask_without_code(
        replace(
            NewPersonRequest(
                kind, account=ACCOUNT, platform="obrolan", contact="Telepon 0800-0000", words="Saya ingin tahu."
            ),
            **changes,
        ),
        actor=PUBLIC,
    )


def the_request() -> PersonRequest:
    return PersonRequest.objects.order_by("-pk")[0]


def check(**changes: Any) -> NewPersonCheck:
    return NewPersonCheck(
        **{
            "kind": IdentityCheck.IDENTITY_PAPER,
            "note": "KTP dicocokkan dengan data operator.",
            "platform": "obrolan",
            "account": ACCOUNT,
            **changes,
        }
    )


def answer(**changes: Any) -> NewPersonAnswer:
    return NewPersonAnswer(**{"granted": True, "text": TOLD, "way": AnswerWay.PAPER, **changes})


def faults(caught: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {error.field: error.code for error in caught.value.errors}


def test_a_holder_gets_their_data_after_a_check_and_a_second_persons_release(world: World) -> None:
    """Measures, law, statement and own appeal; once, on paper, by whoever checked; nothing of the nine reports."""
    first = decided_closure(world, text=CANARY)
    code = appeal_code(Decision.objects.get().pk)
    appeals.file_appeal(code, "Foto itu dari toko saya sendiri.", actor=HOLDER)
    filed, number = asked(), the_request().pk
    one, two = world.reviewers[0], world.supervisor
    with pytest.raises(NotChecked):
        draft_answer(number, answer(), actor=one)
    check_person(number, check(), actor=one)
    draft_answer(number, answer(), actor=one)
    with pytest.raises(AnswerWaits):
        draft_answer(number, answer(), actor=one)
    with pytest.raises(NothingToHandOver):
        hand_over_answer(number, actor=one)
    with pytest.raises(NotPermitted):
        release_answer(number, actor=world.reviewers[1])
    release_answer(number, actor=two)
    with pytest.raises(RequestEnded):
        take_request(number, actor=one)
    with pytest.raises(NotPermitted):
        hand_over_answer(number, actor=two)
    sheet = hand_over_answer(number, actor=one)
    assert sheet.data is not None
    (measure,) = sheet.data.measures
    assert (measure.decision, measure.category, measure.reference) == (
        DecisionKind.CLOSE,
        "prostitution_advertising",
        f"K{first:06d}",
    )
    assert measure.legal_basis
    assert "Iklan jasa terlihat" in measure.statement
    assert measure.appeal is not None
    assert measure.appeal.text.startswith("Foto itu")
    assert sheet.data.recipients == ()
    with pytest.raises(NothingToHandOver):
        hand_over_answer(number, actor=one)
    page = open_request_page(filed.code)
    assert (page.sheet, page.ended_at is not None) == (None, True)  # On paper, so the page shows nothing.
    verbs = list(LedgerEntry.objects.filter(case_ref=None).order_by("id").values_list("verb", flat=True))[-5:]
    assert verbs == [
        "ask_for_own_data",
        "check_person",
        "draft_person_answer",
        "release_person_answer",
        "hand_over_person_answer",
    ]
    for entry in LedgerEntry.objects.filter(case_ref=None):
        assert ACCOUNT not in json.dumps(entry.payload)


def test_an_answer_is_the_same_whether_one_or_nine_people_reported(world: World) -> None:
    """Byte by byte, but for the case's own number: no reporter, word, number or time of a report."""
    moment = now()
    with frozen(moment):
        for place in range(9):
            report(text=f"{CANARY} Nomor {place}.", source=f"198.51.{place}.0")
        crowd = decided_closure(world, text=CANARY)
    with frozen(moment):
        alone = decided_closure(world, account="@melati:localhost", text="open BO, nego")

    def said(case_id: int) -> str:
        subject = Subject.objects.get(cases=case_id)
        data = holder_data(subject.pk, Language.INDONESIAN)
        text = json.dumps(as_document(data), default=str)
        return text.replace(f"K{case_id:06d}", "K").replace(subject.account_id, "@")

    assert Decision.objects.get(case_id=crowd).case.reports.count() == 10
    assert said(crowd) == said(alone)
    assert "ungu" not in said(crowd)
    assert "70707070" not in said(crowd)


def test_whoever_checked_or_wrote_does_not_release(world: World) -> None:
    """Not a supervisor who did both, by the verb or by SQL; sent back, it can be written by somebody else."""
    resolved_closure(world)
    asked()
    number = the_request().pk
    check_person(number, check(), actor=world.supervisor)
    draft_answer(number, answer(), actor=world.reviewers[0])
    with pytest.raises(YourOwnAnswer):
        release_answer(number, actor=world.supervisor)
    for person in (world.supervisor, world.reviewers[0]):
        with pytest.raises(IntegrityError), transaction.atomic():
            PersonAnswer.objects.update(released_by_id=person.person_id, released_at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonAnswer.objects.update(text="Lain.")
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonRequest.objects.update(state="answered", ended_at=now())
    check_person_again = check(kind=IdentityCheck.KNOWN_CONTACT)
    with pytest.raises(AnswerWaits):
        check_person(number, check_person_again, actor=world.reviewers[1])


def test_data_that_changed_since_the_draft_does_not_leave(world: World) -> None:
    """A second person releases exactly what will be handed over."""
    resolved_closure(world)
    asked()
    number = the_request().pk
    check_person(number, check(), actor=world.reviewers[0])
    draft_answer(number, answer(), actor=world.reviewers[0])
    appeals.file_appeal(appeal_code(Decision.objects.get().pk), "Itu bukan akun saya lagi.", actor=HOLDER)
    with pytest.raises(ChangedSince):
        release_answer(number, actor=world.supervisor)
    return_answer(number, "Sesudah ditulis, banding masuk.", actor=world.supervisor)
    draft_answer(number, answer(), actor=world.reviewers[0])
    release_answer(number, actor=world.supervisor)
    assert hash_of(hand_over_answer(number, actor=world.reviewers[0]).data)


def test_a_stranger_learns_nothing_by_naming_an_account(world: World) -> None:
    """The same answer for an account on record and for one that nobody knows; without a check only a refusal leaves."""
    resolved_closure(world)
    with frozen(now()):
        known, unknown = asked(), asked(account="@nobody:localhost")
    assert len({replace(open_request_page(filed.code), reference="") for filed in (known, unknown)}) == 1
    assert (known.checks_identity, unknown.checks_identity) == (True, True)
    number = the_request().pk
    draft_answer(
        number, answer(granted=False, ground=RefusalGround.NOT_PROVEN, way=AnswerWay.PAGE), actor=world.reviewers[0]
    )
    release_answer(number, actor=world.supervisor)
    page = open_request_page(unknown.code)
    assert page.sheet is not None
    assert (page.sheet.granted, page.sheet.ground, page.sheet.data) == (False, RefusalGround.NOT_PROVEN, None)
    with pytest.raises(NotFound):
        open_request_page("AAAAA-AAAAA-AAAAA-AAAAA")


def test_whoever_holds_a_victims_phone_gets_paper_only(world: World) -> None:
    """The letter is no check there, the page is no way, and the page of the request looks as anywhere else."""
    case_id = in_review(text=CANARY, category="trafficking")
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM)
    other = in_review(account="@melati:localhost")
    vote(other, DecisionKind.RESTRICT, world.reviewers[0])
    new, moment = NewPersonRequest(ACCESS, contact="Telepon 0800-0000"), now()
    with frozen(moment):
        filed = [
            ask_with_appeal_code(appeal_code(decision.pk), new, actor=HOLDER)
            for decision in Decision.objects.order_by("pk")
        ]
        again = ask_with_appeal_code(appeal_code(Decision.objects.order_by("pk")[0].pk), new, actor=HOLDER)
    pages = [open_request_page(one.code) for one in (*filed, again)]
    assert len({replace(page, reference="") for page in pages}) == 1
    number = PersonRequest.objects.order_by("pk")[0].pk
    with pytest.raises(InvalidInput) as caught:
        check_person(number, check(kind=IdentityCheck.HAS_LETTER), actor=world.reviewers[2])
    assert faults(caught) == {"kind": "not_here"}
    check_person(number, check(), actor=world.reviewers[2])
    with pytest.raises(InvalidInput) as caught:
        draft_answer(number, answer(way=AnswerWay.PAGE), actor=world.reviewers[2])
    assert faults(caught) == {"way": "paper_only"}
    with pytest.raises(InvalidInput) as caught:
        draft_answer(number, answer(text=f"Karena {CANARY}"), actor=world.reviewers[2])
    assert faults(caught) == {"text": "quotes_private"}
    draft_answer(number, answer(), actor=world.reviewers[2])
    release_answer(number, actor=world.supervisor)
    sheet = hand_over_answer(number, actor=world.reviewers[2])
    assert sheet.data is not None
    (measure,) = sheet.data.measures
    assert (measure.statement, measure.reasons_in_person) == ("", True)
    assert "ungu" not in json.dumps(as_document(sheet.data), default=str)
    assert open_request_page(filed[0].code).sheet is None


def test_a_letter_proves_nothing_once_the_case_is_a_victims(world: World) -> None:
    """Neither for a draft nor for a release; the refusal that needs no proof is told on paper, without others' words;
    and the page of an answer that was released before says what it says of any change.
    """
    case_id = resolved_closure(world, text=CANARY)
    code = appeal_code(Decision.objects.get().pk)
    ask_with_appeal_code(code, NewPersonRequest(ACCESS, contact="Telepon 0800-0000"), actor=HOLDER)
    number, (checker, _, third) = the_request().pk, world.reviewers
    check_person(number, check(kind=IdentityCheck.HAS_LETTER), actor=checker)
    draft_answer(number, answer(way=AnswerWay.PAGE), actor=checker)
    shown = ask_with_appeal_code(code, NewPersonRequest(ACCESS, contact="Telepon 0800-0000"), actor=HOLDER)
    check_person(the_request().pk, check(), actor=checker)
    draft_answer(the_request().pk, answer(way=AnswerWay.PAGE), actor=checker)
    release_answer(the_request().pk, actor=world.supervisor)
    assert open_request_page(shown.code).sheet is not None
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    with pytest.raises(NotChecked):
        release_answer(number, actor=world.supervisor)
    page = open_request_page(shown.code)
    assert (page.sheet, page.changed) == (None, True)
    return_answer(number, "Periksa orangnya dengan cara lain.", actor=world.supervisor)
    with pytest.raises(NotChecked):
        draft_answer(number, answer(), actor=third)
    refused = answer(granted=False, ground=RefusalGround.NOT_PROVEN)
    with pytest.raises(InvalidInput) as caught:
        draft_answer(number, replace(refused, way=AnswerWay.PAGE), actor=third)
    assert faults(caught) == {"way": "paper_only"}
    with pytest.raises(InvalidInput) as caught:
        draft_answer(number, replace(refused, text=f"Karena {CANARY}"), actor=third)
    assert faults(caught) == {"text": "quotes_private"}
    draft_answer(number, refused, actor=third)


def test_an_account_judged_in_anothers_case_is_protected_as_that_is(world: World) -> None:
    """Victim-first, the clearance and what binds count for each account that was decided in a case."""
    case_id = in_review(category="trafficking")
    link_account(case_id, "obrolan", "@kedua:localhost", "Nomor telepon yang sama.", actor=world.reviewers[0])
    linked = Subject.objects.get(account_id="@kedua:localhost")
    assert not is_victim_first(linked.pk)
    both = tuple(Subject.objects.values_list("pk", flat=True))
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM, accounts=both)
    assert is_victim_first(linked.pk)
    assert cases_about(linked.pk) == [case_id]
    asked(account="@kedua:localhost")
    with pytest.raises(InvalidInput) as caught:
        check_person(
            the_request().pk, check(kind=IdentityCheck.HAS_LETTER, account="@kedua:localhost"), actor=world.reviewers[2]
        )
    assert faults(caught) == {"kind": "not_here"}


def test_a_receipt_proves_no_account_and_a_name_proves_no_id(world: World) -> None:
    """A name may have had another owner; what a receipt opens is one report, on its request's page alone."""
    filed = report()
    Subject.objects.update(handle="mawar")
    ask_with_receipt(
        filed.receipt,
        NewPersonRequest(CORRECTION, words="Harinya salah: sehari sebelumnya.", account="x" * 400, contact="y" * 4000),
        actor=PUBLIC,
    )
    receipts = the_request()
    with pytest.raises(NotFound):
        check_person(receipts.pk, check(), actor=world.reviewers[0])
    shown = access_request(receipts.pk, actor=world.reviewers[0])
    assert (shown.account, shown.contact) == ("", "")
    with pytest.raises(InvalidInput) as caught:
        draft_answer(receipts.pk, answer(note="Menurut pelapor, sehari sebelumnya."), actor=world.reviewers[0])
    assert faults(caught) == {"way": "page_only"}
    asked(account="mawar")
    with pytest.raises(InvalidInput) as caught:
        check_person(the_request().pk, check(account="mawar"), actor=world.reviewers[0])
    assert faults(caught) == {"account": "not_an_id"}


def test_a_receipt_is_enough_to_have_ones_own_report_corrected(world: World) -> None:
    """The correction stands beside the report, which stays as it was; the answer is on the request's page."""
    filed = report(text=CANARY)
    new = NewPersonRequest(CORRECTION, words="Harinya salah: sehari sebelumnya.")
    with pytest.raises(NotFound):
        ask_with_receipt("0" * 16, new, actor=PUBLIC)
    with pytest.raises(InvalidInput) as caught:
        ask_with_receipt(filed.receipt, NewPersonRequest(CORRECTION), actor=PUBLIC)
    assert faults(caught) == {"words": "missing"}
    made = ask_with_receipt(filed.receipt, new, actor=PUBLIC)
    assert not made.checks_identity
    with pytest.raises(RequestAlreadyMade, match="enter the report number"):
        ask_with_receipt(filed.receipt, new, actor=PUBLIC)
    ask_with_receipt(filed.receipt, NewPersonRequest(ACCESS), actor=PUBLIC)
    number = PersonRequest.objects.get(kind=CORRECTION).pk
    note = "Menurut pelapor, kejadiannya sehari sebelumnya."
    with pytest.raises(InvalidInput) as caught:
        draft_answer(number, answer(way=AnswerWay.PAGE), actor=world.reviewers[0])
    assert faults(caught) == {"note": "missing"}
    draft_answer(number, answer(way=AnswerWay.PAGE, note=note), actor=world.reviewers[0])
    release_answer(number, actor=world.supervisor)
    page = open_request_page(made.code)
    assert page.sheet is not None
    assert page.sheet.correction == note
    assert [one.kind for one in open_pages_of_report(filed.receipt)] == [ACCESS, CORRECTION]
    assert open_pages_of_report(filed.receipt)[1] == page  # As much as with the code, for whoever has lost it.
    for nothing in (report(account="@melati:localhost").receipt, "0" * 16):
        with pytest.raises(NotFound):
            open_pages_of_report(nothing)
    assert CorrectionNote.objects.get().text == note
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionNote.objects.update(text="Lain.")


def test_an_erasure_is_refused_while_something_binds_with_reason_and_until_when(world: World) -> None:
    """An open case, the appeal window and a strike are found in the records; others cannot be claimed."""
    filed = report()
    made = ask_with_receipt(filed.receipt, NewPersonRequest(ERASURE), actor=PUBLIC)
    number = the_request().pk
    with pytest.raises(StillBinds):
        draft_answer(number, answer(way=AnswerWay.PAGE), actor=world.reviewers[0])
    with pytest.raises(InvalidInput) as caught:
        draft_answer(
            number, answer(granted=False, ground=RefusalGround.STRIKE, way=AnswerWay.PAGE), actor=world.reviewers[0]
        )
    assert faults(caught) == {"ground": "not_so"}
    draft_answer(
        number, answer(granted=False, ground=RefusalGround.OPEN_CASE, way=AnswerWay.PAGE), actor=world.reviewers[0]
    )
    release_answer(number, actor=world.supervisor)
    page = open_request_page(made.code)
    assert page.sheet is not None
    assert (page.sheet.granted, page.sheet.ground, page.sheet.until) == (False, RefusalGround.OPEN_CASE, None)
    resolved_closure(world, account="@melati:localhost")
    asked(ERASURE, account="@melati:localhost")
    number = the_request().pk
    check_person(number, check(account="@melati:localhost"), actor=world.reviewers[0])
    draft_answer(number, answer(granted=False, ground=RefusalGround.APPEAL_WINDOW), actor=world.reviewers[0])
    until = PersonAnswer.objects.order_by("-pk")[0].until
    assert until is not None
    assert until > now() + timedelta(days=180)


def test_what_nothing_binds_is_erased_when_a_second_person_releases_it(world: World) -> None:
    """A report's own words by its receipt: gone for good, while the request and its answer say that it was done."""
    filed = report(text=CANARY)
    case = Case.objects.get()
    triage.triage_case(case.pk, actor=SYSTEM)
    vote(case.pk, DecisionKind.DISMISS, world.reviewers[0])
    with frozen(now() + timedelta(days=800)):
        made = ask_with_receipt(filed.receipt, NewPersonRequest(ERASURE), actor=PUBLIC)
        number = the_request().pk
        draft_answer(number, answer(way=AnswerWay.PAGE), actor=world.reviewers[0])
        release_answer(number, actor=world.supervisor)
        carry_out_erasures()
        page = open_request_page(made.code)
    assert page.sheet is not None
    assert page.sheet.granted
    assert not Report.objects.get().text
    assert not Report.objects.get().reference


def test_the_holder_of_a_linked_account_has_all_of_it_erased(
    world: World, database_roles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the words of a case in which it was decided with another account, whose reports stay; and its indicators."""
    case_id = in_review(text=CANARY)
    link_account(case_id, "obrolan", "@kedua:localhost", "Nomor yang sama.", actor=world.reviewers[0])
    linked = Subject.objects.get(account_id="@kedua:localhost")
    vote(
        case_id, DecisionKind.RESTRICT, world.reviewers[0], accounts=tuple(Subject.objects.values_list("pk", flat=True))
    )
    indicators_of_media(linked, ["ab" * 32])
    monkeypatch.setattr(person_answers, "bound_on", lambda **_: ())
    asked(ERASURE, account="@kedua:localhost")
    number = the_request().pk
    check_person(number, check(account="@kedua:localhost"), actor=world.reviewers[0])
    draft_answer(number, answer(), actor=world.reviewers[0])
    with acting_as("web"):
        release_answer(number, actor=world.supervisor)
    carry_out_erasures()
    assert {row.facts for row in Decision.objects.all()} == {""}
    assert Report.objects.get().text == CANARY
    assert not AccountIndicator.objects.filter(subject=linked).exists()


def test_an_erasure_says_nothing_of_whether_an_account_is_on_record(world: World) -> None:
    """The release goes as for any other, and the person reads the same."""
    filed = asked(ERASURE, account="@tiada:localhost")
    number = the_request().pk
    check_person(number, check(account="@tiada:localhost"), actor=world.reviewers[0])
    draft_answer(number, answer(way=AnswerWay.PAGE), actor=world.reviewers[0])
    release_answer(number, actor=world.supervisor)
    sheet = open_request_page(filed.code).sheet
    assert sheet is not None
    assert sheet.granted
    assert not ErasedKey.objects.exists()


def test_the_web_part_erases_what_a_second_person_granted_and_nothing_else(
    world: World, database_roles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever breaks into it can neither erase another account nor all of them, one request after the other."""
    monkeypatch.setattr(person_answers, "bound_on", lambda **_: ())
    case = Case.objects.get(pk=resolved_closure(world))
    other = Report.objects.get(pk=report(account="@melati:localhost").report_id)
    asked(ERASURE)
    row = the_request()
    check_person(row.pk, check(), actor=world.reviewers[0])
    draft_answer(row.pk, answer(), actor=world.reviewers[0])
    ours = {*map(case.key_owner, OF_CASES), *(one.key_owner() for one in case.reports.all())}

    def refused(owner: Owner, match: str) -> None:
        with pytest.raises(IntegrityError, match=match), transaction.atomic():
            record_erasure([owner], RULE)

    with acting_as("web"):
        refused(case.key_owner(), "nobody granted")
        release_answer(row.pk, actor=world.supervisor)
        assert {Owner(KeyOwner(one.kind), one.number) for one in ErasedKey.objects.all()} == ours
        for owner in (other.key_owner(), Case.objects.get(pk=other.case_id).key_owner()):
            refused(owner, "nobody granted")

    given = {"kind": ERASURE, "proof": "receipt", "language": "id", "received_at": now(), "due_at": row.due_at}
    more = PersonRequest.objects.bulk_create(
        PersonRequest(**given, state="answered", ended_at=now(), report=other, code_hash=bytes([place]) * 32)
        for place in range(MOST_A_DAY)
    )
    PersonAnswer.objects.bulk_create(
        PersonAnswer(
            request=one,
            granted=True,
            text=TOLD,
            way=AnswerWay.PAGE,
            drafted_at=now(),
            drafted_by_id=world.reviewers[0].person_id,
        )
        for one in more
    )
    PersonAnswer.objects.filter(request__in=more).update(released_by_id=world.supervisor.person_id, released_at=now())
    with acting_as("web"):
        refused(other.key_owner(), "more erasures")
        with pytest.raises(ErasuresOfTheDay):
            erase_for(row, case.subject_id, actor=world.supervisor)
    record_erasure([other.key_owner()], "retention")  # As the worker or a command.


def test_the_clock_runs_and_what_was_written_is_forgotten(world: World) -> None:
    """Due after the release's 72 hours; overdue in the list; names and words are gone 90 days after the end."""
    asked()
    (row,) = list_requests(actor=world.reviewers[0]).requests
    assert row.due_at - row.received_at == timedelta(hours=72)
    assert not row.overdue
    take_request(row.request_id, actor=world.reviewers[0])
    with frozen(row.due_at + timedelta(minutes=1)):
        (row,) = list_requests(actor=world.reviewers[0]).requests
        assert (row.overdue, row.mine) == (True, True)
    shown = access_request(row.request_id, actor=world.reviewers[0])
    assert (shown.account, shown.contact) == (ACCOUNT, "Telepon 0800-0000")
    assert b"mawar" not in bytes(PersonRequest.objects.get().sealed or b"")
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonRequest.objects.update(sealed=None)  # Not before the end.
    draft_answer(row.request_id, answer(granted=False, ground=RefusalGround.NOT_PROVEN), actor=world.reviewers[0])
    release_answer(row.request_id, actor=world.supervisor)
    assert forget_ended() == 0
    with frozen(now() + KEPT + timedelta(days=1)):
        assert forget_ended() == 1
    assert access_request(row.request_id, actor=world.reviewers[0]).forgotten


def test_a_case_under_a_clearance_takes_somebody_who_holds_it(world: World) -> None:
    """Whoever lacks it is told to leave the request to somebody else, not why."""
    in_review(category="child_protection")
    asked()
    number = the_request().pk
    lose_clearance_of(world.reviewers[0])
    with pytest.raises(AnotherPerson):
        check_person(number, check(), actor=world.reviewers[0])
    check_person(number, check(), actor=world.reviewers[1])
    with pytest.raises(AnotherPerson):
        access_request(number, actor=world.reviewers[0])


def test_every_request_is_on_a_page_of_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open ones by deadline on the first pages, ended ones behind them."""
    monkeypatch.setattr(lists, "PERSON_REQUESTS_SHOWN", 2)
    for _ in range(4):
        asked()
    ended = PersonRequest.objects.order_by("pk")[0].pk
    draft_answer(ended, answer(granted=False, ground=RefusalGround.NOT_PROVEN), actor=world.reviewers[0])
    release_answer(ended, actor=world.supervisor)
    pages = [list_requests(number, actor=world.reviewers[0]) for number in (1, 2, 3)]
    assert [len(one.requests) for one in pages] == [2, 2, 0]
    assert [one.more for one in pages] == [True, False, False]
    assert pages[0].waiting == 3
    shown = [row.request_id for one in pages for row in one.requests]
    assert shown == [*sorted(set(shown) - {ended}), ended]
