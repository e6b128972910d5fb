"""Watches: the list, proposing one, its page with the data sheet, starting and stopping it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.watch.candidates import SAMPLE_SHARE
from jaga.casework.watch.reading import go_on_from_present
from jaga.casework.watch.watches import (
    NewWatch,
    OwnWatch,
    WatchOver,
    propose_watch,
    start_watch,
    stop_watch,
    usable_bases,
)
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput, JagaError
from jaga.core.observations.settings import FORMS
from jaga.core.terms.watch import SourceKind, WatchState
from jaga.policy import load_release
from jaga.policy.limits import (
    LONGEST_WATCH_DAYS,
    START_WATCH_HOURS,
    WATCH_FOUND_DAYS,
    WATCH_HASH_DAYS,
    WATCH_RESULTS_DAYS,
    WATCH_SAMPLE_DAYS,
)
from jaga.records.access.watch.backlogs import backlogs_of
from jaga.records.access.watch.watches import (
    STARTS,
    WatchView,
    access_watch,
    cases_of,
    list_watches,
    waiting_of,
    watchable_platforms,
)
from jaga.web.console.frame.form_values import calendar_day, whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.console.watch.words import STATE_TAGS, STATES, WHYS, state_words
from jaga.web.errors import say_fields

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
    return _page(request, actor, watch_id)


@require_POST
@signed_in
def start(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Start a watch, as the second person."""
    try:
        start_watch(watch_id, actor=actor)
    except (OwnWatch, WatchOver) as refused:
        return _page(request, actor, watch_id, refused=refused)
    return redirect("console:watch", watch_id)


@require_POST
@signed_in
def stop(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Stop a running watch or withdraw a proposed one, with a reason."""
    why = StopForm.sent(request).text_of("why")
    try:
        stop_watch(watch_id, why, actor=actor)
    except WatchOver as refused:
        return _page(request, actor, watch_id, refused=refused)
    except InvalidInput as wrong:
        return _page(request, actor, watch_id, wrong=wrong, why=why)
    return redirect("console:watch", watch_id)


@require_POST
@signed_in
def go_on(request: HttpRequest, actor: Actor, watch_id: int) -> HttpResponse:
    """Let a watch forget where it was and go on from the present."""
    try:
        go_on_from_present(watch_id, actor=actor)
    except WatchOver as refused:
        return _page(request, actor, watch_id, refused=refused)
    return redirect("console:watch", watch_id)


def _page(
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
