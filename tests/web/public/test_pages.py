"""Properties of all public pages: languages, hostile requests, safe headers."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils.translation import override
from tests.web.public.conftest import World
from tests.web.weight import overweight

from jaga.core.actors import CLI
from jaga.core.clock import frozen
from jaga.core.terms.people import HostKind, OrganisationKind
from jaga.figures.verbs.closing import close_periods, next_month
from jaga.people.verbs.people import claim_installation, create_organisation
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.web.strangers import dialled, span
from jaga.web.templatetags.jaga_tags import unbroken

PAGES = [
    "/",
    "/report/",
    "/follow/",
    "/key/",
    "/appeal/",
    "/figures/",
    "/figures/year/",
    "/operators/",
    "/policy/",
    "/about/",
    "/privacy/",
    "/accessibility/",
]


@pytest.mark.parametrize("path", [*PAGES, "/api/", "/watches/", "/privacy/ask/"])
def test_indonesian_is_the_default_whatever_the_browser_prefers(client: Client, world: World, path: str) -> None:
    """Many phones are sold set to English, so only the reader's own choice counts. No page is too heavy for an old
    one.
    """
    page = client.get(path, headers={"Accept-Language": "en"})
    assert page["Content-Language"] == "id"
    assert '<html lang="id">' in page.content.decode()
    client.cookies["jaga_language"] = "en"
    english = client.get(path)
    assert english["Content-Language"] == "en"
    assert english.content != page.content
    assert (overweight(page), overweight(english)) == (0, 0)


def test_the_switch_keeps_the_language_and_returns_to_the_page(client: Client, world: World) -> None:
    """A link is enough, without JavaScript or an account."""
    answer = client.get("/language/", {"to": "en", "next": "/figures/?a=1"})
    assert answer["Location"] == "/figures/?a=1"
    assert client.get("/figures/")["Content-Language"] == "en"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "javascript:x", "", "/\r\nX: y"]
)
def test_the_switch_leads_to_no_other_site(client: Client, world: World, target: str) -> None:
    """The switch is no open redirect."""
    location = client.get("/language/", {"to": "en", "next": target})["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert client.get("/language/", {"to": "xx"}).status_code == 404


@pytest.mark.parametrize(
    "path", [*PAGES, "/figures.csv", "/operators.csv", "/report/received/", "/language/", "/health/live"]
)
def test_no_hostile_request_is_a_fault(client: Client, world: World, path: str) -> None:
    """Wrong methods, NUL, broken text and odd encodings get 4xx."""
    for method in ("put", "delete", "patch", "options"):
        assert getattr(client, method)(path).status_code == 405
    assert client.get(path + "?a=%00").status_code == 400
    assert client.get(path + "?a=%ff%fe&next=%ff").status_code < 500
    assert client.get(path, headers={"Cookie": 'jaga_session="\\000abcdefgh"'}).status_code == 400
    for media in (
        "multipart/form-data",
        "multipart/form-data; boundary=x; charset=rot13",
        "text/plain; charset=hex",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/json",
        "x",
    ):
        assert client.generic("POST", path, b"\xff\x00{", content_type=media).status_code < 500


def test_a_body_larger_than_any_form_is_refused_unread(client: Client, world: World) -> None:
    """The Content-Length is enough to refuse it."""
    answer = client.generic("POST", "/report/", b"x", content_type="text/plain", CONTENT_LENGTH="99999999")
    assert answer.status_code == 413


def test_a_form_without_its_token_is_refused_with_a_remedy(world: World) -> None:
    """The message says what to do, in the reader's language."""
    answer = Client(enforce_csrf_checks=True).post("/report/", {"platform": "contoh"})
    assert answer.status_code == 403
    assert "form_too_old" in answer.content.decode()


def test_a_page_that_does_not_exist_says_so_with_its_code(client: Client, world: World) -> None:
    """Below /api/ the same refusal is problem details."""
    assert "not_found" in client.get("/tidak-ada").content.decode()
    api = client.get("/api/tidak-ada")
    assert api.status_code == 404
    assert api["Content-Type"].startswith("application/problem+json")


