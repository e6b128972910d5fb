"""Erasing destroys keys: nothing can be read, nothing comes back, and a kill at any point ends in erased."""

import base64
import shutil
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.factories import FACTS, World, in_review, report, resolved_closure

from jaga.appeals.models import Appeal
from jaga.appeals.verbs.appeals import file_appeal
from jaga.cases.models.cases import Case, Platform, SearchStale, SearchText, Subject
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.platforms import SetAside
from jaga.core.terms.cases import PlatformTask, SetAsideKind
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import KeyOwner, PersonRequestKind
from jaga.people.verbs import people
from jaga.privacy.models import ErasedKey
from jaga.privacy.reads.own_data import search_everywhere
from jaga.privacy.verbs import erasure
from jaga.privacy.verbs.person_requests import NewPersonRequest, ask_without_code
from jaga.privacy.verbs.person_search import (
    OwnSearch,
    SearchNotPermitted,
    ask_person_search,
    carry_out_person_search,
    permit_person_search,
)
from jaga.queue.verbs.leases import save_draft
from jaga.queue.verbs.search import read_all_stale
from jaga.store.codes import appeal_code
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import keep_set_aside
from jaga.store.key_store import file, store
from jaga.store.key_store.store import NotSealed, Sealed, is_erased
from jaga.store.key_store.tree import Erased, KeyStoreDiffers, KeyStoreMissing
from jaga.store.models import KeyFingerprint, LedgerEntry
from jaga.store.sealed_text import DELETED, sealed_field

SAID, NAMED = "kenari-kanari menawarkan sesuatu", "Ani Kanari"


@pytest.fixture
def case(own_store: Path, world: World) -> Case:
    """A closed account with an appeal, from a report that names its sender."""
    number = resolved_closure(world, text=SAID, name=NAMED, contact="kanari@example.invalid")
    file_appeal(appeal_code(Decision.objects.get(case=number).pk), f"Bukan saya yang {SAID}.", actor=HOLDER)
    return Case.objects.get(pk=number)


def places(text: str) -> set[str]:
    return {f"{one.table}.{one.column}" for one in search_everywhere(text, lambda table, rows: None)}


