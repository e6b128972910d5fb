"""What is erased is erased where it was copied to: in watches, saved searches, messages, and requests of persons."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, models, transaction
from tests.factories import PLATFORM, World, new_request, resolved_closure
from tests.roles import acting_as
from tests.watching import LOUD, seen, take_in

from jaga.appeals.verbs.appeals import PaperAppeal, record_appeal
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.observations import NamedMedia
from jaga.core.terms.cases import AppealWay, IdentityCheck
from jaga.core.terms.privacy import AnswerWay, PersonRequestKind
from jaga.core.terms.reports import CaptureState, MediaState
from jaga.policy.local_time import today
from jaga.privacy.models import CorrectionNote, ErasedKey, PersonAnswer, PersonCheck, PersonRequest
from jaga.privacy.reads import own_data as everywhere
from jaga.privacy.reads.own_data import search_everywhere
from jaga.privacy.verbs import erasure
from jaga.privacy.verbs.person_answers import (
    NewPersonAnswer,
    NewPersonCheck,
    StillBinds,
    check_person,
    draft_answer,
    hand_over_answer,
    release_answer,
)
from jaga.privacy.verbs.person_requests import KEPT, NewPersonRequest, ask_without_code, forget_ended
from jaga.privacy.verbs.sweep import sweep_retention
from jaga.store.codes import seal_observed, seal_raw
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.row_verification import verify_rows
from jaga.store.kernel.sequencer import link_entries
from jaga.store.key_store import store
from jaga.store.reads import ClockInDoubt
from jaga.store.sealed_text import DELETED
from jaga.watch.models.kept import ObservedHash, WatchCapture, WatchFinding, WatchMedia, WatchSample
from jaga.watch.verbs.media import CapturedPage, record_capture, waiting_captures
from jaga.watch.verbs.watches import FINDINGS_KEPT, forget_findings

ACCOUNT, POST = "did:plc:kenari", "at://did:plc:kenari/app.bsky.feed.post/1"
TEXT = f"{LOUD} kenari-kanari"


def places(text: str) -> set[str]:
    return {f"{one.table}.{one.column}" for one in search_everywhere(text, lambda table, rows: None)}


def test_no_copy_of_a_watched_text_outlives_its_report(own_store: Path, database_roles: object, world: World) -> None:
    """The sample, the addresses of its page that waits to be captured and of its picture, and where it stood."""
    picture = NamedMedia("https://kenari.example/kenari-kanari.png")
    (filed,) = take_in(PLATFORM, (seen(TEXT, POST, ACCOUNT, media=(picture,)),))
    finding = WatchFinding.objects.get()
    capture = WatchCapture.objects.create(
        finding=finding, sealed=seal_raw(f"https://kenari.example/{POST}".encode()), found_at=now()
    )
    Subject.objects.update(handle="kenari")
    before = places("kenari")
    assert before >= {
        "records_report.published",
        "records_report.origin_ref",
        "records_watchsample.sealed",
        "records_watchcapture.sealed",
        "records_subject.account_id",
        "records_watchmedia.address",
    }
    erasure.erase(reports=[filed.report_id], rule="request", actor=SYSTEM)
    store.destroy([Report.objects.get().key_owner()])  # the worker is killed here
    assert waiting_captures() == []  # the page is not even asked for
    WatchCapture.objects.update(state=CaptureState.WAITING, ended_at=None, sealed=b"x")
    assert record_capture(capture.pk, CapturedPage(b"page"), actor=SYSTEM) == CaptureState.TEXT_ONLY
    WatchCapture.objects.update(state=CaptureState.WAITING, ended_at=None, sealed=seal_raw(POST.encode()))
    with acting_as("worker"):
        erasure.carry_out_erasures()
    assert not Evidence.objects.filter(kind="page").exists()
    assert places("kenari-kanari") == places(POST) == set()
    assert WatchMedia.objects.get().state == MediaState.UNAVAILABLE
    assert Report.objects.get().origin_ref.startswith("code:")
    ObservedHash.objects.all().delete()
    assert take_in(PLATFORM, (seen(TEXT, POST, ACCOUNT),)) == ()  # nothing comes back
    assert Report.objects.count() == 1

    WatchFinding.objects.create(
        watch=finding.watch,
        native=b"1" * 32,
        content=b"2" * 32,
        account=finding.account,
        category="fraud",
        kind=finding.kind,
        sealed=_kept(),
        seen_at=now(),
    )
    assert "records_watchfinding.sealed" in places(ACCOUNT)
    erasure.erase(cases=[filed.case_id], rule="request", actor=SYSTEM)
    with acting_as("worker"):
        erasure.carry_out_erasures()
    assert places("kenari") == set()
    link_entries()
    assert verify_ledger().problems == ()
    assert verify_rows().faults == []


def _kept() -> bytes:
    return seal_observed(
        {"account": ACCOUNT, "handle": "kenari", "text": TEXT, "surface": "", "locator": POST, "at": now().isoformat()}
    )


def test_codes_of_what_a_case_took_go_after_their_days(database_roles: object, world: World) -> None:
    """The row stays, which says that the watch led to a case; without code of text or account."""
    take_in(PLATFORM, (seen(TEXT, POST, ACCOUNT),))
    WatchSample.objects.all().delete()
    before = WatchFinding.objects.get()
    with frozen(now() + FINDINGS_KEPT + timedelta(hours=1)), acting_as("worker"):
        assert forget_findings() == 1
        assert forget_findings() == 0
    after = WatchFinding.objects.get()
    assert after.report_id == before.report_id
    assert (bytes(after.content), bytes(after.account), bytes(after.native) != bytes(before.native)) == (b"", b"", True)


def test_what_was_written_about_a_request_is_encrypted_and_goes(
    own_store: Path, database_roles: object, world: World
) -> None:
    """Words of the check, the answer and a correction: unreadable in a dump, emptied when it is over, never edited."""
    requests.file_request(new_request(), actor=world.officer)
    case_id = resolved_closure(world)
    subject = Case.objects.get(pk=case_id).subject
    record_appeal(
        PaperAppeal(
            reference=f"K{case_id:06d}",
            account=subject.account_id,
            way=AppealWay.HELPER,
            received_on=today(),
            check=IdentityCheck.HELPER_VOUCHES,
            check_note="Lembaga itu kami kenal, dan kami telepon.",
            helper="Ani Kanari",
            text="Itu bukan saya, ada yang memakai nama saya.",
        ),
        actor=world.reviewers[2],
    )
    for kind in (PersonRequestKind.CORRECTION, PersonRequestKind.ERASURE):
        ask_without_code(
            NewPersonRequest(
                kind,
                account=subject.account_id,
                platform="obrolan",
                contact="Ani Kanari, 0800-0000",
                words="Saya Ani Kanari, bukan dia.",
            ),
            actor=PUBLIC,
        )
    fix, _ = PersonRequest.objects.order_by("pk").values_list("pk", flat=True)
    one, two = world.reviewers[0], world.supervisor
    check_person(
        fix,
        NewPersonCheck(IdentityCheck.IDENTITY_PAPER, "KTP atas nama Ani Kanari.", "obrolan", subject.account_id),
        actor=one,
    )
    draft_answer(
        fix,
        NewPersonAnswer(
            True, "Ibu Ani Kanari, sudah kami catat.", AnswerWay.PAPER, note="Ani Kanari menulis bahwa itu bukan dia."
        ),
        actor=one,
    )
    release_answer(fix, actor=two)
    assert "records_authorityrequest.locator" in places(subject.account_id)
    assert places("Ani Kanari") == {
        "records_personrequest.sealed",
        "records_personcheck.note",
        "records_personanswer.text",
        "records_personanswer.note",
        "records_correctionnote.text",
        "records_appeal.helper",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT note FROM records_personcheck UNION SELECT text || note FROM records_personanswer"
            " UNION SELECT text FROM records_correctionnote"
        )
        assert not [value for (value,) in cursor.fetchall() if "Kanari" in value]
    for table in (PersonCheck, CorrectionNote):
        name = "note" if table is PersonCheck else "text"
        with pytest.raises(IntegrityError), transaction.atomic():
            table.objects.update(**{name: "Lain."})
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionNote.objects.update(text=DELETED)  # not while the account is on record
    hand_over_answer(fix, actor=one)

    erasure.erase(
        cases=[case_id], reports=list(Report.objects.values_list("pk", flat=True)), rule="request", actor=SYSTEM
    )
    with acting_as("worker"):
        erasure.carry_out_erasures()
        assert forget_ended() == 0
    assert places(subject.account_id) == {"records_personrequest.sealed"}
    # The answer proves what was told; the other request is not answered yet.
    assert places("Ani Kanari") == {
        "records_personanswer.text",
        "records_personanswer.note",
        "records_personrequest.sealed",
    }
    with frozen(now() + KEPT + timedelta(days=1)), acting_as("worker"):
        assert forget_ended() == 1
    assert {PersonAnswer.objects.get().text, PersonCheck.objects.get().note, CorrectionNote.objects.get().text} == {
        DELETED
    }
    assert places("Ani Kanari") == {"records_personrequest.sealed"}
    link_entries()
    assert verify_rows().faults == []


def test_every_encrypted_column_is_searched_or_has_a_reason() -> None:
    """A new column `sealed` is named here."""
    found = {
        model
        for model in everywhere._models()
        for field in model._meta.concrete_fields
        if field.name == "sealed" and isinstance(field, models.BinaryField)
    }
    assert {model.__name__ for model in found - set(everywhere.OPENED)} == set(everywhere.NOT_OPENED)


def test_by_a_wrong_day_nobody_grants_an_erasure_and_nothing_goes_that_somebody_waits_for(world: World) -> None:
    """Ten years ahead no appeal, strike or hold binds any more; a captured page and an answer are still waited for."""
    case_id = resolved_closure(world)
    account = Case.objects.get(pk=case_id).subject.account_id
    take_in(PLATFORM, (seen(TEXT, POST, ACCOUNT),))
    WatchCapture.objects.create(finding=WatchFinding.objects.get(), sealed=seal_raw(POST.encode()), found_at=now())
    ask_without_code(
        NewPersonRequest(PersonRequestKind.ERASURE, account=account, platform="obrolan", contact="Telepon 0800-0000"),
        actor=PUBLIC,
    )
    number = PersonRequest.objects.get().pk
    sweep_retention()
    for days in (3650, -3650):
        with frozen(now() + timedelta(days=days)):
            assert forget_findings() == 0
            if days > 0:
                check_person(
                    number,
                    NewPersonCheck(IdentityCheck.IDENTITY_PAPER, "KTP dicocokkan dengan data.", "obrolan", account),
                    actor=world.reviewers[0],
                )
                draft_answer(
                    number, NewPersonAnswer(True, "Semua kami hapus.", AnswerWay.PAPER), actor=world.reviewers[0]
                )
                with pytest.raises(ClockInDoubt):
                    release_answer(number, actor=world.supervisor)
    assert WatchCapture.objects.get().sealed is not None
    assert not ErasedKey.objects.exists()
    with pytest.raises(StillBinds):
        release_answer(number, actor=world.supervisor)
