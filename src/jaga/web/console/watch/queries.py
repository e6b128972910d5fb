"""Queries over what watches flagged: the form, figures by day, the strongest contributors, single texts, saved
queries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.saved_views import delete_view, save_view
from jaga.casework.reporting.monitoring import RETURNS, WORDS
from jaga.casework.watch.query_terms import FIELDS, read_watch_query
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput
from jaga.core.terms.people import Role
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import ACTIONABLE_CATEGORIES, UNSOUGHT_CATEGORIES, WATCH_FOUND_DAYS
from jaga.policy.local_time import today
from jaga.records.access.queue.saved_views import SavedFor, list_views
from jaga.records.access.watch.queries import (
    QueriedWatch,
    QueryTooSlow,
    TopOf,
    TopRow,
    WatchAnswer,
    WatchQuery,
    may_look_into_cases,
    queried_watches,
    run_watch_query,
)
from jaga.web.console.frame.charts import ColumnChart, columns
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line, Ticked
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import language, say_fields
from jaga.web.rule_words import rule_words, source_words

TOPS = {TopOf.ACCOUNTS: N_("Accounts with a case"), TopOf.CONTACTS: N_("Contacts, masked")}
_LABELS = 8  # Days that are labelled in the picture.


class SaveQueryForm(ConsoleForm):
    """A query to save, as in the address."""

    name = Line()
    query = Line()
    shared = Ticked("1")


@dataclass(frozen=True)
class TopTable:
    """One table of the strongest contributors: rows of (words, texts, address of the same query with only these)."""

    key: str
    title: str
    rows: tuple[tuple[str, int, str], ...]


@require_safe
@signed_in
def query(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The answer to the query in the address; without one, of the last days."""
    return _page(request, actor, request.GET)


