"""Each form stores once, even if sent twice by a double click, the back button or a second window, in any browser.

Every address that takes a form is found by inspection. It repeats the first answer, or is listed in `once.REPEATS` with
the reason why repeating is harmless.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, in_review, new_request, report, resolved_closure
from tests.web.console.conftest import PASSWORD, Staff, browser_of, staff, world

from jaga.appeals.models import Appeal, Disclosure
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import CaseLabel, LinkedAccount
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import Conflict
from jaga.core.terms.people import Role
from jaga.operators.models import NoticeEntry, Objection
from jaga.operators.verbs import notices
from jaga.people.models import OfficerKey
from jaga.queue.models import CaseNote
from jaga.reporting.models import ReportMessage
from jaga.reporting.public.visit import COOKIE as VISIT
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code, open_visit
from jaga.store.kernel import once as repeatable_forms
from jaga.store.models import SentForm
from jaga.web.once import REPEATS, TOKEN, OnceMiddleware, once

__all__ = ["browser_of", "staff", "world"]
SECRET = "s" * 32
NOT_OURS = ("api/", "hooks/", "health/")  # programs: they name their calls, sign them, or send nothing
CHECKS_ITSELF = {"public:report"}  # the token is checked behind the reading of a chat export
STORES_NOTHING = {"public:proof-of-receipt"}  # it shows a proof to a program that sends the receipt
SENT_BEFORE = "Jaga-Sent-Before"


def _routes(patterns: Any, before: str = "", space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        here = before + str(one.pattern)
        if here.startswith(NOT_OURS):
            continue
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, here, f"{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name}", one


ROUTES = dict(_routes(get_resolver().url_patterns))


def _sent(
    fields: dict[str, str],
    *,
    token: str = "t" * 64,
    path: str = "/console/queue/",
    secret: str = SECRET,
    user: object = None,
    files: dict[str, Any] | None = None,
) -> HttpRequest:
    request = RequestFactory().post(path, {**fields, TOKEN: token, **(files or {})})
    request.META["CSRF_COOKIE"] = secret
    request.user = user or AnonymousUser()  # type: ignore[assignment]
    return request


def _stores(request: HttpRequest) -> HttpResponse:
    """A view that stores something and redirects."""
    made = SentForm.objects.create(
        name_hash=b"x%d" % SentForm.objects.count(),
        content_hash=b"",
        sender_hash=b"",
        sealed=b"",
        lasting=True,
        at=now(),
    )
    answer = HttpResponse(status=302, headers={"Location": f"/made/{made.pk}/"})
    answer.set_cookie("kept", f"number {made.pk}", path="/made/", httponly=True, samesite="Strict")
    return answer


def test_every_name_that_may_be_repeated_is_an_address() -> None:
    """The list has no removed address, and each entry has its reason."""
    assert set(REPEATS) <= set(ROUTES)
    assert all(REPEATS.values())


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_address_answers_the_same_form_once_or_says_why_not(name: str, db: None) -> None:
    """With the middleware that serves it: its view is called once for two submissions, or it is listed with a
    reason.
    """
    exempt = getattr(ROUTES[name].callback, "csrf_exempt", False)
    assert exempt == (name in CHECKS_ITSELF | STORES_NOTHING), (
        "a view without the usual check of its token must call `once` itself"
    )
    if exempt:
        return
    asked_for: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        asked_for.append(request)
        return _stores(request)

    answers: list[HttpResponseBase] = []
    for _ in range(2):
        request = _sent({"step": "x"}, path=f"/{name}/")
        space, _, own = name.rpartition(":")
        request.resolver_match = ResolverMatch(view, (), {}, own, namespaces=[space] if space else [])
        middleware = OnceMiddleware(lambda _: HttpResponse())
        given = middleware.process_view(request, view, (), {})
        answers.append(given if given is not None else view(request))
    if name in REPEATS:
        assert len(asked_for) == 2
    else:
        assert len(asked_for) == 1
        assert answers[0]["Location"] == answers[1]["Location"]
        assert answers[0].cookies.output() == answers[1].cookies.output()
        assert answers[1][SENT_BEFORE] == "true"


def _twice(first: HttpRequest, second: HttpRequest) -> tuple[HttpResponseBase, HttpResponseBase]:
    return once(first, lambda: _stores(first)), once(second, lambda: _stores(second))


def test_another_content_person_page_or_browser_is_another_form(db: None) -> None:
    """Only an identical submission counts as a repeat."""
    first = _sent({"number": "1"})
    for other in (
        _sent({"number": "2"}),
        _sent({"number": "1"}, token="u" * 64),
        _sent({"number": "1"}, path="/x/"),
        _sent({"number": "1"}, secret="z" * 32),
        _sent({"number": "1"}, files={"file": SimpleUploadedFile("a.txt", b"a")}),
    ):
        first_answer, again = _twice(first, other)
        assert not again.has_header(SENT_BEFORE)
        assert first_answer["Location"] != again["Location"]


def test_the_same_words_from_a_second_window_are_the_same_form(db: None) -> None:
    """Directly after the first. Not after something else was sent, not later, and not for a button without fields."""
    words = {"note": "Sudah saya telepon."}
    first_answer, again = _twice(_sent(words), _sent(words, token="u" * 64))
    assert again[SENT_BEFORE] == "true"
    assert again["Location"] == first_answer["Location"]
    once(_sent({"label": "lain"}), lambda: _stores(_sent({})))
    assert not once(_sent(words, token="v" * 64), lambda: _stores(_sent({}))).has_header(SENT_BEFORE)
    with frozen(now() + repeatable_forms.SAME_WORDS + timedelta(seconds=1)):
        assert not once(_sent(words, token="w" * 64), lambda: _stores(_sent({}))).has_header(SENT_BEFORE)


def test_a_refusal_leaves_nothing_and_can_be_sent_again(db: None) -> None:
    """Error pages and exceptions are not stored: the same form may succeed a minute later."""
    form, refusals = _sent({"number": "1"}), [HttpResponse(status=409), HttpResponse(status=422)]
    for refused in refusals:
        assert once(form, lambda refused=refused: refused).status_code == refused.status_code  # type: ignore[misc]

    def raises() -> HttpResponse:
        raise Conflict

    with pytest.raises(Conflict):
        once(form, raises)
    assert SentForm.objects.count() == 0
    assert once(form, lambda: _stores(form)).status_code == 302


def test_a_file_is_handed_out_anew_each_time(db: None) -> None:
    """After a download the page stays, and its button must work again."""
    form = _sent({"number": "1"})

    def download() -> HttpResponse:
        _stores(form)
        return HttpResponse(b"%PDF", content_type="application/pdf")

    assert not once(form, download).has_header(SENT_BEFORE)
    assert not once(form, download).has_header(SENT_BEFORE)


def test_a_page_is_given_again_for_some_minutes_and_then_named_as_sent(db: None) -> None:
    """Later the page would be outdated; the form is still not stored a second time."""
    form = _sent({"number": "1"})

    def shows() -> HttpResponse:
        _stores(form)
        return HttpResponse("<p>kode: 123</p>")

    once(form, shows)
    assert once(form, shows).content == b"<p>kode: 123</p>"
    with frozen(now() + repeatable_forms.SHOWN_AGAIN + timedelta(seconds=1)):
        with pytest.raises(repeatable_forms.AlreadySent):
            once(form, shows)
        repeatable_forms.forget_forms()
    assert bytes(SentForm.objects.get(lasting=False).sealed) == b""
    with pytest.raises(repeatable_forms.AlreadySent):
        once(form, shows)


def test_what_is_kept_tells_nothing_to_whoever_has_database_and_keys(db: None) -> None:
    """The stored answer is encrypted with a key in the sender's browser, and deleted after a day."""
    form = _sent({"text": "rahasia sekali ini"})

    def shows() -> HttpResponse:
        _stores(form)
        return HttpResponse("<p>kode: 123</p>")

    once(form, shows)
    kept = SentForm.objects.get(lasting=False)
    for column in (kept.name_hash, kept.content_hash, kept.sender_hash, kept.sealed):
        assert SECRET.encode() not in bytes(column)
        assert b"kode: 123" not in bytes(column)  # three digits occur in base64 by chance
    other = repeatable_forms.Form("o" * 32, "", "t" * 64, "c")
    with pytest.raises(repeatable_forms.AlreadySent):
        repeatable_forms._again(kept, other)
    with frozen(now() + repeatable_forms.REPEATABLE_FORMS_KEPT + timedelta(seconds=1)):
        assert repeatable_forms.forget_forms() == 2
    assert SentForm.objects.count() == 0


