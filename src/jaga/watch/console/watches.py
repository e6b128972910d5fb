"""Watches: the list, proposing one, its page with the data sheet, starting and stopping it.

How right the rules are by what people judged, and rules that stopped by it.

The words for the states of watches and their sources.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput, JagaError
from jaga.core.observations import FORMS
from jaga.core.terms.reports import SourceKind, SourceState, WatchState
from jaga.policy.limits import (
    LEAST_JUDGED,
    LONGEST_WATCH_DAYS,
    START_WATCH_HOURS,
    WATCH_FOUND_DAYS,
    WATCH_HASH_DAYS,
    WATCH_RESULTS_DAYS,
    WATCH_SAMPLE_DAYS,
)
from jaga.policy.release import load_release
from jaga.watch.reads.people_sample import (
    MAY_SWITCH_ON,
    WEEKS_SHOWN,
    RuleMeasure,
    list_suspensions,
    open_suspensions,
    rule_measures,
)
from jaga.watch.reads.watches import (
    STARTS,
    WatchView,
    access_watch,
    backlogs_of,
    cases_of,
    list_watches,
    waiting_of,
    watchable_platforms,
)
from jaga.watch.verbs.people_sample import MAX_REASON, SAMPLE_SHARE, SwitchedOnAlready, switch_rule_on
from jaga.watch.verbs.reading import go_on_from_present
from jaga.watch.verbs.watches import NewWatch, OwnWatch, WatchOver, propose_watch, start_watch, stop_watch, usable_bases
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Text, calendar_day, whole_number
from jaga.web.frame.pages import Refusal, page, refusal, signed_in
from jaga.web.intervals import IntervalChart, intervals
from jaga.web.words import rule_words, source_words, week_words


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
    return _page_of_rule_measures(request, actor)


@require_POST
@signed_in
def switch_on(request: HttpRequest, actor: Actor, suspension_id: int) -> HttpResponse:
    """Switch a stopped rule on again, with a reason."""
    why = SwitchOnForm.sent(request).text_of("why")
    try:
        switch_rule_on(suspension_id, why, actor=actor)
    except SwitchedOnAlready as refused:
        return _page_of_rule_measures(request, actor, refused=refused)
    except InvalidInput as wrong:
        return _page_of_rule_measures(request, actor, wrong=wrong, about=suspension_id, why=why)
    return redirect("console:rules")


def _page_of_rule_measures(
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


STATES: Mapping[WatchState, str] = {
    WatchState.PROPOSED: N_("proposed: waits for a second person"),
    WatchState.RUNNING: N_("running"),
    WatchState.WITHDRAWN: N_("never started"),
    WatchState.STOPPED: N_("stopped by a person"),
    WatchState.ENDED: N_("ended"),
}
STATE_TAGS: Mapping[WatchState, str] = {
    WatchState.PROPOSED: "tag--warn",
    WatchState.RUNNING: "tag--ok",
    WatchState.WITHDRAWN: "",
    WatchState.STOPPED: "",
    WatchState.ENDED: "",
}
SOURCES: Mapping[SourceState, str] = {
    SourceState.WAITING: N_("not read yet"),
    SourceState.READING: N_("is read"),
    SourceState.UNREACHABLE: N_("does not answer"),
    SourceState.REFUSED: N_("does not let us read"),
    SourceState.FAULTY: N_("answers what cannot be used"),
    SourceState.WENT_BACK: N_("went back in time"),
    SourceState.REPEATING: N_("sends the same again"),
    SourceState.STALLED: N_("does not come to an end"),
    SourceState.BUDGET_USED: N_("the budget of the day is used up"),
}
TO_DO: Mapping[SourceState, str] = {
    SourceState.UNREACHABLE: N_(
        "It is read again automatically. If it keeps failing, check its address and whether it is up."
    ),
    SourceState.REFUSED: N_(
        "Check the token and the scope of the watch; if the source forbids reading, stop the watch."
    ),
    SourceState.FAULTY: N_("It is read again automatically. If it keeps failing, tell whoever runs the source."),
    SourceState.WENT_BACK: N_("Ask whoever runs it what happened, then let the watch go on from the present."),
    SourceState.REPEATING: N_(
        "Nothing is counted twice, not even under another id. It is read less often until"
        " something new comes; if that lasts, tell whoever runs the source."
    ),
    SourceState.STALLED: N_(
        "The reading was ended, and is tried again from where it was. The other watches go on. If"
        " it lasts, look at what the source answers, and whether the worker runs."
    ),
    SourceState.BUDGET_USED: N_("It goes on tomorrow. If the budget is too small, two people start a new watch."),
}
NO_FILE = N_("cannot be opened")
PUT_FILE = N_(
    "Put the file into the folder watch of this installation, readable for the worker, under a name that ends"
    " in .jsonl, .csv, .tsv, .parquet, .warc or .warc.gz. It is tried again every ten minutes."
)
WHYS: Mapping[str, str] = {
    "No such file or directory": N_("there is no such file"),
    "Permission denied": N_("the worker may not read the file"),
    "not a public address": N_("its address is not public"),
    "GET: ConnectError": N_("no connection"),
    "CannotResolveHostError": N_("nobody knows this address"),
    "redirect out of scope": N_("it leads out of the scope"),
}
"""Frequent reasons of sources; others are shown as the source gave them."""


def state_words(kind: SourceKind, state: SourceState) -> tuple[str, str]:
    """How a source is, and what to do about it ("" for nothing), in English."""
    if FORMS[kind].is_file and state is SourceState.REFUSED:
        return NO_FILE, PUT_FILE
    return SOURCES[state], TO_DO.get(state, "")


_AT_END = timedelta(seconds=1)
"""A watch that is less behind was read to its end."""
DAYS = {
    "found": WATCH_FOUND_DAYS,
    "hashes": WATCH_HASH_DAYS,
    "sample": WATCH_SAMPLE_DAYS,
    "results": WATCH_RESULTS_DAYS,
    "longest": LONGEST_WATCH_DAYS,
}


class WatchForm(ConsoleForm):
    """A watch to propose; the scope one a line."""

    platform = Line()
    kind = Line()
    url = Line()
    surfaces = Text()
    token_file = Line()
    token_owner = Line()
    legal_basis = Line()
    purpose = Text()
    budget = Line()
    until = Line()

    def proposed(self) -> NewWatch:
        """What the verb takes."""
        lines = tuple(dict.fromkeys(filter(None, map(str.strip, self.text_of("surfaces").split("\n")))))
        return NewWatch(
            platform=self.text_of("platform"),
            kind=self.term_of("kind", SourceKind),
            legal_basis=self.text_of("legal_basis"),
            purpose=self.text_of("purpose"),
            budget=whole_number(self.text_of("budget")),
            until=calendar_day(self.text_of("until")),
            url=self.text_of("url"),
            surfaces=lines,
            token_file=self.text_of("token_file"),
            token_owner=self.text_of("token_owner"),
        )


class StopForm(ConsoleForm):
    """Why a watch is stopped or withdrawn."""

    why = Text()


@require_safe
@signed_in
def watches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All watches: what runs or waits, then what is over."""
    found = list_watches(actor=actor)
    return page(
        request,
        actor,
        "watch/watches.html",
        {
            "current": [_row(one) for one in found.current],
            "over": [_row(one) for one in found.over],
            "may_propose": bool(actor.roles.intersection(STARTS)),
            "hours": START_WATCH_HOURS,
            "days": DAYS,
        },
        open_link="watches",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Propose a watch."""
    platforms = watchable_platforms(actor=actor)
    form, errors, status = WatchForm.sent(request), dict[str, list[str]](), 200
    if request.method == "POST":
        try:
            return redirect("console:watch", propose_watch(form.proposed(), actor=actor).pk)
        except InvalidInput as wrong:
            errors, status = say_fields(wrong), wrong.status
    return page(
        request,
        actor,
        "watch/new.html",
        {
            "kept": form.kept(),
            "errors": errors,
            "platforms": platforms,
            "kinds": [(kind.value, gettext(form.label)) for kind, form in FORMS.items()],
            "helps": [_help(kind) for kind in FORMS],
            "bases": usable_bases(load_release()),
            "hours": START_WATCH_HOURS,
            "days": DAYS,
        },
        open_link="watches",
        status=status,
    )


@require_safe
@signed_in
def watch(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """One watch and its data sheet."""
    return _page_of_watches(request, actor, watch_id)


@require_POST
@signed_in
def start(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Start a watch, as the second person."""
    try:
        start_watch(watch_id, actor=actor)
    except (OwnWatch, WatchOver) as refused:
        return _page_of_watches(request, actor, watch_id, refused=refused)
    return redirect("console:watch", watch_id)


@require_POST
@signed_in
def stop(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Stop a running watch or withdraw a proposed one, with a reason."""
    why = StopForm.sent(request).text_of("why")
    try:
        stop_watch(watch_id, why, actor=actor)
    except WatchOver as refused:
        return _page_of_watches(request, actor, watch_id, refused=refused)
    except InvalidInput as wrong:
        return _page_of_watches(request, actor, watch_id, wrong=wrong, why=why)
    return redirect("console:watch", watch_id)


@require_POST
@signed_in
def go_on(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Let a watch forget where it was and go on from the present."""
    try:
        go_on_from_present(watch_id, actor=actor)
    except WatchOver as refused:
        return _page_of_watches(request, actor, watch_id, refused=refused)
    return redirect("console:watch", watch_id)


def _page_of_watches(
    request: HttpRequest,
    actor: Actor,
    watch_id: int,
    *,
    refused: JagaError | None = None,
    wrong: InvalidInput | None = None,
    why: str = "",
) -> HttpResponse:
    one = access_watch(watch_id, actor=actor)
    cases, decided = cases_of(watch_id, actor=actor)
    shown: Refusal | None = refusal(refused) if refused else None
    status = refused.status if refused else wrong.status if wrong else 200
    return page(
        request,
        actor,
        "watch/watch.html",
        {
            **_row(one),
            "form": FORMS[one.kind],
            "cases": cases,
            "decided": decided,
            "refused": shown,
            "files": backlogs_of(watch_id, actor=actor) if one.kind is SourceKind.BACKLOG else (),
            "waiting": waiting_of(watch_id, actor=actor),
            "waiting_days": load_release().screening.shared_words_days,
            "errors": say_fields(wrong) if wrong else {},
            "why": why,
            "may_act": bool(actor.roles.intersection(STARTS)),
            "waits": one.state is WatchState.PROPOSED,
            "runs": one.state is WatchState.RUNNING,
            "days": DAYS,
            "share": round(1 / SAMPLE_SHARE),
        },
        open_link="watches",
        status=status,
    )


def _row(one: WatchView) -> dict[str, object]:
    source = one.source
    runs = one.state is WatchState.RUNNING
    behind = source.lag if source else None
    state, to_do = state_words(one.kind, source.state) if source and runs else ("", "")
    why = source.why if source else ""
    return {
        "one": one,
        "state": gettext(STATES[one.state]),
        "tag": STATE_TAGS[one.state],
        "kind": gettext(FORMS[one.kind].label),
        "runs": runs,
        "lag": _lag(behind),
        "at_end": behind is not None and behind < _AT_END,
        "source_state": gettext(state) if state else "",
        "to_do": gettext(to_do) if to_do else "",
        "why_failed": gettext(WHYS[why]) if why in WHYS else why,
    }


def _lag(lag: timedelta | None) -> str:
    """How far behind the source a watch is, in words; "" if it is not known, or was read to its end."""
    if lag is None or lag < _AT_END:
        return ""
    seconds = max(int(lag.total_seconds()), 0)
    if seconds < 120:
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    if seconds < 7200:
        return ngettext("%(number)s minute", "%(number)s minutes", seconds // 60) % {"number": seconds // 60}
    return ngettext("%(number)s hour", "%(number)s hours", seconds // 3600) % {"number": seconds // 3600}


def _help(kind: SourceKind) -> dict[str, object]:
    """What a kind of source reads, and which settings it has."""
    form = FORMS[kind]
    return {
        "label": gettext(form.label),
        "reads": gettext(form.reads),
        "settings": [
            (gettext(name), gettext(setting.help))
            for name, setting in (
                (N_("Address or file"), form.url),
                (N_("Scope"), form.surfaces),
                (N_("File with the token"), form.token),
            )
            if setting
        ],
    }
