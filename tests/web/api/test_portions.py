"""Reports that came one by one and are answered together: each call is answered as it would be alone."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, DataError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from tests.web.api.conftest import Caller, World

from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.terms.people import KeyScope
from jaga.people.models import OfficerKey, Person
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key, revoke_officer_key
from jaga.policy.in_force import ReleaseNotInForce
from jaga.reporting.verbs import intake
from jaga.store.models import LedgerEntry
from jaga.web.api import guard as quotas
from jaga.web.api_portions import ApiHandler, answer_reports
from jaga.web.buffering.bridge import Response, ask
from jaga.web.later import is_answered_again
from jaga.web.middleware import LARGEST_BODY, NOT_IN_FORCE

pytestmark = pytest.mark.usefixtures("one_connection")
Environ = dict[str, Any]
GOOD = b'{"platform": "contoh", "account": "@iklan:localhost", "category": "prostitution_advertising"}'
UNKNOWN = b'{"platform": "nowhere", "account": "x", "category": "none", "text": "halo"}'
EXPIRED = "jaga_never_was_one"


def call(caller: Caller, body: bytes = GOOD, **more: str) -> Environ:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/api/v1/reports",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "testserver",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.version": (1, 0),
        "HTTP_AUTHORIZATION": f"Bearer {caller.secret}",
        **more,
    }


def plain(answer: Response) -> tuple[int, dict[str, str], bytes]:
    """Without what differs between any two reports, and between any two seconds."""
    content = re.sub(rb'("report_id": )\d+|("(?:receipt|due_at|ledger_promise)": ")[^"]+', rb"\1\2", answer.body)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    assert len(headers) == len(answer.headers)
    assert int(headers.pop("Content-Length", len(answer.body))) == len(answer.body)
    headers["Location"] = re.sub(r"\d+$", "", headers.get("Location", ""))
    headers.pop("RateLimit-Reset", None)
    return answer.status, headers, content


def ours(answers: Sequence[Response | Exception]) -> list[Response]:
    """The answers, none of which is an exception."""
    assert all(isinstance(answer, Response) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Response)]


_SENT: dict[str, tuple[bytes, dict[str, str]]] = {
    "accepted": (GOOD, {}),
    "accepted, in another language": (GOOD, {"HTTP_ACCEPT_LANGUAGE": "en", "HTTP_COOKIE": "jaga_language=en"}),
    "nothing": (b"", {}),
    "with fields missing": (b"{}", {"HTTP_ACCEPT_LANGUAGE": "en"}),
    "with unknown values": (UNKNOWN, {}),
    "with unknown values, in another language": (
        UNKNOWN,
        {"HTTP_ACCEPT_LANGUAGE": "en", "HTTP_COOKIE": "jaga_language=en"},
    ),
    "with an unknown field": (b'{"platfrom": "contoh"}', {}),
    "no JSON": (b"\xff{", {}),
    "of another kind": (GOOD, {"CONTENT_TYPE": "text/plain"}),
    "of a kind in an unknown encoding": (GOOD, {"CONTENT_TYPE": "application/json; x*=none''%41"}),
    "without a key": (GOOD, {"HTTP_AUTHORIZATION": ""}),
    "with a key that never was one": (GOOD, {"HTTP_AUTHORIZATION": f"Bearer {EXPIRED}"}),
    "with a parameter": (GOOD, {"QUERY_STRING": "reference=1"}),
    "for another host": (GOOD, {"HTTP_HOST": "elsewhere.invalid"}),
    "too large": (GOOD, {"CONTENT_LENGTH": str(LARGEST_BODY + 1)}),
    "urgent all the same": (GOOD.replace(b"}", b', "route": "victim"}'), {}),
}
_STATUS = {"accepted": 201, "accepted, in another language": 201, "urgent all the same": 201}


@pytest.mark.parametrize("sent", _SENT)
def test_it_is_answered_as_alone(world: World, sent: str) -> None:
    """With the same status, headers and content, whatever comes with it."""
    body, more = _SENT[sent]
    handler = ApiHandler()
    alone = ask(handler, call(world.police, body, **more))
    quotas.forget_counts()
    for at in range(3):
        others: list[Environ] = [call(world.colleague), call(world.colleague, UNKNOWN)]
        others.insert(at, call(world.police, body, **more))
        answers = ours(answer_reports(handler, others))
        quotas.forget_counts()
        assert plain(answers[at]) == plain(alone)
        assert alone.status == _STATUS.get(sent, alone.status)
        assert (alone.status < 300) is (sent in _STATUS)
        assert sorted(answer.status for place, answer in enumerate(answers) if place != at) == [201, 422]


def test_each_gets_its_own_receipt_and_the_promise_of_its_entry(world: World) -> None:
    """The reports are stored, each with its sender, before there is an answer."""
    bodies = [GOOD.replace(b"iklan", b"iklan%d" % number) for number in range(5)]
    callers = [world.police, world.colleague, world.police, world.colleague, world.agency]
    answers = ours(answer_reports(ApiHandler(), [call(*one) for one in zip(callers, bodies, strict=True)]))
    assert [answer.status for answer in answers] == [201] * 5
    numbers = [int(re.search(rb'"report_id": (\d+)', answer.body)[1]) for answer in answers]  # type: ignore[index]
    assert len({re.search(rb'"receipt": "(\d{16})"', answer.body)[1] for answer in answers}) == 5  # type: ignore[index]
    for number, caller, answer, place in zip(numbers, callers, answers, range(5), strict=True):
        report = Report.objects.select_related("subject").get(pk=number)
        assert (report.officer_id, report.subject.account_id) == (caller.person_id, f"@iklan{place}:localhost")
        entry = LedgerEntry.objects.get(verb="accept_report", payload__report=number)
        assert entry.entry_hash.encode() in answer.body
        assert (b"Location", b"/api/v1/reports/%d" % number) in answer.headers


def test_an_exception_that_leaves_the_handler_is_that_of_its_call(world: World) -> None:
    """Before its report was judged and afterwards; the others are stored and get their receipts."""

    class Handler(ApiHandler):
        """Fails some calls before any middleware can answer."""

        def get_response(self, request: HttpRequest) -> HttpResponseBase:
            if request.META.get("HTTP_X_FAILS") == ("again" if is_answered_again(request) else "at once"):
                raise RuntimeError("why")
            return super().get_response(request)

    answers = answer_reports(
        Handler(),
        [
            call(world.police),
            call(world.police, HTTP_X_FAILS="at once"),
            call(world.police, UNKNOWN, HTTP_X_FAILS="again"),
            call(world.colleague),
        ],
    )
    assert [answer.status if isinstance(answer, Response) else type(answer) for answer in answers] == [
        201,
        RuntimeError,
        RuntimeError,
        201,
    ]
    assert Report.objects.count() == 2


def test_a_days_quota_ends_in_the_middle(world: World) -> None:
    """Just that key's later calls are refused, and each answer tells of its own key."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_minute=50, per_day=2), actor=CLI)
    caller = Caller(world.police.person_id, world.police.actor, key.key_id, key.secret)
    answers = ours(answer_reports(ApiHandler(), [call(one) for one in [caller, world.colleague] * 3]))
    assert [answer.status for answer in answers] == [201, 201, 201, 201, 429, 201]
    assert [(b"RateLimit-Limit", b"50") in answer.headers for answer in answers] == [True, False] * 3
    assert b"quota_day" in answers[4].body
    assert Report.objects.filter(officer_id=caller.person_id).count() == 2


