"""The form's pages over HTTP: help first, what the pages carry over, the victim's form, limits."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.originals import all_originals
from tests.web.public.conftest import PNG, World

from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.core.actors import CLI
from jaga.core.platforms import Capabilities
from jaga.core.terms.reports import FilingPriority, ReportRoute
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.policy.release import load_release
from jaga.reporting.public import report as pages
from jaga.reporting.public.form import ENTRANCES, TooManyReports, count_one
from jaga.store.reads import ListedPlatform

Form = Callable[..., dict[str, Any]]
EXPORT = (
    b"25/11/26 21.05 - Sari: pesan pertama\n25/11/26 21.06 - Budi: pesan kedua\n25/11/26 21.07 - Sari: pesan ketiga\n"
)


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, f"no {name} on the page"
    return found[1]


def test_the_form_names_help_first_and_a_way_out(client: Client, world: World) -> None:
    """Crisis numbers are above the first choice, the victim's form above all others, and the exit link sends no
    referrer.
    """
    page = client.get("/report/").content.decode()
    assert page.index("110") < page.index("<form") < page.index('value="shown"') < page.index('name="category"')
    assert 'rel="noreferrer noopener"' in page
    for category in load_release().offered_categories():  # one for certain apps only where one of them is there
        assert (f'value="{category.key}"' in page) == (category.only_on is None)


def test_the_first_page_leads_to_the_second_and_back_with_all_words(client: Client, form: Form) -> None:
    """Nothing is stored on the server: the text travels with the form, and nothing is filed on the way."""
    words = form(text="Kata <saya>", name="Ani", contact="ani@contoh.test", share_identity="yes")
    second = client.post("/report/", {**words, "page": "choose", "step": "next"}).content.decode()
    assert "Kata &lt;saya&gt;" in second
    first = client.post("/report/", {**words, "page": "details", "step": "back"}).content.decode()
    assert value_of(first, "page") == "choose"
    assert value_of(first, "contact") == "ani@contoh.test"
    assert "checked" in first[first.index('value="prostitution_advertising"') :][:60]
    assert not Report.objects.exists()


def test_both_choices_of_the_first_page_are_asked_for(client: Client, world: World) -> None:
    """With several apps none is preselected; each missing choice has its message and link."""
    operator = Platform.objects.get().operator_id
    register_platform(NewPlatform("lain", "Obrolan Lain", operator, "lain.test", Capabilities("prosody")), actor=CLI)
    assert "checked" not in client.get("/report/").content.decode()
    answer = client.post("/report/", {"page": "choose", "step": "next"})
    assert answer.status_code == 422
    assert 'href="#platform"' in answer.content.decode()
    assert 'href="#category"' in answer.content.decode()


def test_the_language_changes_without_losing_a_word(client: Client, form: Form) -> None:
    """One tap, remembered on the device; an unknown language changes nothing."""
    answer = client.post("/report/", {**form(text="Kata saya"), "page": "details", "step": "to-en"})
    assert answer["Content-Language"] == "en"
    assert '<html lang="en">' in answer.content.decode()
    assert "Kata saya" in answer.content.decode()
    assert client.get("/report/")["Content-Language"] == "en"
    assert client.post("/report/", {"step": "to-xx"})["Content-Language"] == "en"
    assert not Report.objects.exists()


def test_each_kind_of_app_says_where_an_account_is_found(world: World) -> None:
    """By the policy release, in both languages; an unknown kind of app has the general text."""
    known = ListedPlatform("a", "A", "synapse", "contoh.test")
    assert "@nama:contoh.test" in pages._hint(known)
    adapters = ("synapse", "prosody", "ozone", "hook", "portal")
    assert len({pages._hint(replace(known, adapter=adapter)) for adapter in adapters}) == 4


@pytest.mark.parametrize(
    "pasted",
    [
        "@akun:contoh.test",
        "https://matrix.to/#/@akun:contoh.test",
        "Profil\n@akun:contoh.test\nDaring 5 menit lalu",
        "akunnya (@akun:contoh.test).",
    ],
)
def test_an_account_is_found_however_it_is_pasted(client: Client, form: Form, pasted: str) -> None:
    """A handle, a link or QR text, or the text of a screenshot with the account in it."""
    client.post("/report/", form(account=pasted))
    assert Report.objects.get().subject.account_id == "@akun:contoh.test"


def test_two_accounts_in_one_text_are_not_guessed_between(client: Client, form: Form) -> None:
    """The form asks, because reporting the wrong account is worse than a question."""
    assert client.post("/report/", form(account="@satu:contoh.test @dua:contoh.test")).status_code == 422


@pytest.mark.parametrize("key", list(ENTRANCES))
def test_the_victims_route_shows_help_and_nothing_that_exposes(client: Client, world: World, key: str) -> None:
    """Help above the form, a neutral title, no caching, no field for a name, no file upload."""
    answer = client.post("/report/", {"page": "choose", "step": key})
    page = answer.content.decode()
    assert page.index('href="tel:110"') < page.index("<form")
    assert "<title>Jaga</title>" in page
    assert "no-store" in answer["Cache-Control"]
    for name in ("name", "contact", "screenshots", "chat", "good_faith"):
        assert f'name="{name}"' not in page
    assert "data-draft" not in page


@pytest.mark.parametrize(
    ("key", "category"), [(key, category) for key, entrance in ENTRANCES.items() for category in entrance.categories()]
)
def test_a_victims_report_is_urgent_and_nameless(client: Client, form: Form, key: str, category: str) -> None:
    """Each choice is a category of the release; a name or a file that is sent anyway is ignored."""
    shot = SimpleUploadedFile("layar.png", PNG, content_type="image/png")
    client.post(
        "/report/",
        form(
            page=key,
            category=category,
            name="Ani",
            contact="ani@contoh.test",
            screenshots=[shot],
            picked="25/11 Sari: x",
            device_hashes="a" * 64 + " x",
            capacity="pictured",
        ),
    )
    report = Report.objects.get()
    assert (report.category, report.route, report.priority) == (category, ReportRoute.VICTIM, FilingPriority.URGENT)
    assert not ReporterIdentity.objects.exists()
    assert not any(b"invented pixels" in content for content in all_originals())


def test_the_victims_route_takes_only_its_own_categories(client: Client, form: Form) -> None:
    """Other categories cannot use its priority."""
    answer = client.post("/report/", form(page="child", category="fraud"))
    assert answer.status_code == 422
    assert not Report.objects.exists()


def test_where_people_may_act_is_said_honestly(client: Client, world: World) -> None:
    """The form says that an account can be closed for exactly those choices where the policy allows a closure."""
    release = load_release()
    for happening in ENTRANCES["shown"].happenings:
        closable = "close" in release.allowed_decisions(happening.category)
        assert closable == ("do not let us close" not in happening.more)


def test_child_safety_asks_for_no_contact_and_no_picture(client: Client, form: Form) -> None:
    """On the ordinary form too."""
    page = client.post("/report/", form(category="child_protection", page="choose", step="next")).content.decode()
    for name in ("name", "contact", "screenshots"):
        assert f'name="{name}"' not in page


def test_a_network_that_sends_too_much_is_told_how_long_to_wait(client: Client, form: Form, settings: Any) -> None:
    """429 with the time, and all text kept; other networks and the victim's form still work."""
    settings.JAGA_REPORTS_PER_MINUTE = 1
    statuses = [client.post("/report/", form()).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    refused = client.post("/report/", form(text="Kata saya"))
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Kata saya" in refused.content.decode()
    assert "Tunggu" in refused.content.decode()
    assert client.post("/report/", form(), REMOTE_ADDR="198.51.100.9").status_code == 302
    assert client.post("/report/", form(page="child", category="child_protection")).status_code == 302
    assert Report.objects.count() == 4


def test_the_victims_bucket_is_its_own_and_four_times_as_large(settings: Any) -> None:
    """The victim's form has its own limit, four times as large, so a flood there ends too, but later."""
    settings.JAGA_REPORTS_PER_MINUTE = 1
    for _ in range(8):
        count_one("a", victims=True)
    with pytest.raises(TooManyReports):
        count_one("a", victims=True)
    count_one("a", victims=False)
    settings.JAGA_REPORTS_PER_MINUTE = 0
    for _ in range(50):
        count_one("a", victims=False)


def test_picked_messages_alone_are_kept(client: Client, form: Form, settings: Any) -> None:
    """The export is shown once; ticked lines are stored, and the file itself is neither on disk nor in a table."""
    upload = SimpleUploadedFile("chat.txt", EXPORT, content_type="text/plain")
    page = client.post("/report/", form(page="details", step="read", words="sari", chat=upload)).content.decode()
    lines = re.findall(r'name="picked" value="([^"]+)"', page)
    assert lines == ["25/11/26 21.05 Sari: pesan pertama", "25/11/26 21.07 Sari: pesan ketiga"]
    assert not Report.objects.exists()
    client.post("/report/", form(page="details", step="send", picked=lines[1]))
    kept = all_originals()
    assert Evidence.objects.count() == 1
    assert any(b"pesan ketiga" in content for content in kept)
    assert not any(b"pesan pertama" in content or b"pesan kedua" in content for content in kept)


@pytest.mark.parametrize(
    ("chat", "words", "field"),
    [
        (b"bukan ekspor", "", "chat"),
        (b"PK\x03\x04", "", "chat"),
        (b"", "", "chat"),
        (EXPORT, "tidak ada", "words"),
        (b"x" * (6 * 1024 * 1024), "", "chat"),
    ],
)
def test_a_file_that_is_no_export_says_what_to_do(
    client: Client, form: Form, chat: bytes, words: str, field: str
) -> None:
    """Beside its field, with everything else that was typed."""
    upload = SimpleUploadedFile("chat.txt", chat, content_type="text/plain")
    answer = client.post("/report/", form(page="details", step="read", words=words, chat=upload, text="Kata saya"))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert "Kata saya" in answer.content.decode()


def test_each_read_of_a_chat_counts_as_a_report(client: Client, form: Form, settings: Any) -> None:
    """Reading a chat costs more than filing, so the network's limit applies to it, with the same answer and all text
    kept.
    """
    settings.JAGA_REPORTS_PER_MINUTE = 1

    def read() -> Any:
        upload = SimpleUploadedFile("chat.txt", EXPORT, content_type="text/plain")
        return client.post("/report/", form(page="details", step="read", chat=upload, text="Kata saya"))

    assert [read().status_code for _ in range(3)] == [200, 200, 429]
    refused = read()
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Kata saya" in refused.content.decode()
    assert "Tunggu" in refused.content.decode()
    assert client.post("/report/", form()).status_code == 429


def test_a_large_chat_never_touches_a_disk(client: Client, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default Django writes uploads above 2 MB to a temporary file."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a chat export was written to a disk")

    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", refuse)
    upload = SimpleUploadedFile("chat.txt", EXPORT * 30_000, content_type="text/plain")
    assert client.post("/report/", form(page="details", step="read", chat=upload)).status_code == 200


def test_the_form_asks_for_its_token(world: World) -> None:
    """The form has its own upload handling, and CSRF protection still applies."""
    answer = Client(enforce_csrf_checks=True).post("/report/", {"platform": "contoh"})
    assert answer.status_code == 403
