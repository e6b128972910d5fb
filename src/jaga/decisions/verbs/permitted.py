"""Which decisions are permitted on a case, by policy, victim-first rules and platform capabilities."""

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import is_unverified, takes_case
from jaga.core.terms.cases import DecisionKind, VictimSay
from jaga.decisions.reads import had_hearing
from jaga.decisions.verbs.conduct_law import proposed_bases
from jaga.policy.limits import ANSWER_FIRST, UNDERAGE_ACCOUNT, WHO_MAY_REPORT, must_be_seconded, widest
from jaga.policy.release import PolicyRelease
from jaga.queue.verbs.linked_accounts import accounts_of, possible_on
from jaga.signals.verbs.victim_protection import protects_after


@takes_case
def allowed_decisions(case: Case, release: PolicyRelease, say: VictimSay | None = None) -> tuple[DecisionKind, ...]:
    """The decisions permitted on this case.

    `say` is what the votes say about a possible victim; a lifting ends the limits of victim-first. With several
    accounts, a measure is included if one of their platforms supports it. A case that rests on an unverified request
    permits only preservation and dismissal.
    """
    narrow, accounts = widest(case.category, victim_first=protects_after(case, say)), accounts_of(case)
    if is_unverified(case):
        narrow = narrow & {DecisionKind.PRESERVE, DecisionKind.DISMISS}
    if case.category in WHO_MAY_REPORT:
        narrow = narrow & _on_their_word(case, release)
    return tuple(
        kind
        for kind in release.allowed_decisions(case.category)
        if kind in narrow
        and kind not in (DecisionKind.REDACT, DecisionKind.RESTORE)
        and any(possible_on(account, kind) for account in accounts)
    )


def _on_their_word(case: Case, release: PolicyRelease) -> frozenset[DecisionKind]:
    """The decisions permitted in a category that rests on certain people's word.

    Only dismissal if no law was in force on the day, if the release does not name the platform, or before the holder
    had time to answer.
    """
    if not (proposed_bases(case, release) and release.category(case.category).is_on(case.subject.platform.name)):
        return frozenset({DecisionKind.DISMISS})
    if case.category in ANSWER_FIRST and not had_hearing(case):
        return frozenset({DecisionKind.DISMISS})
    # Restricted instead of closed where possible, since closing may lose what the child should keep.
    lighter = case.category == UNDERAGE_ACCOUNT and possible_on(case.subject, DecisionKind.RESTRICT)
    return frozenset(DecisionKind) - ({DecisionKind.CLOSE} if lighter else frozenset())


@takes_case
def may_redact(case: Case, release: PolicyRelease, say: VictimSay | None = None) -> bool:
    """Whether a redaction is permitted: of the reported account's messages, in rooms of its platform."""
    narrow = widest(case.category, victim_first=protects_after(case, say))
    return (
        DecisionKind.REDACT in release.allowed_decisions(case.category)
        and DecisionKind.REDACT in narrow
        and possible_on(case.subject, DecisionKind.REDACT)
    )


@takes_case
def needs_second_person(case: Case, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether this decision needs two people who agree."""
    return release.needs_second_person(case.category, kind) or must_be_seconded(
        case.category, kind, victim_first=case.victim_first
    )
