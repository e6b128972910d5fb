"""The pages of batch files: send, inspect, start, cancel, and download refused rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from tests.factories import CATEGORY, PLATFORM, World
from tests.web.console.conftest import Staff

from jaga.batches.jobs import work_on_batches
from jaga.batches.models import Batch
from jaga.batches.verbs.batches import NewBatch, submit_batch
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, Actor
from jaga.core.terms.people import Language, Role
from jaga.exchange.rows import COLUMNS, column_of
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.web.batch_files import column_word

ROWS = (
    b"akun,teks,nomor\n@satu:localhost,open BO,A1\n@b:elsewhere.invalid,x,A2\n@satu:localhost,open BO,A1\n"
    b'@c:localhost,<script>alert(1)</script>,=A3\n@d:elsewhere.invalid,"=1+1\ny",A4\n'
)
Browser = Callable[[Actor], Client]


@pytest.fixture
def client_(staff: Staff, browser_of: Browser) -> Client:
    return browser_of(staff.by_role[Role.SUPERVISOR])


def send(client: Client, content: bytes = ROWS, **more: Any) -> Any:
    file = SimpleUploadedFile("laporan.csv", content)
    return client.post("/console/batches/", {"file": file, "platform": PLATFORM, "category": CATEGORY, **more})


def downloaded(answer: Any) -> bytes:
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def test_a_file_goes_its_whole_way_by_the_pages(client_: Client) -> None:
    """A file is sent and inspected, its faults and first rows are shown, it is started, and its report numbers and
    refused rows are downloaded.
    """
    sent = send(client_)
    address = sent["Location"]
    waiting = client_.get(address).content.decode()
    assert "being looked at" in waiting
    assert 'data-every="3"' in waiting
    work_on_batches()
    looked = client_.get(address).content.decode()
    assert "2 rows can become reports" in looked
    assert "&lt;script&gt;alert(1)" in looked
    assert "It says the same as row 2" in looked
    assert "does not look like an account" in looked
    assert "every 3s" not in looked
    assert Report.objects.count() == 0
    assert client_.post(f"{address}start/")["Location"] == address
    work_on_batches()
    done = client_.get(address).content.decode()
    assert "2 of 2 good rows are filed" in done
    numbers = downloaded(client_.get(f"{address}reports.csv")).decode().splitlines()
    assert [line.split(",")[0] for line in numbers[1:]] == ["2", "5"]
    assert {int(line.split(",")[1]) for line in numbers[1:]} == set(Report.objects.values_list("pk", flat=True))
    assert client_.get("/console/batches/").content.count(b"laporan.csv") == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_refused_rows_are_mended_and_sent_back(client_: Client, language: str) -> None:
    """Refused rows are in the reader's language, harmless in a spreadsheet, and read back unchanged; only they are
    filed then.
    """
    client_.cookies["jaga_language"] = language
    first = send(client_)["Location"]
    work_on_batches()
    client_.post(f"{first}start/")
    work_on_batches()
    refused = downloaded(client_.get(f"{first}refused.csv"))
    assert b"'=1+1" in refused
    assert ("tampaknya" in refused.decode()) == (language == "id")
    mended = refused.replace(b":elsewhere.invalid", b":localhost")
    second = client_.post("/console/batches/", {"file": SimpleUploadedFile("perbaikan.csv", mended)})["Location"]
    work_on_batches()
    client_.post(f"{second}start/")
    work_on_batches()
    assert Batch.objects.latest("pk").refused == 0
    assert set(Report.objects.values_list("reference", "text")) == {
        ("A1", "open BO"),
        ("=A3", "<script>alert(1)</script>"),
        ("A2", "x"),
        ("A4", "=1+1\ny"),
    }


@pytest.mark.parametrize("language", list(Language))
def test_every_column_is_read_back_by_the_name_that_people_see(language: Language) -> None:
    """Otherwise the downloaded file of refused rows could not be sent again."""
    with override(language.value):
        assert [column_of(column_word(column)) for column in (*COLUMNS, "row", "reason", "field")] == [
            *COLUMNS,
            "row",
            "reason",
            "field",
        ]


def test_the_same_file_leads_to_its_first_page(client_: Client) -> None:
    """The page says that the file was sent before."""
    first = send(client_)["Location"]
    again = send(client_)["Location"]
    assert again == f"{first}?repeated=1"
    assert b"was sent before" in client_.get(again).content


def test_what_cannot_be_taken_is_said_beside_its_field(client_: Client) -> None:
    """No file, an empty one, an unknown platform: 422 with what to do, and nothing is stored."""
    for data in (
        {},
        {"file": SimpleUploadedFile("x.csv", b"")},
        {"file": SimpleUploadedFile("x.csv", b"akun\nx\n"), "platform": "tidak-ada"},
    ):
        answer = client_.post("/console/batches/", data)
        assert answer.status_code == 422
        assert b'id="errors"' in answer.content
    assert Batch.objects.count() == 0


def test_a_file_that_cannot_be_read_says_why(client_: Client) -> None:
    """The batch's page shows the reason after the worker's inspection."""
    address = send(client_, b"\x89PNG no table")["Location"]
    work_on_batches()
    page = client_.get(address).content.decode()
    assert "neither CSV, XLSX, JSON lines nor XARF" in page
    assert "Save it as CSV" in page


def test_starting_or_cancelling_too_late_is_told_on_the_page(client_: Client) -> None:
    """409 with the batch's present state, not an error page."""
    address = send(client_)["Location"]
    assert client_.post(f"{address}start/").status_code == 409
    assert client_.post(f"{address}cancel/").status_code == 302
    late = client_.post(f"{address}cancel/")
    assert late.status_code == 409
    assert "has moved on" in late.content.decode()


