"""Following a report with its receipt."""

import re

from django.test import Client
from tests.web.public.conftest import World

from jaga.core.terms.cases import DecisionKind
from jaga.queue.verbs import leases


def shown(client: Client, receipt: str) -> str:
    return client.post("/follow/", {"receipt": receipt}, follow=True).content.decode()


def test_the_reporter_reads_the_outcome(client: Client, world: World) -> None:
    """A dismissed report ends with a letter that says so."""
    filed = world.report()
    client.cookies["jaga_language"] = "en"
    assert "People are looking at it" in shown(client, filed.receipt)
    world.vote(filed.case_id, DecisionKind.DISMISS, world.reviewers[0])
    page = shown(client, filed.receipt)
    assert "Finished" in page
    assert 'class="letter"' in page


def test_a_sealed_first_vote_is_not_told_to_the_reporter(client: Client, world: World) -> None:
    """The state after a first vote looks like the one before it."""
    filed = world.report()
    client.cookies["jaga_language"] = "en"
    world.vote(filed.case_id, DecisionKind.CLOSE, world.reviewers[0])
    assert "People are looking at it" in shown(client, filed.receipt)


def test_nobody_reads_what_others_reported(client: Client, world: World) -> None:
    """Two reports of one account share a case, and nothing else."""
    first = world.report(text="Kata pelapor pertama.")
    second = world.report(text="Kata pelapor kedua.", source="network:198.51.100.0/24")
    assert first.case_id == second.case_id
    page = shown(client, second.receipt)
    assert ("Kata pelapor pertama" in page, "Kata pelapor kedua" in page) == (False, True)


def done_of(client: Client, receipt: str) -> list[str]:
    """The steps that are done, in order."""
    page = shown(client, receipt)
    return re.findall(r'<li class="is-done">\s*<strong>(.*?)</strong>', page)


def test_the_way_of_a_report_from_received_to_confirmed(client: Client, world: World) -> None:
    """Each step is done once it happened, never before; a sealed vote adds none."""
    filed = world.report()
    client.cookies["jaga_language"] = "en"
    assert done_of(client, filed.receipt) == ["Received"]
    leases.take_lease(filed.case_id, actor=world.reviewers[0])
    assert done_of(client, filed.receipt) == ["Received", "Read by a person"]
    leases.release_lease(filed.case_id, actor=world.reviewers[0])
    world.vote(filed.case_id, DecisionKind.CLOSE, world.reviewers[0])
    assert done_of(client, filed.receipt) == ["Received", "Read by a person"]
    world.vote(filed.case_id, DecisionKind.CLOSE, world.reviewers[1])
    assert done_of(client, filed.receipt) == ["Received", "Read by a person", "Decided"]


def test_a_dismissed_report_has_nothing_to_carry_out(client: Client, world: World) -> None:
    """Three steps, and what the reporter sent stands beside them."""
    filed = world.report(text="Kata saya sendiri.")
    client.cookies["jaga_language"] = "en"
    world.vote(filed.case_id, DecisionKind.DISMISS, world.reviewers[0])
    assert done_of(client, filed.receipt) == ["Received", "Read by a person", "Decided"]
    page = shown(client, filed.receipt)
    assert ("Carried out" in page, "Kata saya sendiri." in page) == (False, True)


def test_a_missing_digit_is_said(client: Client, world: World) -> None:
    """It is no guess, so it uses none up."""
    receipt = world.report().receipt
    client.cookies["jaga_language"] = "en"
    for _ in range(12):
        page = client.post("/follow/", {"receipt": receipt[:15]})
    assert page.status_code == 404
    assert "This has 15 digits; a report number has 16." in page.content.decode()
    assert client.post("/follow/", {"receipt": receipt}).status_code == 302


def test_spaces_and_dashes_in_a_receipt_do_not_matter(client: Client, world: World) -> None:
    """People copy receipts by hand."""
    receipt = world.report().receipt
    page = client.post("/follow/", {"receipt": f" {receipt[:4]}-{receipt[4:8]} {receipt[8:]} "}, follow=True)
    assert page.status_code == 200


def test_a_wrong_receipt_opens_nothing_and_guessing_is_braked(client: Client, world: World) -> None:
    """After ten wrong ones from one network even the right one must wait; other networks are not affected."""
    receipt = world.report().receipt
    for number in range(10):
        assert client.post("/follow/", {"receipt": f"{number:016d}"}).status_code == 404
    assert client.post("/follow/", {"receipt": receipt}).status_code == 429
    assert client.post("/follow/", {"receipt": receipt}, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_an_empty_or_odd_receipt_is_only_wrong(client: Client, world: World) -> None:
    """No input causes a server error."""
    for receipt in ("", "\x00", "x" * 100_000, "１２３４"):
        assert client.post("/follow/", {"receipt": receipt}).status_code == 404
