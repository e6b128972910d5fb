"""The letter to the holder and the reasons on the code's page, in both languages, before anybody has decided."""

from dataclasses import dataclass
from datetime import timedelta

from jaga.casework.cases.appeal_window import appeal_days, last_moment
from jaga.casework.cases.letters import letter_in, statement_in
from jaga.casework.decisions.conduct_law import basis_keys
from jaga.casework.decisions.permitted import allowed_decisions
from jaga.casework.decisions.voting import MIN_FACTS, Ballot
from jaga.casework.queue.linked_accounts import accounts_of
from jaga.casework.screening.victim_protection import protects_after
from jaga.casework.withdrawals.interim_restrictions import closing_of
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Language
from jaga.policy import load_release
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case

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