@require_POST
@signed_in
def save(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Save the query under a name; its days become the last so many."""
    form = SaveQueryForm.sent(request)
    asked = QueryDict(form.text_of("query"))
    kept: dict[str, str] = {}

    def keep() -> None:
        found = read_watch_query(asked.dict(), actor=actor)
        kept.update(
            {name: asked.get(name, "") for name in FIELDS if name not in ("since", "until")},
            days=str((found.last - found.first).days + 1),
        )
        save_view(form.text_of("name"), query_string(kept), shared=form.is_ticked("shared"), actor=actor)

    def again(**more: Any) -> HttpResponse:
        return _page(request, actor, asked, kept_name=form.text_of("name"), **more)

    answer = run_or_rerender(keep, again, redirect("console:watch-query"))
    if answer.status_code == 302:
        answer["Location"] += f"?{query_string(kept)}"
    return answer


@require_POST
@signed_in
def delete(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Delete a saved query."""
    return run_or_rerender(
        lambda: delete_view(view_id, SavedFor.WATCHED, actor=actor),
        lambda **more: _page(request, actor, QueryDict(), **more),
        redirect("console:watch-query"),
    )


def query_string(asked: Mapping[str, str]) -> str:
    """The query as in an address, always in one order, so that a saved one is known again."""
    made = QueryDict(mutable=True)
    made["watched"] = "1"
    for name in FIELDS:
        if asked.get(name):
            made[name] = asked[name]
    return made.urlencode()


def _page(
    request: HttpRequest,
    actor: Actor,
    given: QueryDict,
    *,
    status: int = 200,
    errors: Mapping[str, list[str]] | None = None,
    **more: object,
) -> HttpResponse:
    asked = {name: given.get(name, "") for name in FIELDS}
    watches = queried_watches(actor=actor)
    release, here = load_release(), query_string(asked)
    context: dict[str, object] = {
        "asked": asked,
        "here": here,
        "errors": errors or {},
        "days": WATCH_FOUND_DAYS,
        "saved": [(view, view.query == here) for view in list_views(SavedFor.WATCHED, actor=actor)],
        "supervises": Role.SUPERVISOR in actor.roles,
        "may_read": may_look_into_cases(actor),
        "oldest": (today() - timedelta(days=WATCH_FOUND_DAYS - 1)).isoformat(),
        "today": today().isoformat(),
        "later": "after" in given,
        **_choices(watches, release),
        **more,
    }
    try:
        wanted = read_watch_query(asked, actor=actor)
        answer = run_watch_query(wanted, after=whole_number(given.get("after", "")), actor=actor)
    except InvalidInput as wrong:
        context["errors"] = {**say_fields(wrong), **(errors or {})}
        status = wrong.status if status == 200 else status
    except QueryTooSlow as slow:
        context["refused"] = refusal(slow)
        status = slow.status
    else:
        context |= _answered(answer, wanted, asked, release)
    return page(request, actor, "watch/query.html", context, open_link="watch-query", status=status)


def _choices(watches: Iterable[QueriedWatch], release: PolicyRelease) -> dict[str, object]:
    found = list(watches)
    keys = sorted(ACTIONABLE_CATEGORIES - UNSOUGHT_CATEGORIES)
    rules = [
        (rule.key, rule_words(rule.key, rule.category, release))
        for rule in release.screening_rules
        if rule.mode == "live"
    ]
    lists = [
        (f"{begins}{key}", rule_words(f"{begins}{key}", key, release)) for begins in (WORDS, RETURNS) for key in keys
    ]
    return {
        "platforms": sorted({(one.platform_name, one.platform) for one in found}, key=lambda pair: pair[1]),
        "kinds": sorted({(one.kind.value, source_words(one.kind)) for one in found}, key=lambda pair: pair[1]),
        "watches": [(one.watch_id, f"{one.number} ({one.platform})") for one in found],
        "tops": [(one.value, gettext(words)) for one, words in TOPS.items()],
        "rules": [*sorted(rules, key=lambda pair: pair[1]), *lists],
        "categories": [(one.key, one.label.say(language())) for one in release.categories if one.key in keys],
    }


def _answered(
    answer: WatchAnswer, wanted: WatchQuery, asked: Mapping[str, str], release: PolicyRelease
) -> dict[str, object]:
    def more(
        name: str, rows: Iterable[TopRow], words: Mapping[str, str] | None = None
    ) -> tuple[tuple[str, int, str], ...]:
        return tuple(
            (words[row.key] if words else row.label, row.texts, f"?{query_string({**asked, name: row.key})}")
            for row in rows
        )

    rule_names = {row.key: rule_words(row.key, row.category, release) for row in answer.rules}
    labels = {one.key: one.label.say(language()) for one in release.categories}
    tables = [
        TopTable("rules", gettext("Rules"), more("rule", answer.rules, rule_names)),
        TopTable(
            "categories",
            gettext("Categories"),
            more("category", answer.categories, {row.key: labels.get(row.key, row.key) for row in answer.categories}),
        ),
        TopTable("sources", gettext("Watches"), more("watch", answer.watches)),
    ]
    if wanted.top is TopOf.ACCOUNTS:
        tables.append(TopTable("accounts", gettext(TOPS[TopOf.ACCOUNTS]), more("case", answer.top)))
    if wanted.top is TopOf.CONTACTS:
        tables.append(TopTable("contacts", gettext(TOPS[TopOf.CONTACTS]), more("contact", answer.top)))
    return {
        "answer": answer,
        "chart": _chart(answer),
        "tables": [table for table in tables if table.rows],
        "rows": [(row, rule_words(row.rule, row.category, release)) for row in answer.rows],
        "next": f"{query_string(asked)}&after={answer.after}" if answer.after else "",
        "first": _day(wanted.first),
        "last": _day(wanted.last),
        "no_case": answer.texts - answer.in_cases,
        "case_chosen": wanted.case,
        "contact_chosen": wanted.contact,
        "all_words": reverse("console:watch-query") + "?" + query_string({**asked, "case": "", "contact": ""}),
    }


def _chart(answer: WatchAnswer) -> ColumnChart:
    step = -(-len(answer.days) // _LABELS)
    last = len(answer.days) - 1
    return columns(
        [
            (str(day.day) if (last - place) % step == 0 else "", _day(day), texts, in_cases)
            for place, (day, texts, in_cases) in enumerate(answer.days)
        ]
    )


def _day(day: date) -> str:
    return format_date(day, "d MMM y", locale=language().value)
