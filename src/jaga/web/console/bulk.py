"""Runs over many cases: select, look at each, pass it to a second person, follow it, take single steps back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework import bulk as verbs
from jaga.casework.bulk_doubts import doubts_of
from jaga.casework.bulk_reverse import reverse_item
from jaga.casework.search_terms import read_query
from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms import BulkDoubt, BulkItemState, BulkKind, BulkState
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.policy import load_release
from jaga.records.access.bulk import (
    MORE,
    MOST,
    PAGE,
    SeenItem,
    SeenRun,
    access_run,
    find_cases,
    items_of,
    list_runs,
    read_lines,
)
from jaga.records.access.clusters import waiting_in_cluster
from jaga.web.console.bulk_words import TONES
from jaga.web.console.notices import written
from jaga.web.console.pages import page, signed_in
from jaga.web.console.typed import whole_number
from jaga.web.console.words import category_label, word
from jaga.web.errors import fill, say, say_fields
from jaga.web.templatetags.jaga_tags import wib

_LARGEST = 2**31 - 1
_OPEN = (BulkState.DRAFT, BulkState.PROPOSED)
REPORT_HEADS = (N_("case"), N_("app"), N_("account"), N_("category"), N_("step"), N_("result"), N_("reason"),
                N_("time"), N_("decision"), N_("taken back by"))


@dataclass(frozen=True)
class Row:
    """One case of a run as it is shown. `why`: what the verb refused, in words."""

    item: SeenItem
    doubts: tuple[BulkDoubt, ...]
    barred: bool
    ticked: bool
    why: str
    can_reverse: bool


def _number(given: str) -> int:
    """A number out of an address or a form; 0 for anything else."""
    return whole_number(given, _LARGEST) or 0


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def runs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The team's runs, and the form that selects cases for another. Selecting does nothing to any case."""
    if request.method != "POST":
        list_runs(actor=actor)  # whoever may not is refused before anything is said of the form
        copies = waiting_in_cluster(_number(request.GET.get("copies", "")), actor=actor)
        lines = "\n".join(map(reference_of, copies))
        return _list(request, actor, {"q": request.GET.get("q", "")[:300], "lines": lines})
    kept = {"kind": written(request, "kind"), "q": written(request, "q").strip(), "lines": written(request, "lines")}
    try:
        made = verbs.make_run(_selected(kept, actor), actor=actor)
    except InvalidInput as refused:
        return _list(request, actor, kept, errors=say_fields(refused), status=refused.status)
    return redirect("console:bulk-run", made)


def _selected(kept: Mapping[str, str], actor: Actor) -> verbs.NewRun:
    """What the form means. Raises InvalidInput."""
    if kept["kind"] not in {kind.value for kind in BulkKind}:
        raise InvalidInput(FieldError("kind", "missing", N_("Choose what is to be done.")))
    kind, lines = BulkKind(kept["kind"]), kept["lines"].split("\n")
    if kept["q"]:
        cases, more = find_cases(read_query(kept["q"], get_current_timezone()), actor=actor)
        told = fill(MORE, {"most": MOST})
        return verbs.NewRun(kind, cases, kept["q"], [(0, "", told)] if more else [])
    if len(lines) > MOST:
        raise InvalidInput(FieldError("lines", "too_many", N_("At most %(most)s lines."), {"most": MOST}))
    cases, bad = read_lines(lines, actor=actor)
    if not cases:
        raise InvalidInput(FieldError("lines", "missing", N_(
            "No line means a case. Write case numbers or accounts, one in each line.")))
    return verbs.NewRun(kind, cases[:MOST], bad_lines=bad)


def _list(request: HttpRequest, actor: Actor, kept: Mapping[str, str], *,
          errors: Mapping[str, list[str]] | None = None, status: int = 200) -> HttpResponse:
    rows = list_runs(before=_number(request.GET.get("before", "")) or None, actor=actor)
    return page(request, actor, "bulk.html", {
        "rows": [(run, TONES[run.state]) for run in rows[:PAGE]],
        "next": rows[PAGE - 1].run_id if len(rows) > PAGE else None,
        "kinds": list(BulkKind), "kept": kept, "errors": errors or {}, "most": MOST,
    }, open_link="bulk", status=status)


@require_safe
@signed_in
def run(request: HttpRequest, actor: Actor, run_id: int) -> HttpResponse:
    """One run: what would happen to which case, or how far it has come and what became of each."""
    return _page(request, actor, run_id)


def _page(request: HttpRequest, actor: Actor, run_id: int, *, refused: JagaError | None = None,
          kept: Mapping[str, object] | None = None, why: str = "") -> HttpResponse:
    found = access_run(run_id, actor=actor)
    after = _number(request.GET.get("after", ""))
    items = items_of(found, after=after, actor=actor)
    release, rows = load_release(), _rows(found, items[:PAGE], actor)
    errors = say_fields(refused) if isinstance(refused, InvalidInput) else {}
    bases = {basis.key: basis for item in items[:PAGE]
             for basis in release.legal_bases_for(item.category, item.case.conduct_on)}
    return page(request, actor, "bulk_run.html", {
        "run": found, "tone": TONES[found.state], "rows": rows,
        "plan": kept or {"why": found.why, "target": found.target, "legal_basis": found.legal_basis,
                         "facts": found.facts, "restrict_days": str(found.restrict_days or "")},
        "drafting": found.state is BulkState.DRAFT and found.made_here,
        "checking": found.state is BulkState.PROPOSED and not found.made_here,
        "working": found.state is BulkState.RUNNING, "ended": found.counts.get(BulkItemState.DONE, 0),
        "left_out": found.counts.get(BulkItemState.LEFT_OUT, 0), "left": found.total - found.over,
        "refused_count": found.counts.get(BulkItemState.REFUSED, 0),
        "reversed_count": found.counts.get(BulkItemState.REVERSED, 0),
        "can_drop": found.state in (*_OPEN, BulkState.PAUSED, BulkState.LOOKING),
        "queues": [queue for queue in release.routing.queues if not queue.clearance],
        "queue": release.routing.queue(found.target).label if found.kind is BulkKind.ROUTE and found.target else None,
        "bases": list(bases.values()),
        "days": release.enforcement.restriction_days,
        "after": after, "next": items[PAGE - 1].place if len(items) > PAGE else None, "errors": errors,
        "refused": dict(zip(("sentence", "remedy"), say(refused), strict=True)) if refused and not errors else None,
        "reverse_why": why, "any_reversible": any(row.can_reverse for row in rows),
    }, open_link="bulk", status=refused.status if refused else 200)