def test_keys_without_rights_change_nothing_for_the_others(world: World) -> None:
    """Revoked, expired, without the scope, of a person who left: each call is judged by its own key."""
    keys = [
        issue_officer_key(world.agency.person_id, KeyTerms(scopes=scopes), actor=CLI)
        for scopes in (None, None, frozenset({KeyScope.REPORTS_READ}))
    ]
    revoke_officer_key(keys[0].key_id, actor=CLI)
    OfficerKey.objects.filter(pk=keys[1].key_id).update(created_at=now() - timedelta(2), expires_at=now())
    Person.objects.filter(pk=world.ministry.person_id).update(is_active=False)
    bad = [Caller(0, CLI, key.key_id, key.secret) for key in keys]
    answers = ours(
        answer_reports(
            ApiHandler(),
            [
                call(one)
                for one in (world.police, bad[0], bad[1], world.colleague, bad[2], world.ministry, world.police)
            ],
        )
    )
    assert [answer.status for answer in answers] == [201, 401, 401, 201, 403, 401, 201]
    words = [b"key_revoked", b"key_expired", b"scope_missing", b"officer_not_registered"]
    assert all(word in answers[place].body for word, place in zip(words, (1, 2, 4, 5), strict=True))
    assert sorted(Report.objects.values_list("officer_id", flat=True)) == sorted(
        [world.police.person_id, world.colleague.person_id, world.police.person_id]
    )


