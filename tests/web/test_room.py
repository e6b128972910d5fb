"""When the disk is nearly full no new data is accepted, and people can go on with existing data."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories import make_world

from jaga.cases.models.reports import Report


@pytest.fixture
def short(settings: Any) -> Any:
    """Less space is free than is required."""
    settings.JAGA_LEAST_FREE = 10**18
    return settings


@pytest.mark.parametrize(("language", "words"), [("id", "tidak kami simpan"), ("en", "was not stored")])
def test_a_report_is_refused_in_the_readers_language_before_it_is_acknowledged(
    db: None, client: Client, short: Any, language: str, words: str
) -> None:
    """The message has the time to come back; with enough space the report is accepted."""
    make_world()
    client.cookies[short.LANGUAGE_COOKIE_NAME] = language
    refused = client.post("/report/", {"step": "what"})
    assert refused.status_code == 503
    assert words in refused.content.decode()
    assert "112" in refused.content.decode()
    assert int(refused["Retry-After"]) > 0
    assert not Report.objects.exists()
    short.JAGA_LEAST_FREE = 1
    assert client.post("/report/", {"step": "what"}).status_code != 503


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/reports", "application/json"),
        ("/api/v1/orders", "application/json"),
        ("/api/v1/requests", "application/json"),
        ("/api/v1/batches", "text/csv"),
        ("/hooks/obrolan/", "application/json"),
        ("/appeal/", "application/x-www-form-urlencoded"),
        ("/follow/report/", "application/x-www-form-urlencoded"),
        ("/console/flags/new/", "application/x-www-form-urlencoded"),
        ("/console/orders/new/", "application/x-www-form-urlencoded"),
    ],
)
def test_every_way_in_is_closed(db: None, client: Client, short: Any, path: str, kind: str) -> None:
    """API clients get problem details with the same code."""
    refused = client.generic("POST", path, b"{}", content_type=kind)
    assert refused.status_code == 503
    if path.startswith("/api/"):
        assert refused.json()["code"] == "no_room"
    assert int(refused["Retry-After"]) > 0


def test_no_file_is_taken_anywhere(db: None, client: Client, short: Any) -> None:
    """Files are refused before they are read, so that a temporary copy does not fill the disk."""
    file = SimpleUploadedFile("daftar.csv", b"x" * 100, "text/csv")
    assert client.post("/console/batches/", {"file": file}).status_code == 503


def test_people_go_on_with_what_is_here(db: None, client: Client, short: Any) -> None:
    """Pages open, receipts work, and signing in works."""
    assert client.get("/report/").status_code == 200
    form = "application/x-www-form-urlencoded"
    assert client.post("/follow/", f"receipt={'0' * 16}", content_type=form).status_code != 503
    assert client.post("/console/sign-in/", "username=sinta&password=salah", content_type=form).status_code == 200