def test_a_file_that_its_keys_day_has_no_room_for_says_so_on_its_page(staff: Staff, client_: Client) -> None:
    """A file sent by the operator's program waits with the reason, and a person who starts it is told the same."""
    boss = staff.by_role[Role.SUPERVISOR]
    key = issue_officer_key(boss.person_id or 0, KeyTerms(per_day=1), actor=CLI)
    batch_id = submit_batch(NewBatch("laporan.csv", PLATFORM, CATEGORY, True, key.key_id), [ROWS], actor=boss).batch_id
    work_on_batches()
    address = f"/console/batches/{batch_id}/"
    assert "may send 1 reports and requests a day" in client_.get(address).content.decode()
    refused = client_.post(f"{address}start/")
    assert refused.status_code == 422
    assert "Split it into several files" in refused.content.decode()
    assert Batch.objects.get().state == "ready"


def test_rows_are_paged_and_odd_numbers_are_the_first_page(client_: Client) -> None:
    """Fifty rows a page; an invalid page number shows the first page."""
    bad = b"akun\n" + b"".join(b"@n%d:elsewhere.invalid\n" % number for number in range(60))
    address = send(client_, bad)["Location"]
    work_on_batches()
    first = client_.get(address).content.decode()
    assert 'href="?after=51"' in first
    second = client_.get(f"{address}?after=51").content.decode()
    assert second.count("does not look like an account") == 10
    for odd in ("abc", "99999999999999999999", "-1"):
        assert client_.get(f"{address}?after={odd}").status_code == 200
        assert client_.get(f"/console/batches/?before={odd}").status_code == 200


def test_a_flagger_and_an_officer_send_their_own(world: World, browser_of: Browser) -> None:
    """Each by their own page, and neither can open the other's file."""
    supervisors = browser_of(world.supervisor)
    ours = send(supervisors)["Location"]
    officers = browser_of(world.officer)
    theirs = send(officers)["Location"]
    assert theirs != ours
    work_on_batches()
    assert officers.post(f"{theirs}start/").status_code == 302
    work_on_batches()
    assert set(Report.objects.values_list("channel", "organisation", "officer")) == {
        ("police", world.officer.organisation_id, world.officer.person_id)
    }
    for client, address in ((officers, ours), (supervisors, theirs)):
        for place in ("", "refused.csv", "reports.csv"):
            assert client.get(f"{address}{place}").status_code == 404
        assert client.post(f"{address}cancel/").status_code == 404
