"""The queue, one's own votes, and going to a case by number.

Exposure to disturbing material: the meter on the case page, its heartbeats, and the wellness page.

Questions about the policy: the queue of policy officers, and their answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.cases.reads.case_view import CaseView
from jaga.cases.reads.gate import access_case_history, access_case_to_read, access_open_case
from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.errors import Conflict, InvalidInput, NotPermitted
from jaga.core.terms.cases import Severity
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import Channel
from jaga.policy.release import load_release
from jaga.queue.reads.queue import QueueRow, list_own_votes, list_queue, list_skipped
from jaga.queue.reads.routing import (
    ExposureView,
    access_policy_question,
    exposure_of,
    list_loads,
    list_policy_questions,
    queues_of,
    unseen_queues,
)
from jaga.queue.reads.waiting import QueueCount, QueueCursor, QueueFilter, count_apart
from jaga.queue.verbs.leases import BEAT, beat, count_exposure
from jaga.queue.verbs.policy_questions import answer_policy_question
from jaga.store.reads import READERS
from jaga.web.errors import language, say, say_fields
from jaga.web.frame.forms import ConsoleForm, Text, whole_number
from jaga.web.frame.notice_words import QueueOrder, order_of, read_reference
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.sections import HighlightSpan, beginning


def exposure_here(case: CaseView, actor: Actor) -> dict[str, Any]:
    """The context of the case page's meter. From now on the page counts as open."""
    count_exposure(case, actor=actor)
    exposure, rules = exposure_of(actor), load_release().wellness
    severe = case.severity >= rules.severe_from
    return {
        "exposure": exposure,
        "exposure_words": words(exposure),
        "exposure_every": int(BEAT.total_seconds()),
        "support": rules.support,
        "exposure_exempt": severe and exposure.lighter_only and case.urgent and case.victim_first,
    }


def words(exposure: ExposureView) -> str:
    """`12 of 180 minutes`."""
    return gettext("%(minutes)s of %(budget)s minutes") % {"minutes": exposure.minutes, "budget": exposure.budget}