def test_nobody_reads_what_another_caller_of_the_portion_sent(world: World) -> None:
    """The address in an answer opens for its caller, and is not there for the others."""
    callers = [world.police, world.colleague, world.agency]
    answers = ours(answer_reports(ApiHandler(), [call(one) for one in callers]))
    for caller, answer in zip(callers, answers, strict=True):
        path = dict(answer.headers)[b"Location"].decode().removeprefix("/api/v1")
        assert [one.get(path).status_code for one in callers] == [200 if one is caller else 404 for one in callers]


def test_reports_with_hashes_have_a_commit_of_their_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each locks its case: together, two portions would wait for each other. One that fails is told to its sender."""
    sizes = _failing(monkeypatch, OperationalError("deadlock detected"), "@bad")
    hashed = GOOD.replace(b"}", b', "device_\\u0068ashes": ["%s"]}' % (b"0" * 64))
    alone, take_in = [], intake._take_in

    def taken(sent: Sequence[tuple[Any, Actor]]) -> list[Any]:
        alone.append([new.account for new, _ in sent])
        if "@bad" in sent[0][0].account:
            raise OperationalError("deadlock detected")
        return list(take_in(sent))

    monkeypatch.setattr(intake, "_take_in", taken)
    answers = ours(
        answer_reports(
            ApiHandler(),
            [
                call(world.police, hashed),
                call(world.colleague),
                call(world.police, hashed.replace(b"@iklan", b"@bad")),
                call(world.agency, hashed),
                call(world.police),
            ],
        )
    )
    assert [answer.status for answer in answers] == [201, 201, 500, 201, 201]
    assert (sizes, alone) == ([2], [["@iklan:localhost"], ["@bad:localhost"], ["@iklan:localhost"]])
    assert len({answer.body for answer in answers}) == 5
    assert Report.objects.filter(case__isnull=False).count() == 2


def test_reports_with_hashes_lock_their_cases_in_one_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order a batch names their accounts; each is answered in its place."""
    filed, file_now = [], intake._file_now

    def noted(number: int, new: Any, actor: Actor) -> Any:
        filed.append(new.account)
        return file_now(number, new, actor)

    monkeypatch.setattr(intake, "_file_now", noted)
    names = ["@c:localhost", "@a:localhost", "@b:localhost"]
    answer = world.police.post(
        "/reports/batch",
        {
            "reports": [
                {
                    "platform": "contoh",
                    "account": name,
                    "category": "prostitution_advertising",
                    "device_hashes": ["0" * 64],
                }
                for name in names
            ]
        },
    ).json()
    assert filed == sorted(names)
    stored = dict(Report.objects.values_list("pk", "subject__account_id"))
    assert [stored[item["accepted"]["report_id"]] for item in answer["items"]] == names


