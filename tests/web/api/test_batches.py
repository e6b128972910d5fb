"""Batch files by the API: the file is its own idempotency key, and callers cannot reach each other's files."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.api.conftest import Caller, World

from jaga.batches.jobs import work_on_batches
from jaga.batches.models import Batch
from jaga.cases.models.reports import Report
from jaga.exchange.rows import MAX_FILE
from jaga.web.middleware import LARGEST_BODY, LARGEST_FILE

CHOICE = "?platform=contoh&category=fraud"
ROWS = b"akun,nomor\n@satu:localhost,1\n@dua:elsewhere.invalid,2\n@tiga:localhost,3\n"


def send(caller: Caller, content: bytes = ROWS, query: str = CHOICE, kind: str = "text/csv", **headers: str) -> Any:
    sent_headers = {"Authorization": f"Bearer {caller.secret}", "Accept-Language": "en", **headers}
    return Client().post(f"/api/v1/batches{query}", content, content_type=kind, headers=sent_headers)


def test_a_file_goes_its_whole_way(world: World) -> None:
    """A file is sent as the body, inspected, previewed, started and followed; its lists are cursor pages and CSV."""
    sent = send(world.police, query=f"{CHOICE}&name=batch-7")
    assert (sent.status_code, sent.json()["state"], sent["Location"]) == (
        201,
        "received",
        f"/api/v1/batches/{sent.json()['batch_id']}",
    )
    address = f"/batches/{sent.json()['batch_id']}"
    work_on_batches()
    looked = world.police.get(address).json()
    assert {name: looked[name] for name in ("name", "state", "format", "rows", "good", "refused", "filed")} == {
        "name": "batch-7",
        "state": "ready",
        "format": "csv",
        "rows": 3,
        "good": 2,
        "refused": 1,
        "filed": 0,
    }
    rows = world.police.get(f"{address}/rows", **{"Accept-Language": "en"}).json()
    assert [(row["row"], row["errors"][0]["code"]) for row in rows["items"]] == [(3, "not_an_account")]
    assert world.police.post(f"{address}/start", {}).json()["state"] == "running"
    work_on_batches()
    assert world.police.get(address).json()["filed"] == 2
    assert b"elsewhere" in b"".join(world.police.get(f"{address}/refused.csv").streaming_content)
    assert len(b"".join(world.police.get(f"{address}/reports.csv").streaming_content).splitlines()) == 3
    assert world.police.get("/batches").json()["items"][0]["batch_id"] == looked["batch_id"]
    assert set(Report.objects.values_list("channel", "officer", "organisation")) == {
        ("police", world.police.person_id, world.police.actor.organisation_id)
    }
    late = world.police.post(f"{address}/cancel", {})
    assert (late.status_code, late.json()["code"]) == (409, "batch_moved_on")


def test_the_same_file_again_is_the_same_batch(world: World) -> None:
    """As a body or as a form's file, with or without an Idempotency-Key: 200, and nothing is filed twice."""
    first = send(world.police, query=f"{CHOICE}&start=true")
    work_on_batches()
    form = Client().post(
        f"/api/v1/batches{CHOICE}&start=true",
        {"file": SimpleUploadedFile("b.csv", ROWS)},
        headers={"Authorization": f"Bearer {world.police.secret}"},
    )
    again = send(world.police, query=f"{CHOICE}&start=true", **{"Idempotency-Key": "a-1"})
    work_on_batches()
    assert (first.status_code, form.status_code, again.status_code) == (201, 200, 200)
    assert {answer.json()["batch_id"] for answer in (first, form, again)} == {Batch.objects.get().pk}
    assert Report.objects.count() == 2


def test_nobody_reaches_anothers_file(world: World) -> None:
    """A colleague gets 404 too, whether the file exists or not."""
    batch_id = send(world.police).json()["batch_id"]
    assert send(world.colleague).json()["batch_id"] != batch_id
    for other in (world.colleague, world.ministry):
        for path in ("", "/rows", "/refused.csv", "/reports.csv"):
            assert other.get(f"/batches/{batch_id}{path}").status_code == 404
        for path in ("/start", "/cancel"):
            assert other.post(f"/batches/{batch_id}{path}", {}).status_code == 404
    assert world.ministry.get("/batches").json()["items"] == []


@pytest.mark.parametrize(
    ("content", "query", "kind", "status", "code"),
    [
        (b"", CHOICE, "text/csv", 422, "no_rows"),
        (ROWS, "?platform=nirgends", "text/csv", 422, "invalid_input"),
        (ROWS, "?start=perhaps", "text/csv", 422, "invalid_input"),
        (b"--x\r\n\r\n--x--", "", "multipart/form-data; boundary=x", 422, "invalid_input"),
        (b"x", "", "multipart/form-data", 400, "not_readable"),
    ],
)
def test_hostile_calls_are_problems(
    world: World, content: bytes, query: str, kind: str, status: int, code: str
) -> None:
    """No hostile call causes a server error, and nothing is stored."""
    answer = send(world.police, content, query, kind)
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
        status,
        "application/problem+json",
        code,
    )
    assert Batch.objects.count() == 0


def test_a_file_that_was_cut_off_or_is_too_large_is_not_taken(world: World) -> None:
    """A body shorter than its Content-Length, or one announced larger than the limit, is refused."""
    headers_of_police = {"headers": {"Authorization": f"Bearer {world.police.secret}"}}
    cut = Client().generic(
        "POST",
        f"/api/v1/batches{CHOICE}",
        ROWS,
        "text/csv",
        CONTENT_LENGTH=str(len(ROWS) + 5),
        **{"wsgi.input": BytesIO(ROWS)},
        **headers_of_police,
    )
    assert (cut.status_code, cut.json()["code"]) == (422, "damaged")
    large = Client().generic(
        "POST", f"/api/v1/batches{CHOICE}", b"x", "text/csv", CONTENT_LENGTH=str(LARGEST_FILE + 1), **headers_of_police
    )
    assert large.status_code == 413
    keyed = Client().generic(
        "POST",
        "/api/v1/batches",
        b"x",
        "text/csv",
        CONTENT_LENGTH=str(LARGEST_BODY + 1),
        headers={**headers_of_police["headers"], "Idempotency-Key": "a-2"},
        **{"wsgi.input": BytesIO(ROWS)},
    )
    assert (keyed.status_code, keyed.json()["code"]) == (422, "key_and_large_file")
    assert Batch.objects.count() == 0
    assert MAX_FILE < LARGEST_FILE
