"""The form in a real browser: on a small phone, with and without JavaScript, in both languages."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from playwright.sync_api import Page
from tests.journeys.browser import Walk, Weight, browsing, walking
from tests.originals import all_originals
from tests.web.public.conftest import PNG, World

from jaga.cases.models.reports import Report
from jaga.core.terms.reports import FilingPriority, ReportRoute
from jaga.reporting.public import report
from jaga.reporting.public.form import ReportFormData

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALL = {"width": 320, "height": 640}
HEAVIEST = 50_000
Browse = Callable[..., AbstractContextManager[Walk]]


@pytest.fixture
def walk(chromium: str, chromium_arguments: list[str], live_server: Any, world: World) -> Browse:
    """Somebody on a small phone with a separate browser; any error on a page fails the test."""

    @contextmanager
    def go(**context: Any) -> Iterator[Walk]:
        with (
            browsing(chromium, chromium_arguments) as browser,
            walking(browser, live_server.url, viewport=SMALL, **context) as phone,
        ):
            yield phone

    return go


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server receives of the sent forms: every field and file, as text."""
    seen: list[str] = []
    read = report.read

    def reading(request: HttpRequest) -> ReportFormData:
        files = {name: [file.read() for file in request.FILES.getlist(name)] for name in request.FILES}
        seen.append(f"{dict(request.POST.lists())} {files}")
        for name in files:
            for file in request.FILES.getlist(name):
                file.seek(0)
        return read(request)

    monkeypatch.setattr(report, "read", reading)
    return seen


def choose(page: Page, category: str = "fraud") -> None:
    """Choose on the first page."""
    page.goto("/report/")
    page.check(f"[value={category}]")
    page.check("[name=platform]")
    page.click("main [value=next]")


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_whole_form_without_a_script(walk: Browse, language: str) -> None:
    """Two pages, the language by one tap; errors and a change of language keep the text; all of it passes axe at 320
    px.
    """
    with walk(java_script_enabled=False) as phone:
        page = phone.page
        page.goto("/report/")
        if language == "en":
            page.click("[value=to-en]")
        assert page.get_attribute("html", "lang") == language
        phone.look()
        page.check("[value=fraud]")
        page.check("[name=platform]")
        page.click("main [value=next]")
        for closed in page.locator("summary").all():
            closed.click()
        phone.look()
        page.fill("#text", "Minta uang muka, lalu hilang.")
        page.fill("#account", "Profil @penipu:contoh.test Daring")
        other = "id" if language == "en" else "en"
        page.click(f"[value=to-{other}]")
        assert page.get_attribute("html", "lang") == other
        page.click(f"[value=to-{language}]")
        assert page.input_value("#text") == "Minta uang muka, lalu hilang."
        page.press("#account", "Enter")
        page.wait_for_url("**/report/received/")
        phone.look()
        assert re.search(r"\d{4} \d{4} \d{4} \d{4}", page.inner_text(".code"))
        assert not page.locator("[data-copy]").is_visible()
    filed = Report.objects.get()
    assert (filed.subject.account_id, filed.category, filed.language) == ("@penipu:contoh.test", "fraud", language)
    assert filed.priority == FilingPriority.ORDINARY


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_victims_route_without_a_script(walk: Browse, language: str) -> None:
    """One tap to help; no name, no file; a neutral title; urgent."""
    with walk(java_script_enabled=False) as phone:
        page = phone.page
        page.goto("/report/")
        if language == "en":
            page.click("[value=to-en]")
        page.click("[value=shown]")
        phone.look()
        assert page.title() == "Jaga"
        assert page.locator("input[type=file]:visible, [name=name], [name=contact]").count() == 0
        page.check("[value=extortion]")
        page.check("[name=platform]")
        page.fill("#account", "@pemeras:contoh.test")
        page.click("main [value=send]")
        page.wait_for_url("**/report/received/")
        phone.look()
        assert page.title() == "Jaga"
    filed = Report.objects.get()
    assert (filed.route, filed.priority, filed.category) == (ReportRoute.VICTIM, FilingPriority.URGENT, "extortion")


