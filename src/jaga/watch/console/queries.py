"""Queries over what watches flagged: the form, figures by day, the strongest contributors, single texts, saved
queries.

Look-ups of accounts without a case: asking, permitting as the second person, and carrying one out.

Asking for a file that a flagged text of a case names, and where its files stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.reads.gate import access_case, current_lease
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput, JagaError, NotFound
from jaga.core.terms.people import Role
from jaga.desk.cases.forms import MediaFormData
from jaga.desk.cases.page import case_page, section_page
from jaga.desk.sections import media_context
from jaga.policy.limits import ACTIONABLE_CATEGORIES, UNSOUGHT_CATEGORIES, WATCH_FOUND_DAYS
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.leases import LeaseLost
from jaga.reporting.verbs.monitoring import RETURNS, WORDS
from jaga.watch.reads.lookups import FoundText, list_lookups
from jaga.watch.reads.queries import (
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
from jaga.watch.reads.watches import watchable_platforms
from jaga.watch.verbs.lookups import (
    FIELDS,
    WHO,
    LookupNotPermitted,
    OwnLookup,
    ask_account_lookup,
    look_up_account,
    permit_account_lookup,
    read_watch_query,
)
from jaga.watch.verbs.media import MediaNotToBeHad, MinorMayBeShown, WatchOfMediaOver, YouthQuestionOpen, request_media
from jaga.watch.verbs.watches import take_opt_out_back
from jaga.web.errors import language, say_fields
from jaga.web.frame.charts import ColumnChart, columns
from jaga.web.frame.forms import ConsoleForm, Line, Text, Ticked, whole_number
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.frame.sections import fence_of
from jaga.web.words import rule_words, source_words


class LookupForm(ConsoleForm):
    """A look-up to ask for."""

    platform = Line()
    account = Line()
    reason = Text()


class PermittedLookupForm(ConsoleForm):
    """The account of a permitted look-up, which is not stored."""

    account = Line()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lookups(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The look-ups, newest first, and the form to ask for one."""
    if request.method != "POST":
        return _page_of_lookups(request, actor)
    form = LookupForm.sent(request)
    try:
        ask_account_lookup(form.text_of("platform"), form.text_of("account"), form.text_of("reason"), actor=actor)
    except InvalidInput as wrong:
        return _page_of_lookups(request, actor, form=form, wrong=wrong)
    return redirect("console:account-lookups")


@require_POST
@signed_in
def permit(request: HttpRequest, actor: Actor, lookup_id: int) -> HttpResponse:
    """Permit somebody else's look-up."""
    try:
        permit_account_lookup(lookup_id, actor=actor)
    except (OwnLookup, LookupNotPermitted) as refused:
        return _page_of_lookups(request, actor, refused=refused)
    return redirect("console:account-lookups")


@require_POST
@signed_in
def look_up(request: HttpRequest, actor: Actor, lookup_id: int) -> HttpResponse:
    """Carry out a permitted look-up; what it finds is shown once."""
    try:
        found = look_up_account(lookup_id, PermittedLookupForm.sent(request).text_of("account"), actor=actor)
    except LookupNotPermitted as refused:
        return _page_of_lookups(request, actor, refused=refused)
    return _page_of_lookups(request, actor, found=found)


@require_POST
@signed_in
def opt_out_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Let an account be read again, because its holder asked for it."""
    form = LookupForm.sent(request)
    try:
        take_opt_out_back(form.text_of("platform"), form.text_of("account"), form.text_of("reason"), actor=actor)
    except InvalidInput as wrong:
        return _page_of_lookups(request, actor, back=form, wrong_back=wrong)
    return redirect(f"{reverse('console:account-lookups')}?taken_back=1")


def _page_of_lookups(
    request: HttpRequest,
    actor: Actor,
    *,
    form: LookupForm | None = None,
    wrong: InvalidInput | None = None,
    refused: JagaError | None = None,
    found: tuple[FoundText, ...] | None = None,
    back: LookupForm | None = None,
    wrong_back: InvalidInput | None = None,
) -> HttpResponse:
    may_ask = bool(actor.roles.intersection(WHO))
    return page(
        request,
        actor,
        "watch/lookups.html",
        {
            "lookups": list_lookups(actor=actor),
            "may_ask": may_ask,
            "platforms": watchable_platforms(actor=actor) if may_ask else (),
            "kept": form.kept() if form else {},
            "errors": say_fields(wrong) if wrong else {},
            "refused": refusal(refused) if refused else None,
            "found": found,
            "days": WATCH_FOUND_DAYS,
            "back": back.kept() if back else {},
            "back_errors": say_fields(wrong_back) if wrong_back else {},
            "taken_back": "taken_back" in request.GET,
        },
        open_link="account-lookups",
        status=next((one.status for one in (refused, wrong, wrong_back) if one), 200),
    )


class MediaForm(ConsoleForm):
    """Which file, why, and that nothing suggests a minor."""

    file = Text()
    reason = Text()
    no_sign = Ticked("yes")
    lease = Text()


@require_safe
@signed_in
def media(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The section of the case page with its files, which asks for itself while one is being copied."""
    made = section_page(request, actor, case_id)
    return render(request, "console/watch/media.html", {"case": made.case, **media_context(made)})


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Ask for the bytes of a file; the input is kept on errors. Raises NotFound for one that the case does not name."""
    row, form = access_case(case_id, actor=actor), MediaForm.sent(request)
    chosen = form.text_of("file")
    entered = MediaFormData(chosen, form.text_of("reason"), form.is_ticked("no_sign"))
    number = whole_number(chosen)
    if number is None:
        raise NotFound
    fence = fence_of(form.text_of("lease"), row.pk, current_lease(row, actor=actor), actor)
    try:
        request_media(row.pk, fence, number, entered.reason, no_sign=entered.no_sign, actor=actor)
    except InvalidInput as wrong:
        kept = MediaFormData(entered.media, entered.reason, entered.no_sign, say_fields(wrong))
        return case_page(request, actor, row, kept, status=wrong.status)
    except (LeaseLost, MinorMayBeShown, YouthQuestionOpen, MediaNotToBeHad, WatchOfMediaOver) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), entered, refused=refusal(refused), status=refused.status
        )
    return redirect(f"{resolve_url('console:case', case_id)}#media")


TOPS = {TopOf.ACCOUNTS: N_("Accounts with a case"), TopOf.CONTACTS: N_("Contacts, masked")}
_LABELS = 8  # Days that are labelled in the picture.


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
    return _page_of_queries(request, actor, request.GET)


def query_string(asked: Mapping[str, str]) -> str:
    """The query as in an address, always in one order, so that one query has one address."""
    made = QueryDict(mutable=True)
    made["watched"] = "1"
    for name in FIELDS:
        if asked.get(name):
            made[name] = asked[name]
    return made.urlencode()


def _page_of_queries(
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