class Browser:
    """A browser that sends a page's form repeatedly: the token is the page's."""

    def __init__(self, client: Client) -> None:
        self.client, self.pages = client, 0
        client.cookies["csrftoken"] = SECRET

    def send_twice(self, path: str, fields: dict[str, Any], *, files: Callable[[], dict[str, Any]] = dict) -> None:
        """The same form of one page twice, and once more from another window; all three get the same answer."""
        answers = [self.client.post(path, {**fields, TOKEN: token * 32, **files()}) for token in ("a1", "a1", "b2")]
        assert [one.status_code for one in answers] == [answers[0].status_code] * 3, answers[-1].content.decode()
        assert answers[0].status_code < 400, answers[0].content.decode()
        assert not answers[0].has_header(SENT_BEFORE)
        assert answers[1][SENT_BEFORE] == "true"
        assert answers[1].get("Location") == answers[0].get("Location")


def test_the_console_s_forms_store_once(staff: Staff, world: World, browser_of: Callable[[Actor], Client]) -> None:
    """Notes, questions, labels, accounts, exports, keys, data requests: three submissions, one row."""
    case_id, reviewer = in_review(), Browser(browser_of(world.reviewers[0]))
    case, report = f"/console/cases/K{case_id:06d}", Report.objects.get(case_id=case_id)
    reviewer.send_twice(f"{case}/notes/", {"note": "Sudah saya telepon."})
    assert CaseNote.objects.count() == 1
    reviewer.send_twice(f"{case}/reports/{report.pk}/ask/", {"question": "Di ruang mana Anda melihatnya?"})
    assert ReportMessage.objects.count() == 1
    reviewer.send_twice(f"{case}/labels/", {"label": "kampanye besar"})
    assert CaseLabel.objects.count() == 1
    reviewer.send_twice(
        f"{case}/accounts/",
        {"platform": world.platform, "account": "@lain:localhost", "why": "Nomor telepon yang sama."},
    )
    assert LinkedAccount.objects.count() == 1
    filed = requests.file_request(new_request(account="@cempaka:localhost", wants_export=True), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    asked_for = AuthorityRequest.objects.get(report_id=filed.report_id).pk
    supervisor = browser_of(staff.by_role[Role.SUPERVISOR])
    supervisor.cookies["csrftoken"] = SECRET
    made = [supervisor.post("/console/exports/", {"request": str(asked_for), TOKEN: "c" * 64}) for _ in range(2)]
    assert [one.status_code for one in made] == [302, 302]
    assert made[0]["Location"] == made[1]["Location"]
    assert Disclosure.objects.count() == 1


def test_a_key_that_is_shown_once_is_made_once_and_shown_to_both_clicks(
    staff: Staff, world: World, browser_of: Callable[[Actor], Client]
) -> None:
    """The browser shows only the last answer: otherwise the key would be lost and a second one would exist."""
    admin = browser_of(staff.by_role[Role.ADMINISTRATOR])
    admin.cookies["csrftoken"] = SECRET
    form = {
        "holder": str(world.officer.person_id),
        "label": "program",
        "days": "30",
        "per_minute": "10",
        "per_day": "100",
        "scopes": "reports.read",
        TOKEN: "d" * 64,
    }
    answers = [admin.post("/console/api-keys/", form) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200], answers[0].content.decode()
    assert OfficerKey.objects.count() == 1
    assert b"jaga_" in answers[0].content
    assert answers[0].content == answers[1].content


def test_the_operator_s_forms_store_once(world: World, browser_of: Callable[[Actor], Client]) -> None:
    """An objection, and an answer that asks a question."""
    operator = make_operator()
    notice = asked(world, operator)
    notices.open_notice(notice.pk, actor=operator.contact)
    contact = Browser(browser_of(operator.contact))
    address = f"/console/notices/{notice.number}"
    contact.send_twice(f"{address}/answer/", {"kind": "invalid_locator", "text": "Akun yang mana yang dimaksud?"})
    assert [one.text for one in NoticeEntry.objects.filter(notice=notice)].count("Akun yang mana yang dimaksud?") == 1
    other = asked(world, operator, account="tamu-78")
    notices.open_notice(other.pk, actor=operator.contact)
    contact.send_twice(f"/console/notices/{other.number}/objection/", {"objection": "Akun ini milik orang lain."})
    assert Objection.objects.count() == 1


def test_public_forms_store_once(world: World) -> None:
    """A report and its receipt, a message in its mailbox, an appeal: also without cookies except the form's own."""
    visitor = Client()
    visitor.cookies["csrftoken"] = SECRET
    form = {
        "platform": world.platform,
        "account": "@baru:localhost",
        "category": "gambling",
        "step": "send",
        "text": "Situs judi di ruang umum.",
        TOKEN: "e" * 64,
    }
    answers = [visitor.post("/report/", form) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 302], answers[0].content.decode()
    assert Report.objects.filter(subject__account_id="@baru:localhost").count() == 1
    assert answers[0].cookies["jaga_received"].value == answers[1].cookies["jaga_received"].value
    closed = resolved_closure(world, account="@tutup:localhost")
    code = appeal_code(Decision.objects.get(case_id=closed).pk)
    holder = Browser(Client())
    holder.send_twice("/appeal/", {"code": code, "step": "file", "text": "Itu bukan saya, sungguh."})
    assert Appeal.objects.count() == 1
    looked = Client()
    looked.cookies["csrftoken"] = SECRET
    opened = [looked.post("/appeal/", {"code": code, "step": step, TOKEN: "f" * 64}) for step in ("", "", "ask", "ask")]
    assert not [one for one in opened if one.has_header(SENT_BEFORE)]  # it shows how things stand now


def test_whoever_says_that_they_are_done_leaves_no_answer_behind(world: World) -> None:
    """On a shared phone, the back button or another submission brings back neither the receipt nor the visit."""
    visitor = Client()
    visitor.cookies["csrftoken"] = SECRET
    form = {
        "platform": world.platform,
        "account": "@baru:localhost",
        "category": "gambling",
        "step": "send",
        "text": "Situs judi di ruang umum.",
        TOKEN: "e" * 64,
    }
    assert "jaga_received" in visitor.post("/report/", form).cookies
    visitor.post("/report/received/", {TOKEN: "e" * 64})
    again = visitor.post("/report/", form)
    assert again.status_code == 409
    assert not again.cookies
    assert Report.objects.count() == 1
    assert "sudah Anda kirim" in again.content.decode()


def test_two_reports_of_one_browser_are_two_forms_each(world: World) -> None:
    """Their pages have one address. The same words sent to the other report reach it, and no answer leads to the
    first.
    """
    first, second = (report(account=f"@satu{number}:localhost") for number in (1, 2))
    visitor = Client()
    visitor.cookies["csrftoken"] = SECRET
    for one in (first, second):
        visitor.post("/follow/", {"receipt": one.receipt, TOKEN: "g" * 64})
        for token in ("h" * 64, "h" * 64, "i" * 64):
            answer = visitor.post(
                "/follow/report/", {"step": "evidence", "text": "Sudah saya lihat lagi hari ini.", TOKEN: token}
            )
            assert answer.status_code == 302, answer.content.decode()
        assert open_visit(visitor.cookies[VISIT].value, now(), 60) == one.report_id
        assert ReportMessage.objects.filter(report_id=one.report_id).count() == 1


def test_the_same_words_are_somebody_else_s_once_the_first_is_done(world: World) -> None:
    """Two people copy one text at one device: the second person's report is separate and gets its own receipt."""
    visitor = Client()
    visitor.cookies["csrftoken"] = SECRET
    form = {
        "platform": world.platform,
        "account": "@baru:localhost",
        "category": "gambling",
        "step": "send",
        "text": "Situs judi di ruang umum.",
    }
    visitor.post("/report/", {**form, TOKEN: "e" * 64})
    visitor.post("/report/received/", {TOKEN: "e" * 64})
    assert visitor.post("/report/", {**form, TOKEN: "e" * 64}).status_code == 409  # the way back: the first one's
    again = visitor.post("/report/", {**form, TOKEN: "f" * 64})
    assert "jaga_received" in again.cookies
    assert Report.objects.count() == 2


def test_a_form_without_a_token_is_served_as_before(world: World) -> None:
    """Without CSRF checks (a test client) a repeat cannot be recognised."""
    assert PASSWORD
    request = RequestFactory().post("/x/", {"a": "b"})
    assert not once(request, lambda: _stores(request)).has_header(SENT_BEFORE)
    assert not once(request, lambda: _stores(request)).has_header(SENT_BEFORE)
