"""Earlier decisions and strikes of an account, which a person opens only after they have read this report.

Whoever knows that an account was closed before reads the next report about it differently. So a case that somebody
can still vote on shows neither, until the person asks for them, and the access log keeps that they did. Search, a
page of copies and the decided case itself keep back the same (`kept_back` beside this), and so do ban evasion matches,
which name a measure.
"""

from dataclasses import dataclass

from jaga.core.actors import Actor
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import AccessKind
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.case_view import CaseView, row_of, takes_case
from jaga.records.access.cases.gate import access_open_case, has_voted, saw_earlier
from jaga.records.access.cases.in_force import matches_in_force
from jaga.records.access.cases.other_cases import OtherCase, others_of
from jaga.records.access.cases.strikes import StrikesView, strikes_of
from jaga.records.models import AccessEvent, Case


class NotReadYet(Conflict):
    """The person has not opened this case yet."""

    code = "not_read_yet"
    sentence = N_("Read this report first.")
    remedy = N_("Open the case. Earlier decisions are below its reports.")


@dataclass(frozen=True)
class EarlierView:
    """What was decided about the account before: its other cases that are decided, and its strikes in force.

    `alike` is the number of ban evasion matches, which the case page shows from now on.
    """

    decided: tuple[OtherCase, ...]
    strikes: StrikesView
    alike: int


@takes_case
def is_open(case: Case, *, actor: Actor) -> bool:
    """Whether earlier decisions are shown with the case: it is decided, or the actor has voted or asked for them."""
    return case.decided_at is not None or has_voted(case, actor=actor) or saw_earlier(case, actor=actor)


def access_earlier(case_id: int, *, actor: Actor) -> tuple[CaseView, EarlierView]:
    """The case and what was decided before, which is recorded as an access of its own.

    Raises NotPermitted, NotFound, JudgedBlind, and NotReadYet for whoever has never opened the case itself.
    """
    actor.require(*READERS)
    case = access_open_case(case_id, actor=actor)
    if not AccessEvent.objects.filter(person_id=number_of(actor), case=case.pk, what=AccessKind.CASE).exists():
        raise NotReadYet
    log_access(row_of(case), AccessKind.EARLIER, actor=actor)
    return case, earlier_of(case, actor=actor)


@takes_case
def earlier_of(case: Case, *, actor: Actor) -> EarlierView:
    """What was decided before about the account of a case already fetched with a permission check."""
    decided = tuple(one for one in others_of(case, actor=actor) if one.is_decided)
    alike = matches_in_force().filter(visible_to(actor, path="earlier_case__"), case=case).count()
    return EarlierView(decided, strikes_of(case, actor=actor), alike)
