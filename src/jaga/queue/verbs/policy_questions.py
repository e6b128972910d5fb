"""Questions about the policy that come up in a case, and their answers by a policy officer.

A question concerns the rule, and its answer binds nobody: the case is decided by votes, as before. Whoever asks does
not answer, nor does anybody who has voted in the case, since their vote is sealed.
"""

from django.db import transaction

from jaga.cases.reads.case_view import refuse_blind
from jaga.cases.reads.gate import has_voted
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.terms.people import Role
from jaga.queue.models import PolicyQuestion
from jaga.queue.verbs.assignment import WORKERS, visible_case
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import LONGEST_WORDS, MAX_TEXT, required_text
from jaga.store.reads import refuse_uncleared

LEAST = 10  # Characters of a question and of an answer.
MOST_OPEN = 5
"""Questions of one case that may wait for an answer."""


class TooManyQuestions(Conflict):
    """Several questions of this case wait for an answer already."""

    code = "too_many_questions"
    sentence = N_("Several questions of this case are waiting for an answer already.")
    remedy = N_("Wait for an answer first.")


class AnsweredAlready(Conflict):
    """The question has its answer."""

    code = "question_answered"
    sentence = N_("This question has been answered already.")
    remedy = N_("Read the answer. If it leaves something open, ask again from the case.")


class TakesPart(NotPermitted):
    """The person asked this question or has voted in its case."""

    code = "takes_part"
    sentence = N_("You asked this question, or you vote in its case.")
    remedy = N_("Leave the answer to another policy officer.")


@transaction.atomic
def ask_policy_question(case_id: int, text: str, *, actor: Actor) -> int:
    """Ask about the policy from a case that one may see; returns the question's id.

    It neither moves nor decides the case, and its clock goes on. Irreversible. Raises NotPermitted, NotFound,
    JudgedBlind, TooManyQuestions, InvalidInput (`question`).
    """
    person = actor.require(*WORKERS)
    case = visible_case(case_id, actor=actor)
    refuse_blind(case, actor=actor)
    words = required_text(
        "question",
        text,
        least=LEAST,
        most=LONGEST_WORDS,
        needed=N_("Write a question of at least %(least)s characters."),
    )
    if PolicyQuestion.objects.filter(case=case, answered_at__isnull=True).count() >= MOST_OPEN:
        raise TooManyQuestions
    row = PolicyQuestion.objects.create(
        case=case, category=case.category, asked_by_id=person, text=words, asked_at=now()
    )
    append("ask_policy_question", {"question": row.pk}, actor=actor, case_id=case.pk)
    return row.pk


@transaction.atomic
def answer_policy_question(question_id: int, text: str, *, actor: Actor) -> None:
    """Answer a question for everybody who works on cases. Irreversible.

    Raises NotPermitted, TakesPart, NotFound, AnsweredAlready, InvalidInput (`answer`).
    """
    person = actor.require(Role.POLICY)
    row = PolicyQuestion.objects.select_for_update(of=("self",)).select_related("case").filter(pk=question_id).first()
    if row is None:
        raise NotFound
    refuse_uncleared(row.case, actor=actor)
    if row.answered_at is not None:
        raise AnsweredAlready
    if row.asked_by_id == person or has_voted(row.case, actor=actor):
        raise TakesPart
    row.answer = required_text(
        "answer", text, least=LEAST, most=MAX_TEXT, needed=N_("Write an answer of at least %(least)s characters.")
    )
    row.answered_by_id, row.answered_at = person, now()
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    append("answer_policy_question", {"question": row.pk}, actor=actor, case_id=row.case_id)
