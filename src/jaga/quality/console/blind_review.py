"""Quality: blind reviews, agreement, differences and golden cases.

Agreement, sampling shares and errors as text, charts and tables, for the quality pages and dashboard.

Training on golden cases: one after the other, each with the right answer and its reasons.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_, Conflict, InvalidInput, JagaError, NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Role
from jaga.decisions.verbs.permitted import allowed_decisions
from jaga.figures.reads.dashboard import AUDIENCE, see_numbers
from jaga.policy.limits import LEAST_SHARE, NONE, SEVERAL
from jaga.policy.release import PolicyRelease, load_release
from jaga.quality.reads.blind_review import (
    LEAST_VOTES,
    AgreementView,
    access_quality,
    access_task,
    access_training,
    agreements,
    has_next,
    list_differences,
    list_golden,
    people_not_named,
    training_progress,
    unchanged_shares,
)
from jaga.quality.verbs import blind_review as verbs
from jaga.quality.verbs.blind_review import (
    MAX_REASONS,
    BlindJudgement,
    GoldenAlready,
    JudgedAgain,
    NotDecided,
    answer_training,
)
from jaga.store.reads import READERS
from jaga.web.errors import say, say_fields
from jaga.web.frame.charts import AlikeChart, alike, per_hundred
from jaga.web.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.frame.notice_words import read_reference
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.sections import cut
from jaga.web.frame.words import DECISION_HINTS, DECISIONS, ORDER, category_label, word

_TITLES = {
    MeasuredBy.ALL: N_("All cases together"),
    MeasuredBy.CATEGORY: N_("By rule"),
    MeasuredBy.LANGUAGE: N_("By language of the report"),
    MeasuredBy.REVIEWER: N_("By person"),
}
_SAYS = {
    "low": N_("judged differently too often"),
    "good": N_("alike enough"),
    "few": N_("too few pairs"),
    "alike": N_("no second kind was named"),
}
_TONES = {"low": "contradicted", "good": "kept", "few": "open", "alike": "open"}
_GROUPS = {
    ("audit_words", "women"): N_("words for women"),
    ("audit_words", "men"): N_("words for men"),
    ("audit_words", SEVERAL): N_("words for both"),
    ("audit_words", NONE): N_("no such word"),
    ("audit_region", SEVERAL): N_("several regions"),
    ("audit_region", NONE): N_("no region named"),
}
_AUDITS = {
    "audit_words": N_("Gendered words in the reports"),
    "audit_region": N_("Region named in the reports"),
    "audit_platform": N_("Platform"),
    "audit_language": N_("Language of the report"),
}
_ENOUGH = 100  # Decided cases needed before a share counts as too small.


@dataclass(frozen=True)
class AgreementRow:
    """One measured agreement as sentences."""

    label: str
    agreement: AgreementView
    word: str
    tone: str

    @property
    def spoken(self) -> tuple[int, int]:
        """How many pairs of how many were alike, as people say it."""
        return per_hundred(self.agreement.alike, self.agreement.pairs)


@dataclass(frozen=True)
class AgreementPart:
    """All measured agreements of one kind: chart and rows; `unnamed` people have too few pairs to be named."""

    title: str
    picture: AlikeChart
    rows: tuple[AgreementRow, ...]
    unnamed: int = 0


def scales(*, actor: Actor) -> tuple[AgreementPart, ...]:
    """Agreement overall, by rule and language, and by person for supervisors. Raises NotPermitted."""
    release = load_release()
    views, parts = agreements(actor=actor), []
    shown = [one for one in MeasuredBy if one is not MeasuredBy.REVIEWER or Role.SUPERVISOR in actor.roles]
    for dimension in shown:
        rows = tuple(_row(one, release) for one in views if one.dimension is dimension)
        unnamed = people_not_named(actor=actor) if dimension is MeasuredBy.REVIEWER else 0
        if rows or unnamed:
            parts.append(AgreementPart(gettext(_TITLES[dimension]), _picture(rows), rows, unnamed))
    return tuple(parts)


def own_agreement(*, actor: Actor) -> AgreementPart | None:
    """This person's agreement with the others, or None if not measured."""
    release = load_release()
    rows = tuple(
        _row(one, release)
        for one in agreements(actor=actor)
        if one.dimension is MeasuredBy.REVIEWER and one.key == str(actor.person_id)
    )
    return AgreementPart(gettext("You and the others"), _picture(rows), rows) if rows else None


def _picture(rows: Iterable[AgreementRow]) -> AlikeChart:
    return alike([(row.label, row.agreement.alike, row.agreement.pairs, row.word, row.tone) for row in rows])


def _row(view: AgreementView, release: PolicyRelease) -> AgreementRow:
    if view.pairs < release.quality.least_pairs:
        state = "few"
    elif view.alpha is None:
        state = "alike"
    else:
        state = "low" if view.alpha < release.quality.agreement_bound else "good"
    labels = {
        MeasuredBy.ALL: gettext("All"),
        MeasuredBy.CATEGORY: category_label(view.key, release),
        MeasuredBy.LANGUAGE: word(view.key, "language"),
        MeasuredBy.REVIEWER: view.name,
    }
    return AgreementRow(labels[view.dimension], view, gettext(_SAYS[state]), _TONES[state])


