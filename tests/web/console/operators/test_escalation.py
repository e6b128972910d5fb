"""The escalation ladder over HTTP with a test clock: people release each step, and time alone never does."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, rows

from jaga.actions.jobs import end_restrictions, verify_again
from jaga.core.actors import Actor
from jaga.core.clock import frozen
from jaga.operators.models import Notice, NoticeEntry, OperatorLetter, OutgoingMail
from jaga.operators.reads.notices import count_overdue
from jaga.operators.verbs.notices import object_to
from jaga.work.mail import send_mail

START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)
BrowserOf = Callable[[Actor], Client]


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


@pytest.fixture
def supervisor(world: World, browser_of: BrowserOf) -> Client:
    return browser_of(world.supervisor)


@pytest.fixture
def contact(operator: Operator, browser_of: BrowserOf) -> Client:
    return browser_of(operator.contact)


def html(client: Client, address: str) -> str:
    cache.clear()
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, address: str, status: int = 302, **fields: str) -> str:
    cache.clear()
    answer = client.post(address, fields)
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return answer["Location"] if status == 302 else answer.content.decode()


def rungs_offered(page: str) -> list[str]:
    return re.findall(r'action="[^"]*/escalation/(\w+)/"', page)


def test_the_escalation_is_driven_by_people_and_ends(
    world: World, operator: Operator, supervisor: Client, contact: Client
) -> None:
    """Overdue notice → order → opened → the clock → three warnings, each opened → no further step."""
    with frozen(START):
        notice = asked(world, operator)
        ours, theirs = f"/console/operator-notices/{notice.number}/", f"/console/notices/{notice.number}/"
        send(contact, f"{theirs}open/")
    moment = START + DAY + SECOND
    with frozen(moment):
        assert count_overdue() == 1
    for number, stage in enumerate(("order", "warning_1", "warning_2", "warning_3")):
        with frozen(moment):
            assert rungs_offered(html(supervisor, ours)) == [stage]
            letter = send(supervisor, f"{ours}escalation/{stage}/")
            assert "not released" in html(supervisor, letter)
            assert "Open the letter" not in html(contact, theirs)
            send(supervisor, f"{letter}release/")
            assert rungs_offered(html(supervisor, ours)) == []
            assert "letter to open" in html(contact, "/console/notices/")
            page = html(contact, theirs)
            assert "Opening it counts as receipt" in page
            row = OperatorLetter.objects.latest("pk")
            assert f"letters/{row.pk}/pdf/" not in page
            assert row.body_en not in page
            assert contact.get(f"/console/notices/letters/{row.pk}/pdf/").status_code == 404
            send(contact, f"/console/notices/letters/{row.pk}/open/")
            pdf = contact.get(f"/console/notices/letters/{row.pk}/pdf/")
            assert pdf["Content-Type"] == "application/pdf"
            assert hashlib.sha256(pdf.content).hexdigest() == row.pdf_sha256
            assert row.number in html(contact, theirs)
            assert "letter to open" not in html(contact, "/console/notices/")
        with frozen(moment + DAY - SECOND):
            assert rungs_offered(html(supervisor, ours)) == []
        moment += DAY
        assert number < 3 or "The escalation ends here" in html(supervisor, ours)
    with frozen(moment + 365 * DAY):
        assert rungs_offered(html(supervisor, ours)) == []
        for stage in ("clarification", "order", "warning_1", "warning_2", "warning_3"):
            send(supervisor, f"{ours}escalation/{stage}/", status=409)
        send(supervisor, f"{ours}escalation/warning_4/", status=404)
    assert OperatorLetter.objects.count() == 4
    assert all(row.released_by_id == world.supervisor.person_id for row in OperatorLetter.objects.all())


@pytest.mark.parametrize("days", [1, 30, 3650])
def test_a_letter_that_nobody_releases_stays_unreleased(
    days: int, world: World, operator: Operator, supervisor: Client, contact: Client
) -> None:
    """However much time passes and whatever the worker does; the notice is overdue and raises an alarm."""
    with frozen(START):
        notice = asked(world, operator)
        ours, theirs = f"/console/operator-notices/{notice.number}/", f"/console/notices/{notice.number}/"
        send(contact, f"{theirs}open/")
    with frozen(START + DAY):
        letter = send(supervisor, f"{ours}escalation/order/")
    turns, mails, before = NoticeEntry.objects.count(), OutgoingMail.objects.count(), rows()
    with frozen(START + days * DAY + SECOND):
        for round_ in (verify_again, end_restrictions, send_mail):
            round_()
        assert rows() == before
        assert count_overdue() == 1
        assert "tag--danger" in html(supervisor, ours)
        assert "prepared, not released" in html(supervisor, letter)
        assert "Open the letter" not in html(contact, theirs)
    row = OperatorLetter.objects.get()
    assert (row.released_at, row.released_by_id, row.opened_at) == (None, None, None)
    assert (NoticeEntry.objects.count(), OutgoingMail.objects.count()) == (turns, mails)


def test_the_letter_shows_both_languages_and_who_will_have_released_it(
    world: World, operator: Operator, supervisor: Client, browser_of: BrowserOf
) -> None:
    """A supervisor reads what the operator will read; a reviewer reads it too and has no button."""
    notice = asked(world, operator)
    letter = send(supervisor, f"/console/operator-notices/{notice.number}/escalation/order/")
    page = html(supervisor, letter)
    for expected in ("Kepada narahubung", "To the contact persons", f"SP/{notice.number}/", "recorded that you"):
        assert expected in page
    reviewer = html(browser_of(world.reviewers[0]), letter)
    assert "Kepada narahubung" in reviewer
    assert f"{letter}release/" not in reviewer
    assert f"{letter}drop/" not in reviewer


def test_an_open_objection_is_said_before_the_release(world: World, operator: Operator, supervisor: Client) -> None:
    """It is a warning and does not prevent the release."""
    notice = asked(world, operator)
    letter = send(supervisor, f"/console/operator-notices/{notice.number}/escalation/order/")
    assert "has objected" not in html(supervisor, letter)
    object_to(notice.pk, "Akun itu milik toko resmi.", actor=operator.contact)
    assert "has objected" in html(supervisor, letter)
    send(supervisor, f"{letter}release/")


def test_what_was_written_as_a_proof_is_kept_when_it_is_refused(
    world: World, operator: Operator, supervisor: Client
) -> None:
    """A proof that is too short is reported beside the field; a complete one is shown with the letter."""
    notice = asked(world, operator)
    letter = send(supervisor, f"/console/operator-notices/{notice.number}/escalation/order/")
    assert "has moved on" in send(supervisor, f"{letter}served/", status=409, proof="Tanda terima JX-1, resepsionis")
    send(supervisor, f"{letter}release/")
    assert 'value="JX-1"' in send(supervisor, f"{letter}served/", status=422, proof="JX-1")
    send(supervisor, f"{letter}served/", proof="Tanda terima JX-1, resepsionis")
    assert "Tanda terima JX-1, resepsionis" in html(supervisor, letter)


def test_a_dropped_letter_stays_in_sight(world: World, operator: Operator, supervisor: Client) -> None:
    """The dropped letter is kept, and another may be prepared."""
    notice = asked(world, operator)
    ours = f"/console/operator-notices/{notice.number}/"
    letter = send(supervisor, f"{ours}escalation/order/")
    assert send(supervisor, f"{letter}drop/") == ours
    page = html(supervisor, ours)
    assert "Letters that were dropped" in page
    assert "order" in rungs_offered(page)
    assert "can never be released" in html(supervisor, letter)
    assert "has moved on" in send(supervisor, f"{letter}release/", status=409)


def test_another_operators_contact_finds_no_letter(
    world: World, operator: Operator, supervisor: Client, browser_of: BrowserOf
) -> None:
    """Neither the PDF nor the fact that it exists."""
    notice = asked(world, operator)
    letter = send(supervisor, f"/console/operator-notices/{notice.number}/escalation/order/")
    send(supervisor, f"{letter}release/")
    number, stranger = OperatorLetter.objects.get().pk, browser_of(operator.stranger)
    send(stranger, f"/console/notices/letters/{number}/open/", status=404)
    assert stranger.get(f"/console/notices/letters/{number}/pdf/").status_code == 404
    assert OperatorLetter.objects.get().opened_at is None


def test_a_checklist_of_our_own_shows_no_escalation(world: World, supervisor: Client) -> None:
    """Where Jaga's own staff close accounts by hand, there is nobody to write to."""
    notice = asked(world, make_operator("tangan", "manual"))
    assert "Escalation" not in html(supervisor, f"/console/operator-notices/{notice.number}/")
    assert Notice.objects.count() == 1