def _rows(found: SeenRun, items: tuple[SeenItem, ...], actor: Actor) -> list[Row]:
    """The cases with their doubts. Whoever did not make the run sees no doubt that would tell of the maker's votes."""
    doubts = doubts_of(found.kind, found.target, [item.case for item in items], actor=actor) \
        if found.state in _OPEN else {}
    rows = []
    for item in items:
        own = tuple(doubt for doubt in doubts.get(item.case.pk, ())
                    if found.made_here or doubt is not BulkDoubt.OWN_VOTE)
        reversible = item.state is BulkItemState.DONE and (not found.kind.judges or item.decision_id is not None)
        rows.append(Row(item, own, any(doubt.bars for doubt in own), item.state is BulkItemState.CHOSEN,
                        _told(item.why), reversible and found.state is not BulkState.RUNNING))
    return rows


def _told(why: Mapping[str, object]) -> str:
    """A refusal as it is stored, in the reader's language: its moments in their zone, its terms as words."""
    if not why:
        return ""
    given = why.get("params")
    params: dict[str, object] = {}
    for name, value in (given.items() if isinstance(given, dict) else ()):
        moment = value.get("moment") if isinstance(value, dict) else None
        params[name] = wib(datetime.fromisoformat(moment)) if moment else gettext(value) if value else ""
    return fill(str(why["sentence"]), params)


@require_POST
@signed_in
def step(request: HttpRequest, actor: Actor, run_id: int) -> HttpResponse:
    """One step of the run. What was ticked and written is kept first, whatever the step is."""
    found, asked = access_run(run_id, actor=actor), written(request, "step")
    if asked not in _STEPS:
        raise NotFound
    plan = verbs.Plan(written(request, "why"), written(request, "target"), written(request, "legal_basis"),
                      written(request, "facts"), _number(written(request, "restrict_days")) or None)
    sent = plan if "why" in request.POST else None
    kept = None if sent is None else {
        "why": plan.why, "target": plan.target, "legal_basis": plan.legal_basis, "facts": plan.facts,
        "restrict_days": written(request, "restrict_days")}
    try:
        if "shown" in request.POST and found.state in _OPEN:
            verbs.tick_items(run_id, _numbers(request, "shown"), _numbers(request, "ticked"), sent, actor=actor)
        _STEPS[asked](run_id, plan, actor)
    except (InvalidInput, verbs.RunLapsed, verbs.RunMovedOn, verbs.NeedsAnotherPerson) as refused:
        return _page(request, actor, run_id, refused=refused, kept=kept)
    after = _number(written(request, "next")) if asked == "next" else 0
    return redirect(resolve_url("console:bulk-run", run_id) + (f"?after={after}" if after else ""))


def _numbers(request: HttpRequest, field: str) -> set[int]:
    return {_number(value) for value in request.POST.getlist(field)[:MOST]}


_STEPS: dict[str, Callable[[int, verbs.Plan, Actor], None]] = {
    "tick": lambda run_id, plan, actor: None,
    "next": lambda run_id, plan, actor: None,
    "propose": lambda run_id, plan, actor: verbs.propose_run(run_id, plan, actor=actor),
    "approve": lambda run_id, plan, actor: verbs.approve_run(run_id, actor=actor),
    "pause": lambda run_id, plan, actor: verbs.pause_run(run_id, actor=actor),
    "resume": lambda run_id, plan, actor: verbs.resume_run(run_id, actor=actor),
    "drop": lambda run_id, plan, actor: verbs.drop_run(run_id, actor=actor),
}


@require_POST
@signed_in
def reverse(request: HttpRequest, actor: Actor, run_id: int) -> HttpResponse:
    """Take the step back on one case, with the reason."""
    access_run(run_id, actor=actor)
    why = written(request, "reverse_why")
    try:
        reverse_item(run_id, _number(written(request, "item")), why, actor=actor)
    except NotFound:
        raise
    except JagaError as refused:
        return _page(request, actor, run_id, refused=refused, why=why)
    return redirect("console:bulk-run", run_id)


@require_safe
@signed_in
def report(request: HttpRequest, actor: Actor, run_id: int) -> HttpResponse:
    """What became of each case, as a table for other programs."""
    found = access_run(run_id, actor=actor)
    lines = _report(found, items_of(found, most=None, actor=actor))
    streamed = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="jaga-run-{run_id}.csv"'})
    return cast(HttpResponse, streamed)  # the frame only sets headers, which both have


def _report(found: SeenRun, items: tuple[SeenItem, ...]) -> Iterator[bytes]:
    release = load_release()
    heads = [gettext(head) for head in REPORT_HEADS]
    rows: list[list[Cell]] = [[
        item.case.reference, item.platform, item.account, category_label(item.category, release),
        word(found.kind, "bulk_kind"), word(item.state, "bulk_item"), _told(item.why), item.done_at, item.decision_id,
        item.reversed_by,
    ] for item in items]
    return csv_rows(heads, rows)