@dataclass(frozen=True)
class ShareRow:
    """The share of recent decisions drawn for blind review."""

    label: str
    decided: int
    drawn: int
    judged: int
    too_small: bool

    @property
    def percent(self) -> float:
        """The share drawn, in percent."""
        return 100 * self.drawn / self.decided if self.decided else 0.0


def shares(*, actor: Actor) -> tuple[ShareRow, ...]:
    """The sample of the last 30 days, for dismissals and other decisions. Raises NotPermitted."""
    numbers = see_numbers(actor=actor)
    rows = []
    for key, label in (("dismissals", N_("dismissals")), ("decisions", N_("other decisions"))):
        decided, drawn = numbers.one("decided_cases", key), numbers.one("drawn_cases", key)
        rows.append(
            ShareRow(
                gettext(label),
                decided,
                drawn,
                numbers.one("judged_cases", key),
                decided >= _ENOUGH and drawn < decided * LEAST_SHARE,
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class AuditRow:
    """Reviewed cases and the errors among them."""

    label: str
    checked: int
    wrong: int

    @property
    def percent(self) -> float:
        """The share found wrong, in percent."""
        return 100 * self.wrong / self.checked if self.checked else 0.0


def audit_tables(*, actor: Actor) -> tuple[tuple[str, tuple[AuditRow, ...]], ...]:
    """Errors by gendered words, region, platform and language. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    numbers, tables = see_numbers(actor=actor), []
    for name, title in _AUDITS.items():
        keys = sorted({key.rpartition("|")[0] for key in numbers.of(name)})
        rows = tuple(
            AuditRow(_audited(name, key), numbers.one(name, f"{key}|checked"), numbers.one(name, f"{key}|wrong"))
            for key in keys
        )
        if rows:
            tables.append((gettext(title), rows))
    return tuple(tables)


def _audited(name: str, key: str) -> str:
    if label := _GROUPS.get((name, key)):
        return gettext(label)
    return word(key, "language") if name == "audit_language" else key


class TrainingForm(ConsoleForm):
    """An answer: decision and reasons."""

    kind = Text()
    reasons = Text()


@require_safe
@signed_in
def training(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own progress and the next case."""
    return page(
        request, actor, "quality/training.html", {"progress": training_progress(actor=actor)}, open_link="quality"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def training_case(request: HttpRequest, actor: Actor, golden_id: int) -> HttpResponse:
    """One case and, once answered, the feedback. The input is kept on errors."""
    if request.method != "POST":
        return _task_of_training(request, actor, golden_id)
    form = TrainingForm.sent(request)
    kind, reasons = form.term_of("kind", DecisionKind), form.text_of("reasons")
    if kind is None:
        return _task_of_training(
            request, actor, golden_id, reasons=reasons, errors={"kind": [gettext("Choose a decision.")]}
        )
    try:
        answer_training(golden_id, BlindJudgement(kind, reasons), actor=actor)
    except InvalidInput as refused:
        return _task_of_training(request, actor, golden_id, kind=kind, reasons=reasons, errors=say_fields(refused))
    except JudgedAgain:
        pass  # the feedback says it all
    return redirect("console:training-case", golden_id)


def _task_of_training(
    request: HttpRequest,
    actor: Actor,
    golden_id: int,
    *,
    kind: DecisionKind | None = None,
    reasons: str = "",
    errors: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    task, release = access_training(golden_id, actor=actor), load_release()
    allowed = allowed_decisions(task.case, release)
    choices = [
        (key, one.value, DECISIONS[one], DECISION_HINTS[one])
        for key, one in enumerate((one for one in ORDER if one in allowed), 1)
    ]
    return page(
        request,
        actor,
        "quality/training_case.html",
        {
            "task": task,
            "case": task.case,
            "feedback": task.feedback,
            "choices": choices,
            "chosen": kind,
            "reasons": reasons,
            "errors": errors or {},
            "longest": MAX_REASONS,
            "reports": [(report, cut(report)) for report in task.reports],
            "rule": release.rule(task.case.category) if task.case.category in release.by_key else None,
            "progress": training_progress(actor=actor),
        },
        open_link="quality",
        status=422 if errors else 200,
    )


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
        return _task_of_blind_review(request, actor, blind_review_id)
    access_task(blind_review_id, actor=actor)
    form = JudgementForm.sent(request)
    kind, reasons = form.term_of("kind", DecisionKind), form.text_of("reasons")
    if kind is None:
        return _task_of_blind_review(
            request, actor, blind_review_id, reasons=reasons, errors={"kind": [gettext("Choose a decision.")]}
        )
    try:
        verbs.record_blind_review(blind_review_id, BlindJudgement(kind, reasons), actor=actor)
    except InvalidInput as refused:
        return _task_of_blind_review(
            request, actor, blind_review_id, kind=kind, reasons=reasons, errors=say_fields(refused)
        )
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


def _task_of_blind_review(
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