@require_POST
@signed_in
def record_beat(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A heartbeat of an open, visible case page; returns the meter's current text."""
    beat(access_open_case(case_id, actor=actor), actor=actor)
    now_seen = exposure_of(actor)
    return JsonResponse({"words": words(now_seen), "shown": now_seen.shown})


@require_safe
@signed_in
def wellness(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own exposure, the rules, and where to find support; for supervisors also everyone's load."""
    actor.require(*READERS)
    rules, supervises = load_release().wellness, Role.SUPERVISOR in actor.roles
    loads = list_loads(actor=actor) if supervises else ()
    return page(
        request,
        actor,
        "queue/wellness.html",
        {
            "own": exposure_of(actor),
            "rules": rules,
            "support": rules.support,
            "supervises": supervises,
            "loads": loads,
        },
        open_link="wellness",
    )


class AnswerForm(ConsoleForm):
    """The answer to a question."""

    answer = Text()


@dataclass(frozen=True)
class AnswerRefused:
    """An answer that was not taken: its question, the text and why."""

    question_id: int
    text: str
    sentences: list[str] = field(default_factory=list)
    status: int = 422


@require_safe
@signed_in
def policy_questions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Waiting questions and the latest answers."""
    return _page_of_policy_questions(request, actor)


@require_POST
@signed_in
def answer(request: HttpRequest, actor: Actor, question_id: int) -> HttpResponse:
    """Answer a question; the input is kept on errors."""
    found = access_policy_question(question_id, actor=actor)
    text = AnswerForm.sent(request).text_of("answer")
    try:
        answer_policy_question(found.question_id, text, actor=actor)
    except InvalidInput as refused:
        sentences = [one for several in say_fields(refused).values() for one in several]
        return _page_of_policy_questions(request, actor, AnswerRefused(question_id, text, sentences, refused.status))
    except (Conflict, NotPermitted) as refused:
        return _page_of_policy_questions(
            request, actor, AnswerRefused(question_id, text, list(say(refused)), refused.status)
        )
    return redirect("console:policy-questions")


def _page_of_policy_questions(request: HttpRequest, actor: Actor, refused: AnswerRefused | None = None) -> HttpResponse:
    found = list_policy_questions(actor=actor)
    return page(
        request,
        actor,
        "queue/policy_questions.html",
        {
            "questions": found,
            "refused": refused,
            "answers": Role.POLICY in actor.roles,
        },
        open_link="policy-questions",
        status=refused.status if refused else 200,
    )


@dataclass(frozen=True)
class QueueLine:
    """A queue row with the beginning of its text, and its place in the order."""

    row: QueueRow
    pieces: tuple[HighlightSpan, ...]
    order: QueueOrder


@require_safe
@signed_in
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Cases waiting for this person's vote, most urgent first."""
    return _queue(request, actor)


def _queue(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    wanted, place = _wanted(request.GET), place_of(request.GET.get("after", ""))
    found = list_queue(wanted, after=place, texts=True, actor=actor)
    here, supervises = _query(wanted), Role.SUPERVISOR in actor.roles
    queues = queues_of(actor)
    return page(
        request,
        actor,
        "queue/queue.html",
        {
            "lines": lines_of(found.rows),
            "wanted": wanted,
            "filtered": wanted != QueueFilter(),
            "later": bool(place),
            "categories": load_release().categories,
            "channels": list(Channel),
            "languages": list(Language),
            "severities": list(Severity),
            "queues": queues,
            "names": {one.key: one.label.say(language()) for one in load_release().routing.queues},
            "apart": QueueCount(0, more=False) if place or wanted.apart else count_apart(actor),
            "skipped": () if place else list_skipped(actor=actor),
            "unseen": unseen_queues(actor=actor) if supervises and not place else (),
            "supervises": supervises,
            "here_query": here,
            "next_query": _query(wanted, found.after) if found.after else "",
            **more,
        },
        open_link="queue",
        status=status,
    )


def lines_of(rows: Iterable[QueueRow]) -> list[QueueLine]:
    """The rows, each with the beginning of its text and its place in the order."""
    return [
        QueueLine(row, beginning(row.text.text, row.text.places) if row.text else (), order_of(row)) for row in rows
    ]


def _wanted(query: QueryDict) -> QueueFilter:
    """The filters in a query string; invalid values are ignored."""
    release = load_release()
    categories = {category.key for category in release.categories}
    queues = {one.key for one in release.routing.queues}
    severities = {severity.name.lower(): severity for severity in Severity}
    category, channel, spoken = query.get("category", ""), query.get("channel", ""), query.get("language", "")
    return QueueFilter(
        category if category in categories else "",
        Channel(channel) if channel in {term.value for term in Channel} else None,
        query.get("overdue") == "1",
        query.get("differing") == "1",
        query.get("answered") == "1",
        query.get("queue", "") if query.get("queue") in queues else "",
        Language(spoken) if spoken in {term.value for term in Language} else None,
        severities.get(query.get("severity", "")),
        query.get("whose", "") if query.get("whose") in ("mine", "free") else "",
        query.get("escalated") == "1",
        query.get("apart") == "1",
    )


def _query(wanted: QueueFilter, after: QueueCursor | None = None) -> str:
    query = QueryDict(mutable=True)
    if wanted.category:
        query["category"] = wanted.category
    if wanted.channel:
        query["channel"] = wanted.channel.value
    for name in ("overdue", "differing", "answered", "escalated", "apart"):
        if getattr(wanted, name):
            query[name] = "1"
    if wanted.queue:
        query["queue"] = wanted.queue
    if wanted.language:
        query["language"] = wanted.language.value
    if wanted.severity:
        query["severity"] = wanted.severity.name.lower()
    if wanted.whose:
        query["whose"] = wanted.whose
    if after:
        query["after"] = written_place(after)
    return query.urlencode()


def written_place(place: QueueCursor) -> str:
    """A cursor as written in a URL."""
    return f"{rfc3339(place.rank_at)}~{place.case_id}"


def place_of(cursor: str) -> QueueCursor | None:
    """The position of a cursor; an invalid one starts at the front."""
    moment, _, number = cursor.partition("~")
    try:
        place = QueueCursor(from_rfc3339(moment), whole_number(number) or 0)
    except ValueError:
        return None
    return place if place.case_id else None


@require_safe
@signed_in
def own_votes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """This person's votes, and the state of those cases."""
    return page(request, actor, "queue/votes.html", {"votes": list_own_votes(actor=actor)}, open_link="votes")


@require_safe
@signed_in
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Go to a case by its number; auditors go to its history. Raises NotFound."""
    case_id = read_reference(request.GET.get("number", ""))
    if Role.AUDITOR in actor.roles and not actor.roles & {Role.REVIEWER, Role.SUPERVISOR}:
        access_case_history(case_id, actor=actor)
        return redirect("console:history", case_id)
    access_case_to_read(case_id, actor=actor)
    return redirect("console:case", case_id)
