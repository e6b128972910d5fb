"""Preservation ordered by one person: a second agrees within 72 hours, or it lapses and its bytes are erased.

The letter to the holder and the reasons on the code's page, in both languages, before anybody has decided.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Preservation
from jaga.cases.models.reports import Evidence
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.reports import is_deleted, is_lapsed, preserved_for
from jaga.cases.verbs.appeal_window import appeal_days, last_moment
from jaga.cases.verbs.letters import letter_in, statement_in
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language, Role
from jaga.decisions.verbs.conduct_law import basis_keys
from jaga.decisions.verbs.interim_restrictions import closing_of
from jaga.decisions.verbs.permitted import allowed_decisions
from jaga.decisions.verbs.voting import MIN_FACTS, Ballot
from jaga.policy.release import load_release
from jaga.queue.verbs.linked_accounts import accounts_of
from jaga.signals.verbs.victim_protection import protects_after
from jaga.store import vault
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible

CODE = "XXXXX-XXXXX-XXXXX-XXXXX"  # where the appeal code will be; it exists only once the decision does
_TOLD = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


@dataclass(frozen=True)
class Preview:
    """Letter and reasons in both languages, or the sentence that says why there are none yet.

    No reasons in a victim-first case: its page shows none.
    """

    indonesian: str = ""
    english: str = ""
    reasons_indonesian: str = ""
    reasons_english: str = ""
    why_not: str = ""  # a msgid


@takes_case
def preview_of(case: Case, ballot: Ballot | None) -> Preview:
    """What the account holder would read; with several ticked, the first one's. Stores nothing."""
    release = load_release()
    if ballot is None or ballot.kind not in allowed_decisions(case, release, ballot.victim):
        return Preview(why_not=N_("Choose a decision to see the letter."))
    if ballot.kind not in _TOLD:
        return Preview(why_not=N_("The account holder gets no letter: nothing changes for the account."))
    if ballot.legal_basis not in basis_keys(case, release, ballot.conduct_on) or len(ballot.facts.strip()) < MIN_FACTS:
        return Preview(why_not=N_("Choose the legal basis and write the facts to see the letter."))
    moment, automated = now(), case.signals.exists() or case.ban_evasion_matches.exists()
    named = next((account for account in accounts_of(case) if account.pk in (ballot.accounts or ())), case.subject)
    # Of what was entered only a length that can be chosen: any other number is refused by the vote, not by a calendar.
    days = ballot.restrict_days if ballot.restrict_days in release.enforcement.restriction_days else None
    ends_at = moment + timedelta(days=days) if days else None
    closing = closing_of(case, named, ballot.kind, release, moment, redacts=bool(ballot.rooms))
    kind = DecisionKind.RESTRICT if closing else ballot.kind
    languages = (Language.INDONESIAN, Language.ENGLISH)
    letters = [
        letter_in(
            language,
            named,
            kind,
            reference=case.reference,
            decided_at=moment,
            code=CODE,
            appeal_until=last_moment(moment, appeal_days(release)),
            ends_at=ends_at,
            redacted=bool(ballot.rooms),
            closing=closing,
        ).text
        for language in languages
    ]
    if protects_after(case, ballot.victim):
        return Preview(*letters)
    reasons = [
        statement_in(
            language,
            case,
            kind,
            legal_basis=ballot.legal_basis,
            facts=ballot.facts.strip(),
            ground=ballot.ground,
            automated=automated,
            decided_at=moment,
            subject=named,
            ends_at=ends_at,
            rooms=ballot.rooms,
            closing=closing,
        ).text
        for language in languages
    ]
    return Preview(*letters, *reasons)


class OwnPreservation(NotPermitted):
    """The second person must be somebody else."""

    code = "own_preservation"
    sentence = N_("You let this be preserved yourself, so somebody else agrees.")
    remedy = N_("Ask a colleague to look at the case before its time is over.")


class PreservationEnded(Conflict):
    """The preservation was confirmed before, or has lapsed."""

    code = "preservation_ended"
    sentence = N_("Nothing here is waiting for a second person.")
    remedy = N_("Look at the case.")


@transaction.atomic
def agree_to_preserve(decision_id: int, *, actor: Actor) -> None:
    """Confirm another person's preservation.

    Irreversible.

    Raises NotPermitted, NotFound, OwnPreservation, PreservationEnded.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    found = Preservation.objects.filter(decision=decision_id).select_related("decision").first()
    if found is None:
        raise NotFound
    case = locked_case(found.decision.case_id, actor=actor)
    require_eligible(case, person)
    if found.decision.decided_by_id == person:
        raise OwnPreservation
    moment = now()
    open_ = Preservation.objects.filter(
        pk=found.pk, agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__gt=moment
    )
    if not open_.update(agreed_by_id=person, agreed_at=moment):
        raise PreservationEnded
    append("agree_to_preserve", {"decision": decision_id}, actor=actor, case_id=case.pk)


def expire_preservations() -> tuple[int, ...]:
    """Decisions whose preservation lapses now."""
    waiting = Preservation.objects.filter(agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__lte=now())
    return tuple(waiting.order_by("lapses_at").values_list("decision_id", flat=True))


@transaction.atomic
def lapse(decision_id: int, *, actor: Actor) -> bool:
    """Let an unconfirmed preservation lapse; returns whether it did.

    Its originals leave the case, and their bytes are erased after the commit unless sealed elsewhere too.
    """
    found = Preservation.objects.select_related("decision").get(decision=decision_id)
    case = locked_case(found.decision.case_id, actor=actor)
    moment = now()
    open_ = Preservation.objects.filter(
        pk=found.pk, agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__lte=moment
    )
    sealed = set(preserved_for(found.decision).values_list("sha256", flat=True))
    if not open_.update(lapsed_at=moment):
        return False
    append("preservation_lapsed", {"decision": decision_id, "sha256": sorted(sealed)}, actor=actor, case_id=case.pk)
    transaction.on_commit(partial(_erase, case, sealed))
    return True


def _erase(case: Case, hashes: Collection[str]) -> None:
    same_key = Evidence.objects.filter(case=case, report__isnull=True, sha256__in=hashes)
    kept = set(same_key.exclude(is_lapsed()).exclude(is_deleted()).values_list("sha256", flat=True))
    for digest in sorted(set(hashes) - kept):
        vault.erase(digest, case.key_owner())