def test_a_draft_outlives_a_lost_connection_and_nothing_else(walk: Browse) -> None:
    """It returns when the page is opened again; sending or leaving quickly deletes it; a victim's draft is never
    kept.
    """
    with walk() as phone:
        page = phone.page
        kept = "localStorage.getItem('jaga-draft')"
        choose(page)
        page.fill("#text", "Sudah saya ketik.")
        page.context.set_offline(True)
        page.click("main [value=send]")
        page.locator("[data-offline]").wait_for()
        phone.complaints[:] = [one for one in phone.complaints if "ERR_INTERNET_DISCONNECTED" not in one]
        page.context.set_offline(False)
        page.goto("/report/")
        assert page.locator("[data-restored]").is_visible()
        assert page.locator("[value=fraud]").is_checked()
        page.click("main [value=next]")
        assert page.input_value("#text") == "Sudah saya ketik."
        page.fill("#account", "@penipu:contoh.test")
        page.click("main [value=send]")
        page.wait_for_url("**/report/received/")
        assert page.evaluate(kept) is None
        assert page.locator("[data-print]").is_visible()
        page.goto("/report/")
        page.click("[value=shown]")
        page.fill("#text", "Jangan simpan ini.")
        assert page.evaluate(kept) is None
        choose(page)
        page.fill("#text", "Pergi cepat.")
        assert "Pergi cepat." in page.evaluate(kept)
        page.route("https://www.bmkg.go.id/**", lambda route: route.fulfill(body="cuaca"))
        page.click(".exit a")
        page.wait_for_url("https://www.bmkg.go.id/")
        page.goto("/report/")
        assert page.evaluate(kept) is None
        assert not page.locator("[data-restored]").is_visible()


def test_pictures_stay_on_the_device_and_their_fingerprints_are_sent(
    walk: Browse, arrived: list[str], tmp_path: Path
) -> None:
    """In the victim's form a script computes the standard SHA-256; no byte of the picture is sent."""
    pictures = []
    for number, content in enumerate((PNG, b"", bytes(range(256)) * 300 + b"x" * 55)):
        pictures.append(tmp_path / f"{number}.png")
        pictures[-1].write_bytes(content)
    with walk() as phone:
        page = phone.page
        page.goto("/report/")
        page.click("[value=child]")
        page.set_input_files("#on-device", pictures)
        page.wait_for_selector("#on-device-status:text('3')")
        hashes = page.input_value("[name=device_hashes]").split()
        page.check("[name=platform]")
        page.fill("#account", "@lain:contoh.test")
        page.click("main [value=send]")
        page.wait_for_url("**/report/received/")
    assert set(hashes) == {sha256(picture.read_bytes()).hexdigest() for picture in pictures}
    assert hashes[0] in arrived[-1]
    assert not any("invented pixels" in form for form in arrived)
    assert Report.objects.get().category == "child_protection"


@pytest.mark.parametrize("kind", ["result.json", "chat.txt"])
@pytest.mark.parametrize("scripted", [True, False])
def test_messages_are_picked_and_the_rest_is_not_kept(
    walk: Browse, arrived: list[str], tmp_path: Path, settings: Any, scripted: bool, kind: str
) -> None:
    """Only ticked lines are stored; with JavaScript, the others do not leave the device."""
    export = tmp_path / kind
    words = [f"baris rahasia {number}" for number in range(5)]
    export.write_text(
        json.dumps({"messages": [{"from": "Sari", "text": [text], "date": "2026-11-25T10:00:00"} for text in words]})
        if kind.endswith("json")
        else "".join(f"25/11/26 21.05 - Sari: {text}\nlanjut\n" for text in words)
    )
    with walk(java_script_enabled=scripted) as phone:
        page = phone.page
        choose(page)
        page.fill("#account", "@penipu:contoh.test")
        page.click("summary >> nth=0")
        page.set_input_files("#chat", export)
        if not scripted:
            page.click("[value=read]")
        page.check("[name=picked] >> nth=3")
        if scripted:
            page.fill("#words", "rahasia 1")
            assert page.locator("[name=picked]").count() == 2
        phone.look()
        page.click("main [value=send]")
        page.wait_for_url("**/report/received/")
    kept = [content.decode() for content in all_originals()]
    assert any("baris rahasia 3" in text for text in kept)
    left = [word for word in words if "3" not in word]
    assert not any(word in text for word in left for text in kept)
    assert scripted != any(word in form for word in left for form in arrived)


@pytest.mark.parametrize("scripted", [True, False])
def test_both_pages_weigh_little(walk: Browse, scripted: bool) -> None:
    """Both pages with styles, picture and scripts: at most 50 kB over the network, with headers."""
    with walk(java_script_enabled=scripted) as phone:
        weight = Weight(phone.page)
        choose(phone.page)
        phone.page.wait_for_load_state("networkidle")
        print(f"both pages, {'with' if scripted else 'without'} scripts: {weight.bytes} bytes")
        assert weight.answers >= 3
        assert weight.bytes <= HEAVIEST


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_privacy_notice_without_a_script(walk: Browse, language: str) -> None:
    """With all of its folds open it passes axe, and no table is cut at 320 px."""
    with walk(java_script_enabled=False) as phone:
        page = phone.page
        page.goto(f"/language/?to={language}&next=/privacy/")
        assert page.get_attribute("html", "lang") == language
        for closed in page.locator("summary").all():
            closed.click()
        phone.look()
        cut = page.evaluate("[...document.querySelectorAll('.table-wrap')].map(it => it.scrollWidth - it.clientWidth)")
        assert len(cut) >= 4
        assert set(cut) == {0}
