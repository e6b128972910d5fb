"""Earlier decisions that a person may not learn of yet, because they may still have to vote about the account.

They are kept back while a case of the account (reported or linked) waits for a vote of theirs and they have not asked
for earlier decisions on its page. Until then they may learn that another case exists and is decided; not what was
decided, nor how far that is (being carried out, restored), which would say it. One condition serves every list, the
filters of the search and the door of the decided case itself, so that none tells what another keeps.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from jaga.core.actors import Actor
from jaga.core.cases import UNJUDGED_STATES, CaseState, reference_of
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS, clearances_of
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Vote

JUDGED = frozenset({CaseState.COMMITTING, CaseState.ACTING, CaseState.RESTORING, CaseState.RESOLVED})
"""States after the votes. To whom a case is kept back, they are one: decided."""
_WAITS = """w.state = ANY(%s) AND w.clearance = ANY(%s)
    AND NOT EXISTS (SELECT FROM records_vote v WHERE v.case_id = w.id AND v.person_id = %s
                    AND NOT EXISTS (SELECT FROM records_votewithdrawal x WHERE x.vote_id = v.id))
    AND NOT EXISTS (SELECT FROM records_accessevent e WHERE e.case_id = w.id AND e.person_id = %s AND e.what = %s)"""
_REPORTED = f"SELECT w.id FROM records_case w WHERE w.subject_id = %(account)s AND {_WAITS}"  # noqa: S608
_LINKED = (
    f"SELECT w.id FROM records_linkedaccount l JOIN records_case w ON w.id = l.case_id"  # noqa: S608
    f" WHERE l.subject_id = %(account)s AND l.withdrawn_at IS NULL AND {_WAITS}"
)


class EarlierCaseKeptBack(Conflict):
    """The case is decided, and a newer one about its account waits for the actor's vote."""

    code = "read_the_waiting_case_first"
    sentence = N_("This case is decided, and a newer report about its account still waits for you.")
    remedy = N_(
        "Open case %(reference)s and read it first. Its “Show earlier decisions and strikes” then opens this case too."
    )


def _waiting_about(account: str) -> str:
    """A query of the cases for whose sake decisions about the account of this column are kept back."""
    return f"{_REPORTED} UNION ALL {_LINKED}".replace("%(account)s", account)


def _values(actor: Actor) -> list[object]:
    """The parameters of one `_waiting_about`."""
    states = [
        one.value for one in UNJUDGED_STATES if one is not CaseState.ADJUDICATION or Role.SUPERVISOR in actor.roles
    ]
    person = number_of(actor)
    once = [states, ["", *(one.value for one in clearances_of(actor))], person, person, AccessKind.EARLIER.value]
    return once * 2


def case_kept_back(actor: Actor) -> tuple[str, list[object]]:
    """A condition on a row `c` of `records_case` after its votes, with its parameters: what was decided is kept back.

    A case that the actor judges again blind is kept back too.
    """
    return (
        f"(c.id = ANY(%s) OR EXISTS ({_waiting_about('c.subject_id')})"
        " OR EXISTS (SELECT FROM records_linkedaccount k CROSS JOIN LATERAL"
        f" ({_waiting_about('k.subject_id')}) own WHERE k.case_id = c.id AND k.withdrawn_at IS NULL))",
        [list(taken_for_blind_review(actor)), *_values(actor), *_values(actor)],
    )


def cases_kept_back(numbers: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these cases those that are judged and whose decision is kept back from the actor."""
    condition, values = case_kept_back(actor)
    statement = f"SELECT c.id FROM records_case c WHERE c.id = ANY(%s) AND c.state = ANY(%s) AND {condition}"  # noqa: S608
    return _ids(statement, [list(numbers), [one.value for one in JUDGED], *values]) if numbers else frozenset()


def refused_cases(numbers: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these cases those whose pages refuse the actor (`refuse_unread`). A list of work about decisions leaves their
    rows out and says how many there are: that an appeal, a notice or a referral exists would tell what was decided.
    """
    found = cases_kept_back(numbers, actor=actor) if actor.roles.intersection(READERS) else frozenset()
    return (
        found - set(Vote.objects.filter(case__in=found, person_id=number_of(actor)).values_list("case_id", flat=True))
        if found
        else found
    )


def kept_back(subjects: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these accounts those about which the actor may still have to vote without knowing of earlier decisions."""
    return (
        _ids(
            f"SELECT a.id FROM unnest(%s::bigint[]) a(id) WHERE EXISTS ({_waiting_about('a.id')})",  # noqa: S608
            [list(subjects), *_values(actor)],
        )
        if subjects
        else frozenset()
    )


def to_read_first(numbers: Collection[int], *, actor: Actor) -> dict[int, int]:
    """For each of these cases on which the actor has not voted, and for whose sake a newer one is read first: that one.

    The oldest that waits, of the reported account or a linked one.
    """
    if not numbers:
        return {}
    values: list[Any] = [*_values(actor), list(numbers), number_of(actor)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, min(own.id) FROM records_case c CROSS JOIN LATERAL (SELECT c.subject_id UNION ALL"  # noqa: S608
            " SELECT k.subject_id FROM records_linkedaccount k WHERE k.case_id = c.id AND k.withdrawn_at IS NULL"
            f") a(subject_id) CROSS JOIN LATERAL ({_waiting_about('a.subject_id')}) own(id) WHERE c.id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM records_vote v WHERE v.case_id = c.id AND v.person_id = %s) GROUP BY 1",
            values,
        )
        return dict(cursor.fetchall())


@takes_case
def refuse_unread(case: Case, *, actor: Actor) -> None:
    """Raises EarlierCaseKeptBack if the decision of this case is kept back from the actor.

    Whoever voted on the case knows of it, and an auditor casts no votes.
    """
    if CaseState(case.state) not in JUDGED or not actor.roles.intersection(READERS):
        return
    waiting = to_read_first([case.pk], actor=actor)
    if waiting:
        raise EarlierCaseKeptBack(reference=reference_of(waiting[case.pk]))


def _ids(statement: str, values: Sequence[Any]) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return frozenset(number for (number,) in cursor.fetchall())
