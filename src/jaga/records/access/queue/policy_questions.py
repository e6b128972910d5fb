"""Questions about the policy: those of one case, those that wait for a policy officer, and the latest answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, PolicyQuestion

AUDIENCE = (*READERS, Role.POLICY)
SHOWN = 50


@dataclass(frozen=True)
class PolicyQuestionView:
    """A question. `case_id` is None for a policy officer who does not work on cases and so cannot open it."""

    question_id: int
    case_id: int | None
    reference: str
    category: str
    asked_by: str
    text: str
    asked_at: datetime
    answered_by: str
    answer: str
    answered_at: datetime | None
    may_answer: bool


@dataclass(frozen=True)
class PolicyQuestionsView:
    """Questions that wait, oldest first, and the latest answers, newest first."""

    waiting: tuple[PolicyQuestionView, ...]
    answered: tuple[PolicyQuestionView, ...]


@takes_case
def questions_of(case: Case, *, actor: Actor) -> tuple[PolicyQuestionView, ...]:
    """The questions of a case already fetched with a permission check, newest first."""
    rows = PolicyQuestion.objects.filter(visible_to(actor, path="case__"), case=case).order_by("-pk")[:SHOWN]
    return _views(rows, actor)


def list_policy_questions(*, actor: Actor) -> PolicyQuestionsView:
    """Questions of all cases that the actor may see. Raises NotPermitted for whoever neither works on cases nor answers
    questions.
    """
    actor.require(*AUDIENCE)
    rows = PolicyQuestion.objects.filter(visible_to(actor, path="case__"))
    return PolicyQuestionsView(
        _views(rows.filter(answered_at__isnull=True).order_by("asked_at", "pk")[:SHOWN], actor),
        _views(rows.filter(answered_at__isnull=False).order_by("-answered_at", "-pk")[:SHOWN], actor),
    )


def access_policy_question(question_id: int, *, actor: Actor) -> PolicyQuestionView:
    """One question, for policy officers. Raises NotPermitted, NotFound."""
    actor.require(Role.POLICY)
    found = _views(PolicyQuestion.objects.filter(visible_to(actor, path="case__"), pk=question_id), actor)
    if not found:
        raise NotFound
    return found[0]


def _views(rows: Iterable[PolicyQuestion], actor: Actor) -> tuple[PolicyQuestionView, ...]:
    found = (
        PolicyQuestion.objects.filter(pk__in=[row.pk for row in rows])
        .select_related("case", "asked_by", "answered_by")
        .in_bulk()
    )
    works = bool(actor.roles.intersection(READERS))
    return tuple(
        PolicyQuestionView(
            row.pk,
            row.case_id if works else None,
            row.case.reference,
            row.category,
            row.asked_by.display_name,
            row.text,
            row.asked_at,
            row.answered_by.display_name if row.answered_by else "",
            row.answer,
            row.answered_at,
            row.answered_at is None and Role.POLICY in actor.roles and row.asked_by_id != actor.person_id,
        )
        for row in (found[one.pk] for one in rows)
    )
