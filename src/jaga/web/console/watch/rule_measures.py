"""How right the rules are by what people judged, and rules that stopped by it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.watch.rule_suspensions import MAX_REASON, SwitchedOnAlready, switch_rule_on
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError
from jaga.core.terms.watch import SourceKind
from jaga.policy import load_release
from jaga.policy.limits import LEAST_JUDGED
from jaga.records.access.watch.people_sample import WEEKS_SHOWN
from jaga.records.access.watch.rule_measures import (
    MAY_SWITCH_ON,
    RuleMeasure,
    list_suspensions,
    open_suspensions,
    rule_measures,
)
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields
from jaga.web.intervals import IntervalChart, intervals
from jaga.web.rule_words import rule_words, source_words, week_words


class SwitchOnForm(ConsoleForm):
    """Why a rule is switched on again."""

    why = Text()


@dataclass(frozen=True)
class MeasureRow:
    """One measured rule, source or week, in words. `state`: `off`, `alarm` or empty."""

    label: str
    measure: RuleMeasure
    state: str


@dataclass(frozen=True)
class MeasureGroup:
    """Rows of one kind, with a picture of their precision and recall. `line`: where the policy's line is drawn."""

    key: str
    title: str
    rows: tuple[MeasureRow, ...]
    picture: IntervalChart


@require_safe
@signed_in
def rules(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All measures of the last weeks, and rules that stopped."""
    return _page(request, actor)


@require_POST
@signed_in
def switch_on(request: HttpRequest, actor: Actor, suspension_id: int) -> HttpResponse:
    """Switch a stopped rule on again, with a reason."""
    why = SwitchOnForm.sent(request).text_of("why")
    try:
        switch_rule_on(suspension_id, why, actor=actor)
    except SwitchedOnAlready as refused:
        return _page(request, actor, refused=refused)
    except InvalidInput as wrong:
        return _page(request, actor, wrong=wrong, about=suspension_id, why=why)
    return redirect("console:rules")


def _page(
    request: HttpRequest,
    actor: Actor,
    *,
    refused: JagaError | None = None,
    wrong: InvalidInput | None = None,
    about: int = 0,
    why: str = "",
) -> HttpResponse:
    found, release, stopped = rule_measures(actor=actor), load_release(), open_suspensions()
    line = release.screening.precision_line
    groups = [
        _group("all", gettext("Everything together"), [MeasureRow(gettext("All rules"), found.total, "")], line),
        _group(
            "rule",
            gettext("By rule"),
            [
                MeasureRow(rule_words(one.key, one.category, release), one, _state(one.key, stopped))
                for one in found.rules
            ],
            line,
        ),
        _group(
            "source",
            gettext("By source"),
            [MeasureRow(source_words(SourceKind(one.key)), one, "") for one in found.sources],
            line,
        ),
        _group("week", gettext("By week"), [MeasureRow(week_words(one.key), one, "") for one in found.weeks], line),
    ]
    suspensions = list_suspensions(actor=actor)
    return page(
        request,
        actor,
        "watch/rules.html",
        {
            "measured": [group for group in groups if any(row.measure.judged for row in group.rows)],
            "suspensions": [(one, rule_words(one.rule, one.category, release)) for one in suspensions],
            "any_open": any(one.ended_at is None for one in suspensions),
            "may_switch": bool(actor.roles.intersection(MAY_SWITCH_ON)),
            "line": 100 * line,
            "least": LEAST_JUDGED,
            "weeks": WEEKS_SHOWN,
            "refused": refusal(refused) if refused else None,
            "about": about,
            "why": why,
            "longest": MAX_REASON,
            "errors": say_fields(wrong) if wrong else {},
        },
        open_link="rules",
        status=refused.status if refused else wrong.status if wrong else 200,
    )


def _state(rule: str, stopped: dict[str, bool]) -> str:
    return "" if rule not in stopped else "alarm" if stopped[rule] else "off"


def _group(key: str, title: str, rows: Iterable[MeasureRow], line: float) -> MeasureGroup:
    shown = tuple(rows)
    return MeasureGroup(
        key, title, shown, intervals([(row.label, row.measure.precision, row.measure.recall) for row in shown], line)
    )
