"""Quality: blind reviews, agreement, differences and golden cases."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.decisions.permitted import allowed_decisions
from jaga.casework.quality import blind_review as verbs
from jaga.casework.quality.blind_review import MAX_REASONS, BlindJudgement, GoldenAlready, NotDecided
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput, JagaError, NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.quality.blind_review import (
    access_quality,
    access_task,
    has_next,
    list_differences,
    list_golden,
)
from jaga.records.access.quality.prepared_sentences import LEAST_VOTES, unchanged_shares
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.highlight import cut
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.references import read_reference
from jaga.web.console.frame.words import DECISION_HINTS, DECISIONS, ORDER
from jaga.web.console.quality.agreement import audit_tables, own_agreement, scales, shares
from jaga.web.errors import say, say_fields


class JudgementForm(ConsoleForm):
    """A blind review's answer: decision and reason."""

    kind = Text()
    reasons = Text()


class GoldenForm(JudgementForm):
    """A decided case to mark as golden, by number."""

    number = Text()
    training = Ticked(None)


class NoteForm(ConsoleForm):
    """The outcome of a difference."""

    note = Text()


@dataclass(frozen=True)
class QualityFormErrors:
    """Errors and input of a rejected form on the quality page."""

    form: str
    sentences: tuple[str, ...]
    kept: Mapping[str, str]
    status: int = 422
    about: int = 0  # The judgement a note is about.


@require_safe
@signed_in
def quality(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The next blind review and agreement; for supervisors also differences and golden cases."""
    return _page(request, actor)


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take the next blind review."""
    taken = verbs.take_next(actor=actor)
    if taken is None:
        return redirect(f"{resolve_url('console:quality')}?none=1")
    return redirect("console:blind-review", taken)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def judge(request: HttpRequest, actor: Actor, blind_review_id: int) -> HttpResponse:
    """One case as if newly received, and its answer. The input is kept on errors."""
    if request.method != "POST":
        return _task(request, actor, blind_review_id)
    access_task(blind_review_id, actor=actor)
    form = JudgementForm.sent(request)
    kind, reasons = form.term_of("kind", DecisionKind), form.text_of("reasons")
    if kind is None:
        return _task(request, actor, blind_review_id, reasons=reasons, errors={"kind": [gettext("Choose a decision.")]})
    try:
        verbs.record_blind_review(blind_review_id, BlindJudgement(kind, reasons), actor=actor)
    except InvalidInput as refused:
        return _task(request, actor, blind_review_id, kind=kind, reasons=reasons, errors=say_fields(refused))
    except NotDecided as refused:
        verbs.leave(blind_review_id, actor=actor)
        return _page(request, actor, QualityFormErrors("", say(refused), {}, refused.status))
    return redirect(f"{resolve_url('console:quality')}?done=1")


@require_POST
@signed_in
def leave(request: HttpRequest, actor: Actor, blind_review_id: int) -> HttpResponse:
    """Return the case for someone else."""
    verbs.leave(blind_review_id, actor=actor)
    return redirect("console:quality")


@require_POST
@signed_in
def note(request: HttpRequest, actor: Actor, blind_review_id: int) -> HttpResponse:
    """Record the outcome of a difference."""
    text = NoteForm.sent(request).text_of("note")
    try:
        verbs.note_difference(blind_review_id, text, actor=actor)
    except InvalidInput as refused:
        return _page(
            request, actor, QualityFormErrors("note", _sentences(refused), {"note": text}, about=blind_review_id)
        )
    return redirect(f"{resolve_url('console:quality')}#differences")


@require_POST
@signed_in
def mark(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Mark a decided case as golden."""
    actor.require(Role.SUPERVISOR)
    form = GoldenForm.sent(request)
    number, reasons, kind = form.text_of("number"), form.text_of("reasons"), form.term_of("kind", DecisionKind)
    training = form.is_ticked("training")
    kept = {
        "number": number,
        "reasons": reasons,
        "kind": kind.value if kind else "",
        "training": "1" if training else "",
    }
    if kind is None:
        return _page(request, actor, QualityFormErrors("golden", (gettext("Choose a decision."),), kept))
    try:
        verbs.mark_golden(read_reference(number), kind, reasons, training=training, actor=actor)
    except NotFound:
        sentence = gettext("There is no case with this number.")
        return _page(request, actor, QualityFormErrors("golden", (sentence,), kept))
    except (InvalidInput, NotDecided, GoldenAlready) as refused:
        return _page(request, actor, QualityFormErrors("golden", _sentences(refused), kept, refused.status))
    return redirect(f"{resolve_url('console:quality')}#golden")


@require_POST
@signed_in
def unmark(request: HttpRequest, actor: Actor, golden_id: int) -> HttpResponse:
    """Remove a golden case."""
    verbs.withdraw_golden(golden_id, actor=actor)
    return redirect(f"{resolve_url('console:quality')}#golden")


def _page(request: HttpRequest, actor: Actor, refused: QualityFormErrors | None = None) -> HttpResponse:
    access_quality(actor=actor)
    judges = bool(actor.roles & set(READERS))
    supervises = Role.SUPERVISOR in actor.roles
    return page(
        request,
        actor,
        "quality/quality.html",
        {
            "scales": scales(actor=actor),
            "own": own_agreement(actor=actor),
            "judges": judges,
            "again": judges and has_next(actor),
            "supervises": supervises,
            "refused": refused,
            "quality": load_release().quality,
            "done": "done" in request.GET,
            "none": "none" in request.GET,
            "shares": shares(actor=actor) if supervises else (),
            "audits": audit_tables(actor=actor) if supervises else (),
            "differences": list_differences(actor=actor) if supervises else (),
            "golden": list_golden(actor=actor) if supervises else (),
            "unchanged": unchanged_shares(actor=actor) if supervises else (),
            "least_votes": LEAST_VOTES,
            "kinds": [(kind.value, DECISIONS[kind]) for kind in ORDER],
            "longest": MAX_REASONS,
        },
        open_link="quality",
        status=refused.status if refused else 200,
    )


def _task(
    request: HttpRequest,
    actor: Actor,
    blind_review_id: int,
    *,
    kind: DecisionKind | None = None,
    reasons: str = "",
    errors: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    task, release = access_task(blind_review_id, actor=actor), load_release()
    allowed = allowed_decisions(task.case, release)
    choices = [
        (key, one.value, DECISIONS[one], DECISION_HINTS[one])
        for key, one in enumerate((one for one in ORDER if one in allowed), 1)
    ]
    return page(
        request,
        actor,
        "quality/blind_review.html",
        {
            "task": task,
            "case": task.case,
            "choices": choices,
            "chosen": kind,
            "reasons": reasons,
            "errors": errors or {},
            "longest": MAX_REASONS,
            "evidence": task.evidence,
            "reports": [(report, cut(report)) for report in task.reports],
            "rule": release.rule(task.case.category) if task.case.category in release.by_key else None,
        },
        open_link="quality",
        status=422 if errors else 200,
    )


def _sentences(refused: JagaError | Conflict) -> tuple[str, ...]:
    if isinstance(refused, InvalidInput):
        return tuple(sentence for sentences in say_fields(refused).values() for sentence in sentences)
    return say(refused)
