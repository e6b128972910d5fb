"""Asking a reporter from the case page, and reading the answer."""

import re
from collections.abc import Callable

from django.test import Client
from tests.factories import World, in_review

from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, Actor
from jaga.queue.verbs import leases
from jaga.reporting.models import ReportMessage
from jaga.reporting.verbs import mailbox

SAID = "Lihat <script>alert(1)</script> & lain."
Browser = Callable[[Actor], Client]


def waiting(**changes: object) -> tuple[str, int]:
    """The address of a case in the queue, and its report."""
    case_id = in_review(**changes)
    return f"/console/cases/K{case_id:06d}/", Report.objects.get(case_id=case_id).pk


def test_a_question_goes_out_and_the_answer_comes_back_beside_the_report(world: World, browser_of: Browser) -> None:
    """Asked on the page, answered by the reporter, marked in the queue until somebody has read it."""
    address, number = waiting()
    client = browser_of(world.reviewers[0])
    sent = client.post(f"{address}reports/{number}/ask/", {"question": "Di mana?"})
    assert (sent.status_code, sent["Location"]) == (302, f"{address}#mailbox-{number}")
    assert "Di mana?" in client.get(address).content.decode()
    assert "answered" not in client.get("/console/queue/").content.decode().partition('<ol class="queue')[2]
    last = mailbox.write_back(number, SAID, actor=PUBLIC)
    page = client.get(address).content.decode()
    assert "Lihat &lt;script&gt;alert(1)&lt;/script&gt; &amp; lain." in page
    assert SAID not in page
    for filtered in ("", "?answered=1"):
        assert "answered" in client.get(f"/console/queue/{filtered}").content.decode().partition('<ol class="queue')[2]
    assert client.post(f"{address}messages/read/", {"up_to": str(last - 1)}).status_code == 302
    assert ReportMessage.objects.get(pk=last).read_at is None  # what came after the page was drawn stays new
    client.post(f"{address}messages/read/", {"up_to": str(last)})
    assert ReportMessage.objects.get(pk=last).read_at is not None
    assert "No waiting case fits" in client.get("/console/queue/?answered=1").content.decode()


def test_what_cannot_be_asked_is_said_and_kept_on_the_page(world: World, browser_of: Browser) -> None:
    """No text, a report of another case, a withdrawn one, odd numbers: refused without a server error."""
    address, number = waiting()
    client = browser_of(world.reviewers[0])
    empty = client.post(f"{address}reports/{number}/ask/", {"question": " "})
    assert empty.status_code == 422
    assert "Write what you want to know." in empty.content.decode()
    _, other = waiting(account="@lain:localhost")
    for wrong in (other, 10**30):
        assert client.post(f"{address}reports/{wrong}/ask/", {"question": "?"}).status_code == 404
    for odd in ("", "x", "-1", "²", "9" * 19, "9" * 40):
        assert client.post(f"{address}messages/read/", {"up_to": odd}).status_code == 302
    mailbox.withdraw_report(number, "Salah.", actor=PUBLIC)
    refused = client.post(f"{address}reports/{number}/ask/", {"question": "Kenapa?"})
    assert refused.status_code == 409
    assert "Withdrawn by its reporter" in refused.content.decode()
    assert not ReportMessage.objects.filter(from_us=True).exists()


def test_where_a_victim_may_speak_only_the_holder_of_the_case_reads_it(world: World, browser_of: Browser) -> None:
    """Others see only that there is an answer."""
    address, number = waiting(category="trafficking")
    mailbox.write_to_reporter(number, "Apakah aman?", actor=world.reviewers[0])
    mailbox.write_back(number, "Kata-kata korban.", actor=PUBLIC)
    holder, other = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    leases.take_lease(Report.objects.get(pk=number).case_id or 0, actor=world.reviewers[0])
    assert "Kata-kata korban." in holder.get(address).content.decode()
    page = other.get(address).content.decode()
    assert "Kata-kata korban." not in page
    assert "whoever holds the case can read it" in page


def test_nobody_decides_over_an_answer_that_came_meanwhile(world: World, browser_of: Browser) -> None:
    """The vote is refused and keeps its text, the page shows the answer, and the vote sent again counts."""
    address, number = waiting()
    client = browser_of(world.reviewers[0])
    client.post(f"{address}take/")
    token, html = (
        re.search(rf'name="{name}" value="(\w+)"', client.get(address).content.decode())
        for name in ("lease", "last_message")
    )
    assert token
    assert html
    form = {"lease": token[1], "last_message": html[1], "kind": "dismiss", "facts": "Tidak terlihat apa-apa."}
    mailbox.write_back(number, "Saya ingat lagi.", actor=PUBLIC)
    refused = client.post(f"{address}decide/", form)
    page = refused.content.decode()
    assert refused.status_code == 409
    for kept in ("has written something since you opened", "Saya ingat lagi.", "Tidak terlihat apa-apa."):
        assert kept in page
    assert not Vote.objects.exists()
    again = re.search(r'name="last_message" value="(\w+)"', page)
    assert again
    assert client.post(f"{address}decide/", {**form, "last_message": again[1]}).status_code == 302
    assert Vote.objects.count() == 1
