"""What may be decided on a case: the policy's ladder, the victim-first way, and what its platforms can do."""

from jaga.casework.queue.linked_accounts import accounts_of, possible_on
from jaga.casework.screening.victim_protection import protects_after
from jaga.core.terms import DecisionKind, VictimSay
from jaga.policy import LegalBasis, PolicyRelease
from jaga.policy.limits import ANSWER_FIRST, UNDERAGE_ACCOUNT, WHO_MAY_REPORT, must_be_seconded, widest
from jaga.records.access.cases.unverified import is_unverified
from jaga.records.access.decisions.hearings import was_heard
from jaga.records.models import Case


def allowed_decisions(case: Case, release: PolicyRelease, say: VictimSay | None = None) -> tuple[DecisionKind, ...]:
    """What may be decided here: the policy's ladder, cut by the victim-first branch and by what a platform can do.

    `say`: what the votes say of a possible victim; with a lifting that branch cuts nothing any more.
    With several accounts a measure is here if one of their platforms can do it; a vote names only such accounts.
    While a case rests on a request that nobody has verified, evidence can be kept and nothing else.
    """
    narrow, accounts = widest(case.category, victim_first=protects_after(case, say)), accounts_of(case)
    if is_unverified(case):
        narrow = narrow & {DecisionKind.PRESERVE, DecisionKind.DISMISS}
    if case.category in WHO_MAY_REPORT:
        narrow = narrow & _on_their_word(case, release)
    return tuple(
        kind
        for kind in release.allowed_decisions(case.category)
        if kind in narrow and kind not in (DecisionKind.REDACT, DecisionKind.RESTORE)
        and any(possible_on(account, kind) for account in accounts)
    )


def _on_their_word(case: Case, release: PolicyRelease) -> frozenset[DecisionKind]:
    """What may be decided in a category that rests on certain people's word: nothing but rejecting on a day without a
    law, where the release does not name the platform, and before the holder had the time to answer."""
    if not (fitting_bases(case, release) and release.category(case.category).is_on(case.subject.platform.name)):
        return frozenset({DecisionKind.DISMISS})
    if case.category in ANSWER_FIRST and not was_heard(case):
        return frozenset({DecisionKind.DISMISS})
    # Deactivated: restricted where the platform can, since its closing may lose what its owner should keep.
    lighter = case.category == UNDERAGE_ACCOUNT and possible_on(case.subject, DecisionKind.RESTRICT)
    return frozenset(DecisionKind) - ({DecisionKind.CLOSE} if lighter else frozenset())


def may_redact(case: Case, release: PolicyRelease, say: VictimSay | None = None) -> bool:
    """Whether rooms can be named for a redaction: of the reported account's messages, in rooms of its platform."""
    narrow = widest(case.category, victim_first=protects_after(case, say))
    return (DecisionKind.REDACT in release.allowed_decisions(case.category) and DecisionKind.REDACT in narrow
            and possible_on(case.subject, DecisionKind.REDACT))


def needs_second_person(case: Case, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether two people must judge alike for this decision on this case."""
    return (release.needs_second_person(case.category, kind)
            or must_be_seconded(case.category, kind, victim_first=case.victim_first))


def fitting_bases(case: Case, release: PolicyRelease) -> tuple[LegalBasis, ...]:
    """The provisions that were in force on a day of conduct that a report names; people choose which of them fits.

    All days count, so that nobody can move a case to another law by naming an old day.
    """
    days = set(case.reports.values_list("conduct_on", flat=True)) or {case.conduct_on}
    fitting = {basis.key: basis for day in sorted(days, reverse=True)
               for basis in release.legal_bases_for(case.category, day)}
    return tuple(fitting.values())
