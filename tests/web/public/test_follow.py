"""Following a report with its receipt."""

from django.test import Client
from tests.web.public.conftest import World

from jaga.core.terms.decisions import DecisionKind


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
    assert "Kata pelapor" not in shown(client, second.receipt)


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
