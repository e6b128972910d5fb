"""The ledger for auditors, and the history of one case. Read only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.policy.local_time import end_of_day, start_of_day
from jaga.records.access.cases.gate import access_case_history
from jaga.records.access.cases.history import (
    LOOKED_THROUGH,
    LedgerFilter,
    LedgerStatus,
    history_of,
    list_entries,
    people_called,
    see_ledger_status,
)
from jaga.records.access.operations.published_ledger import see_published_ledger
from jaga.web.console.frame.form_values import calendar_day, whole_number
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.references import read_reference
from jaga.web.console.frame.words import word
from jaga.web.console.ledger.sentences import rendered, verbs_that_say


@require_safe
@signed_in
def history(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A case's history, without content or accounts."""
    row = access_case_history(case_id, actor=actor)
    return page(
        request,
        actor,
        "ledger/history.html",
        {
            "case": row,
            "stage": row.stage,
            "entries": rendered(history_of(row, actor=actor)),
        },
        open_link="ledger",
    )


@require_safe
@signed_in
def ledger(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The ledger's status, and its entries, newest first: all, or those that the auditor looks for."""
    typed = {name: request.GET.get(name, "").strip()[:200] for name in FIELDS}
    wanted, errors = _read(typed, actor)
    status = see_ledger_status(actor=actor)
    shown = list_entries(wanted, before=whole_number(request.GET.get("before", "")), actor=actor)
    searched = {name: value for name, value in typed.items() if value}
    return page(
        request,
        actor,
        "ledger/ledger.html",
        {
            "status": status,
            "entries": rendered(shown.entries),
            "typed": typed,
            "errors": errors,
            "searched": bool(searched),
            "older": urlencode({**searched, "before": shown.older}) if shown.older else "",
            "published": see_published_ledger(actor=actor),
            "verified_old": _is_old(status),
            "looked_through": LOOKED_THROUGH,
        },
        open_link="ledger",
        status=422 if errors else 200,
    )


FIELDS = ("what", "who", "case", "since", "until")
_VERIFIED_WITHIN = timedelta(days=2)


def _read(typed: Mapping[str, str], actor: Actor) -> tuple[LedgerFilter, dict[str, list[str]]]:
    """The filter, and what could not be read; an unreadable part filters nothing."""
    errors: dict[str, list[str]] = {}
    case_id = None
    if typed["case"]:
        try:
            case_id = read_reference(typed["case"])
        except NotFound:
            errors["case"] = [gettext("Write a case number such as K000123.")]
    days: dict[str, datetime | None] = {}
    for name, moment in (("since", start_of_day), ("until", end_of_day)):
        day = calendar_day(typed[name])
        days[name] = moment(day) if day else None
        if typed[name] and not day:
            errors[name] = [gettext("Write a day such as 2026-03-20.")]
    return LedgerFilter(
        verbs_that_say(typed["what"]) if typed["what"] else None,
        _actors(typed["who"], actor) if typed["who"] else None,
        case_id,
        **days,
    ), errors


def _actors(name: str, actor: Actor) -> frozenset[str]:
    """People called so, and those who are no person (`system`, `public`), by their names in the reader's language."""
    wanted = name.casefold()
    others = {one for one in NO_PERSON if wanted in one or wanted in word(one, "actor").casefold()}
    return people_called(name, actor=actor) | others


NO_PERSON = ("public", "system", "holder", "cli")


def _is_old(status: LedgerStatus) -> bool:
    return status.verified_at is None or now() - status.verified_at > _VERIFIED_WITHIN