def test_what_was_erased_is_found_nowhere_and_nothing_is_added(case: Case, world: World) -> None:
    """Exactly the named owners: an appeal stays while only its report is erased. The ledger says how many."""
    other = report(account="@melati:localhost", text=SAID)
    filed = Report.objects.get(case=case)
    assert places("KANARI") == {"records_report.text", "records_reporteridentity.sealed", "records_appeal.text"}
    with pytest.raises(NotPermitted):
        erasure.erase(reports=[filed.pk], rule="request", actor=world.reviewers[0])
    assert erasure.erase(reports=[filed.pk], rule="request", actor=world.supervisor) == erasure.ErasedCount(0, 1)
    assert erasure.erase(reports=[filed.pk], rule="request", actor=SYSTEM) == erasure.ErasedCount(0, 0)
    assert LedgerEntry.objects.get(verb="erase").payload == {"rule": "request", "cases": 0, "reports": 1}
    assert erasure.carry_out_erasures() == 1
    again = Report.objects.get(pk=filed.pk)
    assert (again.text, is_erased(again.text), again.contact_key, again.signals.count()) == ("", True, None, 0)
    assert again.receipt_hash == filed.receipt_hash
    assert places("kanari") == {"records_report.text", "records_appeal.text"}
    assert Report.objects.get(pk=other.report_id).text == SAID
    again.save()  # what is stored stays as it was
    again.text = "Kata baru."
    with pytest.raises(Erased), transaction.atomic():
        again.save()

    erasure.erase(cases=[case.pk], reports=[other.report_id], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    assert places("kanari") == places(FACTS) == set()
    assert is_erased(Vote.objects.filter(case=case)[0].facts)
    assert is_erased(Appeal.objects.get().text)


def test_the_name_of_an_account_goes_with_the_words_of_its_last_case(case: Case, world: World) -> None:
    """While another case about it has its words, the name stays. Nobody renames an account in any other way; a new
    report on the same account is about an account that nothing is known of.
    """
    account = case.subject.account_id
    other = in_review(account=account, category="gambling")
    erasure.erase(cases=[case.pk], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    assert Subject.objects.get(pk=case.subject_id).account_id == account
    for name in ("@lain:localhost", "[dihapus / deleted] 0123456789abcdef"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Subject.objects.filter(pk=case.subject_id).update(account_id=name, handle="")

    erasure.erase(cases=[other], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    forgotten = Subject.objects.get(pk=case.subject_id)
    assert forgotten.account_id.startswith(DELETED)
    assert (forgotten.handle, len(forgotten.account_id)) == ("", len(DELETED) + 17)
    assert "records_subject.account_id" not in places(account)
    assert Case.objects.get(pk=in_review(account=account)).subject_id != case.subject_id
    assert erasure.carry_out_erasures() == 0


def test_what_a_killed_process_left_is_finished(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded and not destroyed, or destroyed and not marked: the next round or start ends it, once."""
    erasure.erase(cases=[case.pk], rule="request", actor=SYSTEM)
    with monkeypatch.context() as killed:
        killed.setattr(erasure, "clear_related", _killed)
        with pytest.raises(KeyboardInterrupt):
            erasure.carry_out_erasures()
    assert store.is_destroyed(case.key_owner())
    assert not ErasedKey.objects.filter(done_at__isnull=False).exists()
    assert erasure.apply_again(actor=CLI) == erasure.AppliedAgain(0, 0)
    assert ErasedKey.objects.filter(done_at__isnull=False).count() == 3  # the case, its appeals, its exercises
    assert erasure.carry_out_erasures() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasedKey.objects.update(rule="lain")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_older_store_and_an_older_database_agree_at_the_start(case: Case, own_store: Path, tmp_path: Path) -> None:
    """A copy of the store from before the erasure reopens nothing; a database from before it learns of it."""
    shutil.copytree(own_store, tmp_path / "older")
    erasure.erase(cases=[case.pk], reports=[Report.objects.get(case=case).pk], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    shutil.copy(tmp_path / "older" / "keys", own_store / "keys")
    assert erasure.apply_again(actor=CLI) == erasure.AppliedAgain(destroyed=4, recorded=0)
    assert places("kanari") == set()
    store.destroy([report_of_another().key_owner()])  # erased, and the record is lost
    assert erasure.apply_again(actor=CLI) == erasure.AppliedAgain(destroyed=0, recorded=1)
    assert ErasedKey.objects.get(rule=erasure.FROM_KEY_STORE).kind == KeyOwner.REPORT
    assert LedgerEntry.objects.filter(verb="apply_erasures_again").count() == 2
    (own_store / "keys").unlink()
    with pytest.raises(KeyStoreMissing):
        erasure.apply_again(actor=CLI)


def test_a_copy_of_the_store_that_is_put_back_while_we_run_opens_nothing_for_long(
    case: Case, own_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker notices the other file and destroys again; it reads the erasures only then. What is recorded while the
    store is away is carried out once it is back. In the store of another database nothing is destroyed.
    """
    shutil.copytree(own_store, tmp_path / "older")
    erasure.erase(cases=[case.pk], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    assert erasure.destroy_recorded_again() == 0
    shutil.copy(tmp_path / "older" / "keys", own_store / "keys")
    assert erasure.destroy_recorded_again() == 3
    assert store.is_destroyed(case.key_owner())
    with monkeypatch.context() as quiet:
        quiet.setattr(erasure, "_recorded", pytest.fail)
        assert erasure.destroy_recorded_again() == 0

    filed = Report.objects.get(case=case)
    (own_store / "keys").rename(tmp_path / "away")
    erasure.erase(reports=[filed.pk], rule="request", actor=SYSTEM)
    with pytest.raises(KeyStoreMissing):
        erasure.carry_out_erasures()
    (tmp_path / "away").rename(own_store / "keys")
    KeyFingerprint.objects.update_or_create(name=file.FINGERPRINT, defaults={"fingerprint": "0" * 64, "since": now()})
    for destroy in (erasure.carry_out_erasures, erasure.destroy_recorded):
        with pytest.raises(KeyStoreDiffers):
            destroy()
    assert not store.is_destroyed(filed.key_owner())
    KeyFingerprint.objects.update(fingerprint=store.present().fingerprint)
    assert erasure.carry_out_erasures() == 1
    assert store.is_destroyed(filed.key_owner())


def test_the_index_takes_no_words_of_a_case_that_was_just_erased(case: Case, own_store: Path) -> None:
    """Another process destroyed the key a moment ago: this one still remembers the file of before."""
    read_all_stale()
    filed = Report.objects.get(case=case)
    erasure.erase(cases=[case.pk], reports=[filed.pk], rule="request", actor=SYSTEM)
    file.destroy(own_store, {KeyOwner.CASE: [case.key_number], KeyOwner.REPORT: [filed.key_number]})
    SearchStale.objects.create(number=case.pk)
    assert not store.is_destroyed(case.key_owner())  # As remembered.
    read_all_stale()
    assert not SearchText.objects.filter(case=case.pk).exists()


def test_a_draft_is_written_before_the_erasure_or_not_at_all(own_store: Path, world: World) -> None:
    """Clearing waits for whoever has the case locked, and an erased case takes no draft."""
    number = in_review()
    erasure.erase(cases=[number], rule="request", actor=SYSTEM)
    with CaptureQueriesContext(connection) as asked:
        erasure.carry_out_erasures()
    said = [one["sql"] for one in asked]
    locked = next(
        place for place, sql in enumerate(said) if 'FROM "records_case"' in sql and "FOR NO KEY UPDATE" in sql
    )
    assert locked < next(place for place, sql in enumerate(said) if 'FROM "records_draft"' in sql)
    with pytest.raises(Erased):
        save_draft(number, {"facts": ["Kata baru."]}, actor=world.reviewers[0])


def report_of_another() -> Report:
    return Report.objects.get(pk=report(account="@melati:localhost").report_id)


def of_another(sealed: str, number: int) -> str:
    """The same ciphertext, as if it belonged to the owner of this number."""
    raw = base64.urlsafe_b64decode(sealed[3:])
    return "k1:" + base64.urlsafe_b64encode(raw[:1] + number.to_bytes(6) + raw[7:]).decode()


def test_a_ciphertext_opens_in_its_own_column_under_its_own_owner_only(case: Case) -> None:
    """Moved to another report or column it is refused; so are open texts, by the database and by the program."""
    one, other = Report.objects.get(case=case), report_of_another()
    field = sealed_field(Report, "text")
    with pytest.raises(NotSealed):
        sealed_field(Report, "excerpt").opened(one.text.sealed)  # type: ignore[attr-defined]
    with pytest.raises(NotSealed):
        field.opened(of_another(one.text.sealed, other.key_number))  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="sealed"), transaction.atomic():
        Report.objects.update(text="terbuka")
    with pytest.raises(TypeError, match="sealed"):
        Report.objects.filter(text="terbuka").exists()
    with pytest.raises(IntegrityError, match="records_report_text_sealed"), transaction.atomic():
        Report.objects.update(text=Sealed("terbuka"))
    short, long = field.sealed_for(one.key_owner(), "a"), field.sealed_for(one.key_owner(), "a" * 60)
    assert len(short) == len(long)
    assert list(Report.objects.filter(pk=one.pk).values_list("text", flat=True)) == [SAID]


def test_a_person_is_found_however_the_name_is_written_and_where_it_is_encrypted(world: World) -> None:
    """Case, accents, styles of letters, spaces and JSON's escapes do not count; requests and raw values are opened."""
    report(text="Namanya 𝐀𝐧𝐢\nKánari, katanya.")
    name = 'Ani "Si" Kanari'
    ask_without_code(
        NewPersonRequest(
            PersonRequestKind.ACCESS,
            account="@mawar:localhost",
            platform="obrolan",
            contact="Telepon 0800-0000",
            words=f"Saya {name}.",
        ),
        actor=PUBLIC,
    )
    keep_set_aside(
        Platform.objects.get(name="obrolan"),
        PlatformTask.ROOMS,
        [SetAside(SetAsideKind.MESSAGE, "no id", f"<{name}>".encode())],
        actor=SYSTEM,
    )
    append("record_keys", {"names": [name]}, actor=CLI, case_id=None)
    assert places("ani  kanari") == {"records_report.text"}
    assert places('ANI "SI"\tKANARI') == {
        "records_personrequest.sealed",
        "records_setasidevalue.sealed",
        "records_ledgerentry.payload",
    }


def test_a_search_for_a_person_takes_two_and_runs_once(case: Case, world: World) -> None:
    """Neither alone, nor for another text, nor twice; the ledger has the keyed hash, and nobody the text."""
    sari = people.actor_for(
        people.create_person(
            people.NewPerson("sari", "Sari", world.supervisor.organisation_id or 0, (Role.ADMINISTRATOR,)), actor=CLI
        )
    )
    with pytest.raises(InvalidInput, match="username"):
        ask_person_search(NAMED, "orang-lain", "Permintaan 7.", actor=CLI)
    with pytest.raises(InvalidInput):
        ask_person_search("Ani", "wulan", "Permintaan 7.", actor=CLI)
    number = ask_person_search(NAMED, "wulan", "Permintaan 7.", actor=CLI)
    read: list[str] = []

    def told(table: str, rows: int) -> None:
        read.append(table)

    with pytest.raises(SearchNotPermitted, match="nobody has permitted"):
        carry_out_person_search(number, NAMED, told, actor=CLI)
    with pytest.raises(OwnSearch):
        permit_person_search(number, actor=world.supervisor)
    with pytest.raises(NotPermitted):
        permit_person_search(number, actor=world.reviewers[0])
    permit_person_search(number, actor=sari)
    with pytest.raises(SearchNotPermitted, match="another text"):
        carry_out_person_search(number, "Budi Kanari", told, actor=CLI)
    (found,) = carry_out_person_search(number, NAMED.upper(), told, actor=CLI)
    assert (found.table, found.owner) == ("records_reporteridentity", f"report {Report.objects.get(case=case).pk}")
    assert {"records_evidence", "procrastinate_jobs", "records_ledgerentry"} <= set(read)
    with pytest.raises(SearchNotPermitted, match="carried out before"):
        carry_out_person_search(number, NAMED, told, actor=CLI)
    entries = list(LedgerEntry.objects.filter(verb__contains="person_search").values_list("payload", flat=True))
    assert len(entries) == 2
    assert "Kanari" not in str(entries)
