"""State transitions of cases. The only module that writes `Case.state`.

Errors shared by verbs on cases.

Completion of a case: once no action is open on any platform, the reporters are notified.

Labels that the team puts on a case for finding and sorting. They decide nothing and are internal.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from django.db import connection, transaction

from jaga.cases.models.cases import Case, CaseLabel
from jaga.cases.models.decisions import Action, Letter
from jaga.cases.reads.decisions import decisions_in_force
from jaga.cases.verbs.letters import inform_of_cancellation, tell_reporters, tell_restored
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb, next_state
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import OPEN_ACTION_STATES, ActionState, DecisionKind
from jaga.core.terms.people import Role
from jaga.store.bulk import as_array
from jaga.store.kernel.ledger import append
from jaga.store.reads import refuse_uncleared


class AlreadyVoted(NotPermitted):
    """A second vote must come from another person."""

    code = "already_voted"
    sentence = N_("You have already voted on this case.")
    remedy = N_("Another person must review it now.")


def locked_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked until the end of the transaction.

    Rows that refer to it can still be inserted.

    Raises NotFound, also for a person without the clearance of the case.
    """
    held = Case.objects.select_for_update(of=("self",), no_key=True)
    try:
        case = held.select_related("subject__platform").get(pk=case_id)
    except Case.DoesNotExist:
        raise NotFound from None
    refuse_uncleared(case, actor=actor)
    return case


def move_cases(cases: Sequence[Case], verb: CaseVerb) -> None:
    """Move several locked cases by one verb. Raises IllegalTransition, then none is changed."""
    moment, after = now(), {case.pk: next_state(CaseState(case.state), verb) for case in cases}
    for state in set(after.values()):
        resolved_at = moment if state is CaseState.RESOLVED else None
        moved = [case for case in cases if after[case.pk] is state]
        Case.objects.filter(pk__in=[case.pk for case in moved]).update(state=state, resolved_at=resolved_at)
        for case in moved:
            case.state, case.resolved_at = state, resolved_at


def move_and_write(cases: Sequence[Case], moved: Collection[Case], verb: CaseVerb, columns: Mapping[str, str]) -> None:
    """Move some of several locked cases by one verb, and write these columns of all of them, in one statement.

    `columns` has the database's type by column, for instance `{"queue": "text"}`; the values are those of the objects.
    Raises IllegalTransition, then none is changed.
    """
    moment, after = now(), {case.pk: next_state(CaseState(case.state), verb) for case in moved}
    for case in moved:
        state = after[case.pk]
        case.state, case.resolved_at = state, moment if state is CaseState.RESOLVED else None
    kinds = {"id": "bigint", "state": "text", "resolved_at": "timestamptz", **columns}
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE records_case c SET {', '.join(f'{name} = w.{name}' for name in kinds if name != 'id')}"  # noqa: S608
            f" FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds.values())}) AS w({', '.join(kinds)})"
            " WHERE c.id = w.id",
            [as_array(getattr(case, name) for case in cases) for name in kinds],
        )


def move_case(case: Case, verb: CaseVerb) -> CaseState:
    """Move a locked case by the transition table of `core.cases`. Raises IllegalTransition."""
    state = next_state(CaseState(case.state), verb)
    case.state = state
    case.resolved_at = now() if state is CaseState.RESOLVED else None
    case.save(update_fields=["state", "resolved_at"])
    return state


def finish_case(case: Case, actor: Actor) -> None:
    """Resolve the case once none of its actions is open, and notify reporters once the reported account is done.

    A stuck action on a linked account keeps the case open but does not delay the notification.
    """
    if case.state not in (CaseState.ACTING, CaseState.RESTORING, CaseState.RESOLVED):
        return  # an interim restriction is done, but people still judge the case
    open_on = set(
        Action.objects.filter(decision__case=case, state__in=OPEN_ACTION_STATES).values_list(
            "decision__subject_id", flat=True
        )
    )
    if not open_on and case.state != CaseState.RESOLVED:  # already resolved if a restriction ends long afterwards
        move_case(case, CaseVerb.FINISH)
        append("finish_case", {"state": case.state}, actor=actor, case_id=case.pk)
    if case.subject_id not in open_on:
        notify_reporters(case)


def notify_reporters(case: Case) -> None:
    """Notify reporters of the newest decision on the reported account, once.

    A closure follows its redaction. Reporters of linked accounts are notified through their own case.
    """
    decision = case.decisions.filter(subject_id=case.subject_id).order_by("-pk").first()
    if decision is None or Letter.objects.filter(case=case, sent_at__gt=decision.decided_at).exists():
        return
    restored = decision.kind == DecisionKind.RESTORE
    held_anew = restored and decisions_in_force().filter(subject=decision.subject_id).exists()
    refers = decision.kind == DecisionKind.REFER  # its effect on the platform does not matter here
    ended = decision.actions.filter(rest__isnull=True, state=ActionState.ENDED).exists()
    if ended and not held_anew and not refers:
        inform_of_cancellation(case, decision)
    elif restored:
        tell_restored(case, decision)
    else:
        tell_reporters(case, decision)


MOST_LABELS = 10  # per case
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class LabelledAlready(Conflict):
    """The case has this label already."""

    code = "labelled_already"
    sentence = N_("The case has this label already.")
    remedy = N_("Nothing needs to be done.")


def read_label(typed: str) -> str:
    """Normalise a typed label: `Kontak Sama` becomes `kontak-sama`. Raises InvalidInput (field `label`)."""
    label = re.sub(r"[\s_-]+", "-", typed.strip().lower())
    if not _LABEL.fullmatch(label):
        raise InvalidInput(
            FieldError("label", "not_a_label", N_("A label has 1 to 40 letters (a to z), digits or hyphens."))
        )
    return label


@transaction.atomic
def label_case(case_id: int, typed: str, *, actor: Actor) -> str:
    """Add a label to the case; returns its normalised form.

    Reversible: `unlabel_case`.

    Raises NotPermitted, NotFound, InvalidInput, LabelledAlready.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    label, case = read_label(typed), locked_case(case_id, actor=actor)
    labels = set(CaseLabel.objects.filter(case=case, withdrawn_at__isnull=True).values_list("label", flat=True))
    if label in labels:
        raise LabelledAlready
    if len(labels) >= MOST_LABELS:
        raise InvalidInput(FieldError("label", "too_many", N_("At most %(most)s labels."), {"most": MOST_LABELS}))
    row = CaseLabel.objects.create(case=case, label=label, added_by_id=person, added_at=now())
    append("label_case", {"label": row.pk}, actor=actor, case_id=case.pk)
    return label


@transaction.atomic
def unlabel_case(case_id: int, label: str, *, actor: Actor) -> None:
    """Remove a label from the case. Reversible: `label_case`. Raises NotPermitted, NotFound."""
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if not _LABEL.fullmatch(label):
        raise NotFound
    row = CaseLabel.objects.filter(case=case, label=label, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotFound
    row.withdrawn_at = now()
    row.save(update_fields=["withdrawn_at"])
    append("unlabel_case", {"label": row.pk}, actor=actor, case_id=case.pk)