def test_a_fault_of_ours_shows_nothing_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a server error needs no database and reveals no secret."""
    monkeypatch.setattr("jaga.figures.public.figures.published", lambda: 1 / 0)
    answer = Client(raise_request_exception=False).get("/figures/")
    assert answer.status_code == 500
    assert "server_fault" in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_framing_and_foreign_scripts(client: Client, world: World, path: str) -> None:
    """The content policy of the settings is on every page without exceptions: scripts are separate files."""
    page = client.get(path)
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert re.sub(rb'<script src="/static/[a-z]+\.js" defer></script>', b"", page.content).count(b"<script") == 0
    assert b" style=" not in page.content


def test_the_policy_page_shows_hash_and_scope(client: Client, world: World) -> None:
    """A reader can look up the hash that decisions carry, and who may not be closed."""
    page = client.get("/policy/").content.decode()
    release = load_release()
    assert release.hash in page
    for category in release.categories:
        assert category.label.id in page


def test_figures_follow_and_page_and_csv_agree(client: Client, world: World) -> None:
    """The page and the CSV show what a closed month showed, and the chart has its table. Before that there is
    nothing.
    """
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    for number in range(12):
        world.report(account=f"@tipu-{number}:contoh.test", category="fraud", source=f"network:192.0.{number}.0/24")
    assert "Belum ada hari yang ditutup" in client.get("/figures/").content.decode()
    assert client.get("/figures.csv").content.splitlines()[1:] == []
    cache.clear()
    with frozen(datetime.combine(next_month(today()), time(23), UTC)):
        close_periods()
        page = client.get("/figures/").content.decode()
        rows = list(csv.DictReader(io.StringIO(client.get("/figures.csv").content.decode())))
    assert '<svg class="chart"' in page
    assert "10+" in page
    assert "Berakhir tanpa hasil" in page
    assert {
        "period": today().isoformat(),
        "figure": "reports_by_category",
        "key": "fraud",
        "at_least": "10",
        "unit": "reports",
    } in rows
    assert {
        "period": today().isoformat()[:7],
        "figure": "reports",
        "key": "",
        "at_least": "10",
        "unit": "reports",
    } in rows


def test_the_foot_names_who_runs_the_installation(client: Client, world: World) -> None:
    """If there are several operators, none is named."""
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    assert "Dikelola oleh Operator Contoh" in client.get("/").content.decode()
    cache.clear()
    create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    assert "Dikelola oleh" not in client.get("/").content.decode()


def test_the_practice_mark_is_on_every_page(client: Client, world: World, settings: object) -> None:
    """Invented figures must not be taken for real ones; a real installation has no such mark."""
    settings.PRACTICE = True  # type: ignore[attr-defined]
    assert "banner--practice" in client.get("/").content.decode()
    settings.PRACTICE = False  # type: ignore[attr-defined]
    assert "banner--practice" not in client.get("/").content.decode()


def test_numbers_of_helpers_are_dialled_at_one_touch_and_said_once(client: Client, world: World) -> None:
    """Telephone numbers are links, WhatsApp numbers open the chat, and a number in the name is not repeated."""
    page = client.get("/").content.decode()
    assert 'href="tel:110"' in page
    assert 'href="https://wa.me/628111129129"' in page
    assert page.count(">129<") == 0
    extension = next(service for service in load_release().services if service.contact == "119 ext. 8")
    assert dialled([extension]) == ()  # nobody has called it
    (helper,) = dialled([replace(extension, verified=True)])
    assert helper.name_href == ""
    assert all(way.href == "" for way in helper.numbers)


def test_a_helpline_that_nobody_called_is_shown_nowhere(client: Client, world: World) -> None:
    """Neither at the start nor for victims. Outside bodies, which the law names, keep their caution."""
    unchecked = {service.contact for service in load_release().services if not service.may_be_named}
    assert unchecked
    for page in (client.get("/"), client.get("/report/"), client.post("/report/", {"step": "child"})):
        assert not [contact for contact in unchecked if f">{contact}<" in page.content.decode()]
    assert all(body.caution for body in dialled(load_release().outside_bodies))


def test_a_code_in_a_letter_stays_on_one_line() -> None:
    """Whoever copies half of it cannot appeal; the rest of the letter is escaped as ever."""
    assert unbroken("Kode: 2345A-BCDEF-GHJKL-MNPQR & <b>") == (
        'Kode: <span class="nowrap">2345A-BCDEF-GHJKL-MNPQR</span> &amp; &lt;b&gt;'
    )


def test_the_footer_names_who_answers(client: Client, world: World, settings: Any) -> None:
    """Who runs this, contact, privacy and accessibility, one click away on every page."""
    settings.CONTACT = "jaga@contoh.test"
    page = client.get("/figures/").content.decode()
    for address in ("/about/", "/about/#contact", "/privacy/", "/accessibility/"):
        assert f'href="{address}"' in page
    assert 'href="mailto:jaga@contoh.test"' in client.get("/about/").content.decode()
    settings.CONTACT = "Jl. Contoh 1, Jakarta"
    assert "mailto:" not in client.get("/privacy/").content.decode()


def test_a_time_of_less_than_a_second_is_not_said_as_nothing() -> None:
    """`0 s` would look like an error."""
    with override("en"):
        assert span(timedelta(milliseconds=20)) == "< 1 s"
