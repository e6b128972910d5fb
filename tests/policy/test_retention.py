"""retention.yaml: what `jaga policy check` refuses, and when data of a case falls due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.conftest import Spoilt, assert_told_in_indonesian

from jaga.core.terms.privacy import CASE_KINDS, BindingReason, CaseEnding, DataKind
from jaga.policy.privacy import Binding, RetentionFacts, due_day, due_days
from jaga.policy.release import load_release

MEASURE = "key: texts_measure, kind: report_texts, ending: measure, category: any, days: "
SLIPS = [
    # text replaced, its replacement, part of the message, line of the fault after the text (None: of `rules:`)
    (f"{MEASURE}730", f"{MEASURE}364", "364 days are too few after `measure`", 0),
    (f"{MEASURE}730", f"{MEASURE}99999", "99999 days are longer than anything", 0),
    (f"{MEASURE}730", f"{MEASURE}-1", "`days` is not valid", 0),
    ("outside_remedy:\n  days: 90", "outside_remedy:\n  days: 190", "400 days are too few after `measure`", None),
    ("kind: training", "kind: school", "`kind` is not valid", 0),
    (
        "ending: preserved, category: any, days: 730",
        "ending: preserved, category: any, days: 179",
        "179 days are too few after `preserved`",
        0,
    ),
    ("category: intimate_pictures", "category: intimate", "no category `intimate`", 0),
    (
        "texts_referred, kind: report_texts, ending: referred, category: any, days: 730",
        "texts_referred, kind: report_texts, ending: referred, category: any, days: 365",
        "`pictures` is kept for 730 days after `referred`",
        None,
    ),
    (
        "identity, kind: reporter_identity, ending: any, category: any, days: 90",
        "identity, kind: reporter_identity, ending: any, category: any, days: 91",
        "`reporter_identity` is kept for 91 days after `dismissed` in "
        "`intimate_pictures`, but its key goes with `report_texts` after 90",
        0,
    ),
    (
        "key: decision, kind: decision, ending: any, category: any, days: 1825",
        "key: decision, kind: decision, ending: any, category: any, days: 729",
        "its key goes with `decision` after 729",
        None,
    ),
    ("key: texts_measure", "key: texts", "`texts` is listed twice", 0),
    (
        "ending: any, category: any, days: 1825, valid_from: 2026-11-29",
        "ending: any, category: any, days: 1825, valid_from: 2027-01-01",
        "nothing says how long `decision`",
        None,
    ),
    ("kind: decision, ending: any", "kind: decision, ending: measure", "nothing says how long `decision`", None),
    ("kind: access_log, ending: any", "kind: access_log, ending: measure", "belongs to no case", 0),
    (
        "key: indicators_preserved, kind: indicators, ending: preserved",
        "key: indicators_preserved, kind: indicators, ending: referred",
        "another rule says",
        0,
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "offset"), SLIPS, ids=[case[2] for case in SLIPS])
def test_a_period_that_is_missing_or_wrong_is_refused(
    spoilt: Spoilt, old: str, new: str, message: str, offset: int | None
) -> None:
    """With file and line, what is needed, and in Indonesian."""
    line = spoilt.change("retention.yaml", old, new)
    found = [problem for problem in spoilt.problems() if message in problem.what]
    assert found, spoilt.problems()
    assert found[0].file == "retention.yaml"
    if offset is not None:
        assert found[0].line == line + offset
    assert_told_in_indonesian(found[0])


def test_longer_strikes_or_appeals_need_longer_periods(spoilt: Spoilt) -> None:
    """What another file promises binds, too."""
    spoilt.change("enforcement.yaml", "expire: P365D", "expire: P800D")
    assert {problem.file for problem in spoilt.problems()} == {"retention.yaml"}
    assert all("At least 800" in problem.remedy for problem in spoilt.problems())


def test_the_rule_of_a_category_goes_before_that_of_an_ending() -> None:
    """And a rule that begins later does not count before."""
    rules = load_release().retention
    day = date(2027, 1, 1)
    intimate = rules.rule(DataKind.REPORT_TEXTS, CaseEnding.DISMISSED, "intimate_pictures", day)
    assert intimate is not None
    assert intimate.key == "texts_intimate"
    measure = rules.rule(DataKind.REPORT_TEXTS, CaseEnding.MEASURE, "gambling", day)
    assert measure is not None
    assert measure.key == "texts_measure"
    assert rules.rule(DataKind.REPORT_TEXTS, CaseEnding.MEASURE, "gambling", date(2020, 1, 1)) is None


DAYS = st.dates(date(2026, 12, 1), date(2045, 1, 1))
BINDINGS = st.builds(Binding, st.sampled_from(BindingReason), st.none() | DAYS)


@given(st.sampled_from(CaseEnding), DAYS, st.lists(BINDINGS, max_size=4), DAYS, st.sampled_from(CASE_KINDS))
def test_nothing_that_binds_is_ever_due(
    ending: CaseEnding, closed: date, bindings: list[Binding], today: date, kind: DataKind
) -> None:
    """Whatever else is so; and what is due was kept for all days of its rule."""
    rules = load_release().retention
    due = due_day(RetentionFacts("gambling", ending, closed, tuple(bindings)), kind, rules, today)
    if due.is_due(today):
        assert not [one for one in bindings if one.until is None or one.until >= today]
        assert due.rule is not None
        assert today >= closed + timedelta(days=due.rule.days)
    if any(one.until is None for one in bindings):
        assert due.on is None
    elif due.on is not None:  # the day that is announced is one on which nothing known binds
        assert all(one.until is not None and one.until < max(due.on, today) for one in bindings)
        assert due_day(
            RetentionFacts("gambling", ending, closed, tuple(bindings)), kind, rules, max(due.on, today)
        ).is_due(max(due.on, today))


@given(DAYS, st.lists(BINDINGS, max_size=2))
def test_an_open_case_is_never_due(today: date, bindings: list[Binding]) -> None:
    """However far the clock jumps."""
    facts = RetentionFacts("gambling", None, None, tuple(bindings))
    assert not any(due.is_due(today) for due in due_days(facts, CASE_KINDS, load_release().retention, today))