def test_the_same_idempotency_key_twice_is_one_report(world: World) -> None:
    """Even if such calls came in a portion: the repeat gets the receipt of the first, and others get their own."""
    named = {"HTTP_IDEMPOTENCY_KEY": "8e03978e"}
    first, other, again, fresh, wrong = ours(
        answer_reports(
            ApiHandler(),
            [
                call(world.police, **named),
                call(world.police),
                call(world.police, **named),
                call(world.colleague, **named),
                call(world.police, GOOD.replace(b"iklan", b"lain"), **named),
            ],
        )
    )
    assert [one.status for one in (first, other, again, fresh, wrong)] == [201, 201, 201, 201, 422]
    assert b'"receipt": "' in first.body
    assert again.body == first.body
    assert dict(again.headers)[b"Location"] == dict(first.headers)[b"Location"]
    assert [dict(one.headers).get(b"Idempotent-Replayed") for one in (first, other, again, fresh, wrong)] == [
        None,
        None,
        b"true",
        None,
        None,
    ]
    assert len({first.body, other.body, fresh.body}) == Report.objects.count() == 3


def test_a_refused_one_is_counted_once(world: World) -> None:
    """It is answered again after its report was judged, and that is no call and no report more."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_minute=2, per_day=2), actor=CLI)
    caller = Caller(world.police.person_id, world.police.actor, key.key_id, key.secret)
    first, second, third = ours(answer_reports(ApiHandler(), [call(caller, UNKNOWN), call(caller), call(caller)]))
    assert [first.status, second.status, third.status] == [422, 201, 429]
    assert (b"RateLimit-Remaining", b"0") in first.headers


def test_without_a_release_in_force_each_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As alone; nothing is stored."""

    def refused() -> None:
        raise ReleaseNotInForce

    monkeypatch.setattr(intake, "load_release", refused)
    alone = ask(ApiHandler(), call(world.police))
    quotas.forget_counts()
    answers = ours(answer_reports(ApiHandler(), [call(world.police), call(world.colleague)]))
    assert [plain(answer) for answer in answers] == [plain(alone)] * 2
    assert alone.status == 503
    assert Report.objects.count() == 0


Store = Callable[[Sequence[tuple[Any, Actor]]], list[Any]]


def _failing(monkeypatch: pytest.MonkeyPatch, why: Exception, account: str = "") -> list[int]:
    """The shared work fails with `why` if a report names this account; returns how many reports each call had."""
    store: Store = intake._ORDINARY._work
    sizes: list[int] = []

    def work(sent: Sequence[tuple[Any, Actor]]) -> list[Any]:
        sizes.append(len(sent))
        if any(account in new.account for new, _ in sent):
            raise why
        return store(sent)

    monkeypatch.setattr(intake._ORDINARY, "_work", work)
    monkeypatch.setattr("jaga.store.kernel.ledger.connection", _NotInATransaction())
    return sizes


class _NotInATransaction:
    """The test itself runs in one, in which no commit can be shared."""

    in_atomic_block = False


def test_what_cannot_be_stored_fails_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are stored, each once."""
    sizes = _failing(monkeypatch, DataError("unusable"), "@bad")
    bad = GOOD.replace(b"@iklan", b"@bad")
    answers = ours(answer_reports(ApiHandler(), [call(world.police), call(world.police, bad), call(world.colleague)]))
    assert [answer.status for answer in answers] == [201, 500, 201]
    assert sizes == [3, 1, 1, 1]
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        (psycopg.OperationalError("the connection is lost"), 503, b"database_away"),
        (RuntimeError("why"), 500, b"fault"),
        (DatabaseError(f"a {NOT_IN_FORCE}"), 503, b"policy_not_in_force"),
    ],
)
def test_a_failure_of_all_is_told_to_each_as_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, why: Exception, status: int, code: bytes
) -> None:
    """Nothing is acknowledged."""
    _failing(monkeypatch, why)
    alone = ask(ApiHandler(), call(world.police))
    answers = ours(answer_reports(ApiHandler(), [call(world.police), call(world.colleague, b"{"), call(world.police)]))
    assert [answer.status for answer in answers] == [status, 400, status]
    assert alone.status == status
    for answer in (answers[0], answers[2]):
        assert code in answer.body
        assert answer.body == alone.body
    assert Report.objects.count() == 0
