"""The client against the API itself: typed answers, pages, repeats without a second effect."""

from typing import Any

import pytest
from tests.client.conftest import Line, full, lost
from tests.web.api.conftest import World

from jaga.cases.models.reports import Report as Stored
from jaga.client.calls import Jaga, read_news
from jaga.client.transport import ApiProblem, NotReached, QuotaUsedUp
from jaga.client.values import Acknowledged, RefusedReport, Report
from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.standard_webhooks import PrivateKey, sign
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.reporting.verbs.filing import file_waiting

PLATFORM, ACCOUNT, CATEGORY = "contoh", "@iklan:localhost", "prostitution_advertising"
REPORT = Report(PLATFORM, ACCOUNT, CATEGORY, text="open BO, nego", reference="P-1")


def test_one_report_is_acknowledged_and_followed(jaga: Jaga) -> None:
    """Typed values in both directions."""
    told = jaga.send_report(REPORT)
    assert len(told.receipt) == 16
    assert told.receipt not in repr(told)
    state = jaga.report(told.report_id)
    assert (state.reference, state.case_reference, state.state) == ("P-1", None, "received")
    file_waiting()
    assert jaga.report(told.report_id).case_reference is not None
    assert state.due_at == told.due_at


def test_many_are_sent_by_the_hundred_and_listed_by_pages(jaga: Jaga, line: Line) -> None:
    """A refused report is returned with its reason and does not affect the others."""
    reports = [Report(PLATFORM, ACCOUNT, CATEGORY, reference=str(number)) for number in range(105)]
    reports[3] = Report(PLATFORM, ACCOUNT, "unheard")
    answers = list(jaga.send_reports(reports))
    assert [type(one) for one in answers].count(Acknowledged) == 104
    refused = answers[3]
    assert isinstance(refused, RefusedReport)
    assert (refused.report, refused.problem.errors[0].field) == (reports[3], "category")
    assert len(line.calls) == 2
    assert [one.reference for one in jaga.reports()] == [str(number) for number in range(104, -1, -1) if number != 3]


@pytest.mark.parametrize("trouble", [lost, full])
def test_what_is_sent_again_is_made_once(jaga: Jaga, line: Line, pauses: list[float], trouble: Any) -> None:
    """The first answer is returned again, receipt included."""
    line.troubles = [trouble, trouble]
    told = jaga.send_report(REPORT)
    assert Stored.objects.get().pk == told.report_id
    assert len({call.headers["Idempotency-Key"] for call in line.calls}) == 1
    assert len(pauses) == 2
    assert pauses == [7.0, 7.0] if trouble is full else 0.4 <= pauses[0] <= 0.6 < pauses[1]


def test_a_line_that_stays_dead_is_told_with_the_calls_name(jaga: Jaga, line: Line) -> None:
    """With that key the program can repeat the call tomorrow without a second effect."""
    line.troubles = [lost] * 6
    with pytest.raises(NotReached) as dead:
        jaga.send_report(REPORT)
    again = jaga.send_report(REPORT, idempotency_key=dead.value.idempotency_key)
    assert Stored.objects.get().pk == again.report_id


def test_a_refusal_is_an_exception_with_codes(jaga: Jaga, pauses: list[float]) -> None:
    """It is not retried; the sentences are in the requested language."""
    with pytest.raises(ApiProblem) as refused:
        jaga.send_report(Report(PLATFORM, "", "unheard"))
    problem = refused.value
    assert (problem.status, problem.code) == (422, "invalid_input")
    assert {(one.field, one.code) for one in problem.errors} == {("account", "missing"), ("category", "unknown")}
    assert "Say which account it is." in {one.sentence for one in problem.errors}
    assert pauses == []


def test_a_days_quota_is_not_waited_for(world: World, line: Line, pauses: list[float]) -> None:
    """The client waits for a minute's quota; for a day's quota it raises an error."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_day=1), actor=CLI)
    with Jaga("http://testserver", key.secret, http=line, sleep=pauses.append) as jaga:
        jaga.send_report(REPORT)
        with pytest.raises(QuotaUsedUp) as over:
            jaga.send_report(REPORT)
    assert over.value.retry_after is not None
    assert over.value.retry_after >= 1


def test_webhooks_are_kept_and_their_messages_read(jaga: Jaga) -> None:
    """Registered, listed, removed; a message is accepted only with the signature of the endpoint's key."""
    made = jaga.register_webhook("https://contoh.example/hook", ["report.filed"])
    assert made.secret.startswith("whsec_")
    assert [one.secret for one in jaga.webhooks()] == [""]  # told once
    jaga.test_webhook(made.endpoint_id)
    (delivery,) = jaga.deliveries(made.endpoint_id)
    assert (delivery.event, delivery.state) == ("endpoint.test", "waiting")
    jaga.remove_webhook(made.endpoint_id)
    (gone,) = jaga.webhooks()
    assert (gone.dead, gone.disabled_at is not None) == (1, True)
    with pytest.raises(ApiProblem, match="endpoint_disabled"):
        jaga.redeliver(delivery.delivery_id)
    key, body = PrivateKey.generate(), b'{"type": "report.filed", "timestamp": "2026-01-31T09:00:00+00:00", "data": {}}'
    headers = sign(key, delivery.webhook_id, now(), body)
    news = read_news(key.public.text(), headers, body)
    assert (news.id, news.event) == (delivery.webhook_id, "report.filed")
    with pytest.raises(JagaError):
        read_news(made.public_key, headers, body)
    with pytest.raises(JagaError):
        read_news(key.public.text(), sign(key, "msg_1", now(), b"[]"), b"[]")


def test_what_can_be_reported_is_looked_up(jaga: Jaga) -> None:
    """Values for the fields of a report."""
    assert CATEGORY in {one.key for one in jaga.categories()}
    assert [one.name for one in jaga.platforms()] == [PLATFORM]
    assert jaga.legal_bases(CATEGORY)
    assert list(jaga.requests()) == []
