"""Pictures, letters and reporters' names on the case page: hidden at first, and each opening is recorded."""

import re
from collections.abc import Callable

from django.test import Client
from tests.casework.screening.test_pictures import draw_all, let_take_effect, shot
from tests.factories import World, in_review, new_request, rows
from tests.screening.drawn import grey, packed, pixels

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.screening.images.pdq import pdq
from jaga.signals.jobs import hash_waiting_pictures
from jaga.signals.verbs import triage
from jaga.signals.verbs.image_hashes import NewHashList, import_hash_list
from jaga.store.models import LedgerEntry

Open = Callable[[Actor], Client]


def address(case_id: int, rest: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{rest}"


def token(page: str) -> str:
    """The lease token of the form."""
    found = re.search(r'name="lease" value="(\w+)"', page)
    assert found, "the page has no form for whoever holds the case"
    return found[1]


def test_a_picture_is_asked_about_then_drawn_then_opened(world: World, browser_of: Open) -> None:
    """The page asks, draws a copy for one person, and serves it uncached; it has no page of its own."""
    case_id = in_review(screenshots=(shot(),), text="open BO")
    client, other = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    (picture,) = Evidence.objects.filter(kind="screenshot")
    image = address(case_id, f"pictures/{picture.pk}/")
    page = client.get(address(case_id)).content.decode()
    assert "until then nobody sees one" in page
    assert "No sign of a minor" not in page
    client.post(address(case_id, "take/"))
    page = client.get(address(case_id)).content.decode()
    assert "No sign of a minor" in page
    assert client.get(image).status_code == 409
    fields = {"answer": "no_sign", "lease": token(page)}
    assert other.post(address(case_id, "youth-check/"), fields).status_code == 409
    assert client.post(address(case_id, "youth-check/"), {**fields, "answer": "perhaps"}).status_code == 404
    assert client.post(address(case_id, "youth-check/"), fields).status_code == 302
    assert client.post(address(case_id, "youth-check/"), fields).status_code == 409
    page = client.get(address(case_id)).content.decode()
    assert "a copy is being drawn" in page
    asks = f'fx-action="{address(case_id, "pictures/")}"'
    assert asks in page  # the section asks for itself until the copy is there
    assert asks in client.get(address(case_id, "pictures/")).content.decode()
    assert client.post(image + "open/").status_code == 409
    draw_all()
    section = client.get(address(case_id, "pictures/")).content.decode()
    assert "Open the picture" in section
    assert "fx-action" not in section
    page = client.get(address(case_id)).content.decode()
    assert "Open the picture" in page
    assert "<img" not in page
    assert client.post(image + "open/").status_code == 302
    before = rows() | {"records_exposure": ""}
    page, file = client.get(address(case_id)).content.decode(), client.get(image)
    assert rows() | {"records_exposure": ""} == before  # only opening writes; how long one looks is counted
    assert f'<img src="{image}"' in page
    assert (file.status_code, file["Content-Type"], file["Cache-Control"]) == (200, "image/webp", "no-store")
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in file["Content-Security-Policy"]
    assert other.get(image).status_code == 409
    assert "<img" not in other.get(address(case_id)).content.decode()
    assert LedgerEntry.objects.filter(verb="open_picture").count() == 1


def test_any_sign_closes_them_on_every_page(world: World, browser_of: Open) -> None:
    """If the answer says that a child may be shown: no picture, no text, and no way to open them again."""
    case_id = in_review(screenshots=(shot(),), text="open BO")
    client = browser_of(world.reviewers[0])
    client.post(address(case_id, "take/"))
    html = {"answer": "may_be_minor", "lease": token(client.get(address(case_id)).content.decode())}
    assert client.post(address(case_id, "youth-check/"), html).status_code == 302
    page = client.get(address(case_id)).content.decode()
    assert "in ten seconds this is for ever" in page
    assert client.post(address(case_id, "youth-check/undo/")).status_code == 302
    assert client.post(address(case_id, "youth-check/undo/")).status_code == 409
    assert "No sign of a minor" in client.get(address(case_id)).content.decode()
    assert client.post(address(case_id, "youth-check/"), html).status_code == 302
    assert "HX-Refresh" not in client.get(address(case_id, "pictures/?answered=1"))
    assert let_take_effect(case_id) == 1
    assert client.get(address(case_id, "pictures/?answered=1"))["HX-Refresh"] == "true"
    page = client.get(address(case_id)).content.decode()
    assert "stay closed to everyone" in page
    assert "open BO" not in page
    assert "No sign of a minor" not in page


def test_a_letter_is_only_ever_downloaded(world: World, browser_of: Open) -> None:
    """By a form, as a file; a letter of another case, or one that is closed, gets 404."""
    filed = requests.file_request(new_request(), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    other = in_review(account="@lain:localhost")
    client, letter = browser_of(world.reviewers[0]), Evidence.objects.get(kind="letter")
    assert "Download the letter (PDF)" in client.get(address(filed.case_id)).content.decode()
    file = client.post(address(filed.case_id, f"letters/{letter.pk}/"))
    assert (file.status_code, file["Content-Type"]) == (200, "application/pdf")
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Cache-Control"] == "no-store"
    assert client.get(address(filed.case_id, f"letters/{letter.pk}/")).status_code == 405
    assert client.post(address(other, f"letters/{letter.pk}/")).status_code == 404
    Case.objects.filter(pk=filed.case_id).update(victim_first=True, victim_state="proposed")
    assert client.post(address(filed.case_id, f"letters/{letter.pk}/")).status_code == 409
    assert "Download the letter" not in client.get(address(filed.case_id)).content.decode()


def test_a_name_is_opened_by_a_supervisor_for_a_reason(world: World, browser_of: Open) -> None:
    """Shown once, uncached, with a ledger entry; on no other page, and to no reviewer."""
    case_id = in_review(name="Ani Pelapor", contact="ani@contoh.test")
    report_id = Case.objects.get(pk=case_id).reports.get().pk
    reviewer, supervisor = browser_of(world.reviewers[0]), browser_of(world.supervisor)
    identity_address = address(case_id, f"reports/{report_id}/identity/")
    assert "identity/" not in reviewer.get(address(case_id)).content.decode()
    assert reviewer.post(identity_address, {"why": "danger"}).status_code == 403
    page = supervisor.get(address(case_id)).content.decode()
    assert identity_address in page
    assert "Ani Pelapor" not in page
    assert 'value="agreed"' not in page
    for wrong in ({}, {"why": "curiosity"}):
        assert supervisor.post(identity_address, wrong).status_code == 404
    assert supervisor.post(identity_address, {"why": "agreed"}).status_code == 422
    assert supervisor.post(address(case_id, f"reports/{report_id + 1}/identity/"), {"why": "danger"}).status_code == 404
    assert not LedgerEntry.objects.filter(verb="open_identity").exists()
    shown = supervisor.post(identity_address, {"why": "danger"})
    assert "Ani Pelapor" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert LedgerEntry.objects.filter(verb="open_identity").count() == 1
    history = supervisor.get(address(case_id)).content.decode()
    assert "A supervisor looked at who reported. Reason: somebody is in danger." in history
    assert "Ani Pelapor" not in history


def test_what_a_picture_is_the_same_as_stands_beside_it(world: World, browser_of: Open) -> None:
    """A sentence with the number of differing bits, while the picture itself is still hidden."""
    known = pixels(21, 300, 200)
    import_hash_list(NewHashList("Daftar A", "", "gambling", pdq(grey(known)).hashes[0].tobytes()), actor=CLI)
    first = in_review(screenshots=(Upload(packed(known, "PNG")),))
    later = in_review(
        account="@lain:localhost", screenshots=(Upload(packed(known[::-1].copy(), "PNG")),), source="198.51.100.0"
    )
    hash_waiting_pictures()
    page = browser_of(world.reviewers[0]).get(address(later)).content.decode()
    assert re.search(r"This picture is on the list “Daftar A” \(Gambling[^)]*\): \d+ of 256 bits", page)
    assert re.search(rf'The same picture as in case <a href="{address(first)}">K{first:06d}</a>: \d+ of 256 bits', page)
    assert "It is turned or mirrored." in page
    assert "<img" not in page
    assert LedgerEntry.objects.filter(verb="hash_picture").count() == 2
