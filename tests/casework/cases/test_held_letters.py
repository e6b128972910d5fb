"""Letters to reporters rest on rows that are as the ledger recorded them, or are neither written nor shown."""

from typing import Any

from django.db import connection
from django.test import Client
from tests.factories import World, in_review, report, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Letter
from jaga.cases.models.reports import Report
from jaga.cases.reads.history import VERIFIED
from jaga.cases.verbs.held_letters import end_refusals, note_held_figures
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import RefusedAct
from jaga.operators.models import OutgoingMail
from jaga.quality.models import AlarmAddress, Tally
from jaga.reporting.reads.mailbox import list_refusals, see_held_back
from jaga.signals.verbs.triage import triage_case
from jaga.store.models import LedgerEntry


def _change(table: str, change: str, row: int) -> None:
    """As the owner of the database, past Jaga."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE records_{table} DISABLE TRIGGER USER;"
            f" UPDATE records_{table} SET {change} WHERE id = {row};"
            f" ALTER TABLE records_{table} ENABLE TRIGGER USER"
        )


def test_nobody_is_told_on_the_ground_of_an_edited_report(world: World) -> None:
    """The decision stands, an entry says why nobody was told, and another case's reporters are told as ever."""
    edited, other = in_review(account="@mawar:localhost"), in_review(account="@melati:localhost")
    AlarmAddress.objects.create(person_id=world.supervisor.person_id, email="jaga@example.org")
    _change("report", "conduct_on = conduct_on - 1", Report.objects.get(case=edited).pk)
    for case in (edited, other):
        vote(case, DecisionKind.DISMISS, world.reviewers[0])
        assert Case.objects.get(pk=case).decided_at is not None
    assert set(Letter.objects.values_list("case", flat=True)) == {other}
    entry = LedgerEntry.objects.get(verb="hold_letters")
    assert (entry.case_ref, entry.payload["part"]) == (edited, "report")
    assert OutgoingMail.objects.filter(address="jaga@example.org").count() == 1
    assert Client().get("/health/ready").json()["withheld"] == {"letters": 1, "refusals": 0, "figures": False}


def test_a_letter_that_was_edited_is_not_shown(world: World, client: Client, settings: Any) -> None:
    """Neither its words nor the outcome that it names; the page says why."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    sent = report(account="@mawar:localhost", text="Dulu sekali.")
    triage_case(sent.case_id, actor=SYSTEM)
    vote(sent.case_id, DecisionKind.DISMISS, world.reviewers[0])
    letter = Letter.objects.get()
    client.post("/follow/", {"receipt": sent.receipt})
    assert letter.body.split("\n")[0] in client.get("/follow/report/").content.decode()
    _change("letter", "key = 'reporter_close'", letter.pk)
    client.cookies["jaga_language"] = "en"
    page = client.get("/follow/report/").content.decode()
    assert letter.body.split("\n")[0] not in page
    assert "is not what we recorded" in page
    client.get("/follow/report/")
    assert LedgerEntry.objects.get(verb="refuse_rows").payload == {
        "act": "receipt",
        "part": "letter",
        "number": letter.pk,
    }
    assert "withheld" in client.get("/health/ready").json()["faults"]
    ((_, act, number),) = ((one.case_id, one.act, one.number) for one in list_refusals(actor=world.supervisor))
    assert (act, number) == (RefusedAct.RECEIPT, letter.pk)
    assert end_refusals() == 0
    _change("letter", f"key = '{letter.key}'", letter.pk)
    assert (end_refusals(), end_refusals()) == (1, 0)
    assert see_held_back(actor=world.supervisor).count == 0


def test_figures_that_wait_have_an_entry_and_its_end(world: World) -> None:
    """One for as long as they wait, however often the worker looks; supervisors get a mail."""
    AlarmAddress.objects.create(person_id=world.supervisor.person_id, email="jaga@example.org")
    assert not note_held_figures()
    Tally.objects.create(name=VERIFIED, key="row_faults", number=2, counted_at=now())
    assert note_held_figures()
    assert note_held_figures()
    held = LedgerEntry.objects.get(verb="hold_figures")
    assert held.payload == {"differences": 2}
    assert OutgoingMail.objects.filter(key__startswith=f"rows-differ-{held.pk}-").count() == 1
    Tally.objects.filter(name=VERIFIED).delete()
    assert not note_held_figures()
    assert not note_held_figures()
    assert LedgerEntry.objects.get(verb="release_figures").payload == {"hold": held.pk}
