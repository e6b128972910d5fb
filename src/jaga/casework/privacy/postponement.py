"""One person postpones the deletions of a case, with a reason and an end."""

from datetime import date, timedelta

from django.db import transaction

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput
from jaga.core.terms.people import Role
from jaga.policy.limits import LONGEST_POSTPONEMENT_DAYS
from jaga.policy.local_time import day_of, end_of_day, today
from jaga.records.models import RetentionPostponement

MAX_REASON = 1000


class PostponedBefore(Conflict):
    """Nobody postpones the same case twice: that would be keeping it for ever, alone."""

    code = "postponed_before"
    sentence = N_("You postponed the deletions of this case before.")
    remedy = N_("If data must be kept longer, ask for a legal hold, which a second person confirms.")


@transaction.atomic
def postpone_deletions(case_id: int, reason: str, until: date | None, *, actor: Actor) -> None:
    """Keep everything of the case through the day `until`, at most `limits.LONGEST_POSTPONEMENT_DAYS` from now.

    What was deleted already stays deleted. Raises NotPermitted, NotFound, InvalidInput, PostponedBefore.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    errors = check_required(
        "reason",
        reason,
        least=10,
        most=MAX_REASON,
        needed=N_("Say why in a sentence of at least %(least)s characters."),
    )
    moment = now()
    last = day_of(moment + timedelta(days=LONGEST_POSTPONEMENT_DAYS)) - timedelta(days=1)
    if until is None or not today() <= until <= last:
        errors.append(
            FieldError(
                "until",
                "out_of_bounds",
                N_("Choose a day from today to %(last)s. For longer, ask for a legal hold."),
                {"last": last.isoformat()},
            )
        )
    if errors:
        raise InvalidInput(*errors)
    assert until
    if RetentionPostponement.objects.filter(case=case, by=person).exists():
        raise PostponedBefore
    RetentionPostponement.objects.create(
        case=case, by_id=person, at=moment, reason=reason.strip(), ends_at=end_of_day(until)
    )
    append("postpone_retention", {"until": until.isoformat()}, actor=actor, case_id=case.pk)
