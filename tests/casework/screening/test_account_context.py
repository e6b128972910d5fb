"""Context of live texts for rules: copies, account age, earlier decisions; never account lists."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import watching
from tests.factories import PLATFORM, World, in_review, report, resolved_closure

from jaga.cases.models.cases import Case, Platform, Signal, Subject
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.platforms import InAppReport
from jaga.policy.models import LocalText
from jaga.policy.release import PolicyRelease, load_release
from jaga.policy.screening_rules import RuleCondition, ScreeningRule
from jaga.reporting.verbs import handle_resolution as in_app
from jaga.screening.rules.rules import TextContext
from jaga.signals.verbs import triage
from jaga.signals.verbs.account_context import contexts_of_observed, contexts_of_reports
from jaga.watch.verbs import reading

TEXT = (
    "Teman-teman yang mau ikut arisan kampung silakan hubungi pengurus lewat pesan, tempatnya di balai warga dekat "
    "lapangan, bawa uang pas ya"
)


def rule(key: str, **about: Any) -> ScreeningRule:
    """A rule that needs the word "arisan" and a fact about the account."""
    return ScreeningRule(
        key,
        "gambling",
        0.7,
        RuleCondition(all=(RuleCondition(phrase="arisan"), RuleCondition(**about))),
        LocalText(id="Contoh.", en="An example."),
    )


def released(*rules: ScreeningRule) -> PolicyRelease:
    return replace(load_release(), screening_rules=rules, hash="1" * 64)


ALL = (
    rule("copied", copies=2),
    rule("young", younger_than_days=7),
    rule("known_before", decided=1),
    rule("on_a_list", listed="known"),
)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> PolicyRelease:
    """A release in force whose rules use every context fact."""
    release = released(*ALL)
    for module in (triage, reading, in_app):
        monkeypatch.setattr(module, "load_release", lambda: release)
    return release


def said(number: int, **changes: Any) -> int:
    return in_review(
        account=f"@salinan{number}:localhost", published=f"{TEXT} {number}", source=f"192.0.2.{number}", **changes
    )


def rules_of(case_id: int) -> set[str]:
    return set(Signal.objects.filter(case_id=case_id, source="rule").values_list("params__phrase", flat=True))


def test_a_rule_may_ask_how_many_accounts_said_nearly_this(world: World, asking: PolicyRelease) -> None:
    """For the first account the text is new; for the second and third it is not."""
    assert [rules_of(said(number)) for number in range(3)] == [set(), {"copied"}, {"copied"}]
    (one,) = contexts_of_reports([Report.objects.select_related("subject__platform").latest("pk")], asking).values()
    assert one.copies == 3


def test_a_rule_may_ask_how_new_an_account_is(world: World, asking: PolicyRelease) -> None:
    """If the platform says since when the account exists; it is not guessed from when it was first seen here."""
    case_id = said(1)
    assert rules_of(case_id) == set()
    for days, found in ((30, set()), (-1, set()), (2, {"young"})):
        Subject.objects.update(since=now() - timedelta(days=days))
        Case.objects.get(pk=case_id).reports.update(screened_by="")
        triage.triage_case(case_id, actor=SYSTEM)
        assert rules_of(case_id) == found


def test_a_rule_may_ask_what_was_decided_before(world: World, asking: PolicyRelease) -> None:
    """A closure in force on the same account."""
    resolved_closure(world, account="@salinan1:localhost")
    assert rules_of(said(1, category="fraud")) == {"known_before"}
    assert rules_of(said(2, category="fraud")) == {"copied"}


def test_a_watch_and_an_apps_reports_know_as_much(world: World, asking: PolicyRelease) -> None:
    """Of an account that is known here, and of the text of one that is not."""
    said(1)
    resolved_closure(world, account="@lama:localhost")
    Subject.objects.filter(account_id="@lama:localhost").update(since=now() - timedelta(days=1))
    platform, text = Platform.objects.get(name=PLATFORM), f"{TEXT} lagi"
    seen = [("@lama:localhost", text, now()), ("@baru:localhost", text, now()), ("@baru:localhost", "halo", now())]
    lately, new, short = contexts_of_observed(platform, "message", seen, asking)
    assert (lately.copies, lately.decided, round(lately.age_days or 0)) == (2, 1, 1)
    assert new == TextContext(PLATFORM, "message", None, 2, 0)
    assert short.copies == 1
    filed = watching.take_in(PLATFORM, (watching.seen(text, account="@baru:localhost", at=now()),))
    assert len(filed) == 1
    assert (
        in_app.take_reports(PLATFORM, (InAppReport("1", "@lagi:localhost", "r", now(), text=text),), "c", actor=SYSTEM)
        == 1
    )
    assert Report.objects.latest("pk").category == "gambling"


def test_what_no_rule_asks_for_is_not_looked_up(world: World) -> None:
    """With a release that uses no context, texts cost no statement."""
    said(1)
    rows = list(Report.objects.select_related("subject__platform"))
    with CaptureQueriesContext(connection) as asked:
        (about,) = contexts_of_reports(rows, released(rule("here", platform=(PLATFORM,)))).values()
        contexts_of_observed(Platform.objects.get(), "message", [("@a:localhost", TEXT, now())], released())
    assert len(asked) == 1  # the platform's, by this test
    assert about == TextContext(PLATFORM, "message")


def test_many_reports_cost_as_many_statements_as_few(world: World, asking: PolicyRelease) -> None:
    """However many cases are triaged together."""
    said(1)  # so that there is something to find
    counts = []
    for some in (range(3), range(10, 40)):
        numbers = [
            report(account=f"@a{number}:localhost", published=f"{TEXT} {number}", source=f"{number}").case_id
            for number in some
        ]
        cases = list(Case.objects.select_related("subject__platform").filter(pk__in=numbers).order_by("pk"))
        with CaptureQueriesContext(connection) as asked:
            contexts_of_reports(list(Report.objects.filter(case__in=cases).select_related("subject__platform")), asking)
        counts.append(len(asked))
        triage.triage_cases(cases, actor=SYSTEM)
    assert counts[0] == counts[1] <= 6
