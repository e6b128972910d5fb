"""Whether somebody in a case may be a victim: machines and reporters propose it, people's votes confirm or lift it.

The only writer of a case's `victim_state`. While it is proposed or confirmed, contents are closed, nothing final is
done, and the holder's page says no reasons. What people found of an account holds for its later cases too: after a
lifting only new content proposes again, and whoever lifts from then on needs a supervisor who has no vote in the case.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.casework.kernel.ledger import enter, enter_many
from jaga.casework.withdrawals.pending_recall import make_wait
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.lifecycles import VICTIM
from jaga.core.terms import CommitEnd, Severity, VictimCause, VictimSay, VictimState, YouthAnswer
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import NEVER_LIFTED
from jaga.records.access.screening.picture_matches import listed_signs
from jaga.records.models import Case, LinkedAccount, PendingCommit, Report, Signal, VictimTurn, YouthCheck
from jaga.screening.copies.repeats import new_words, said, words_said
from jaga.screening.text.signals import Screened

NEW_WORDS = 3  # in the sentence with a known sign, from which on it says something new
FOUND = (VictimState.CONFIRMED, VictimState.LIFTED)
_MOST_READ = 1000  # earlier reports of an account; where there are more, others' copies count as new
_ENDS = ".!?;\n"


@dataclass(frozen=True)
class VictimFinding:
    """What people found last of an account, and when."""

    state: VictimState
    at: datetime


def found_of(subjects: Collection[int]) -> dict[int, VictimFinding]:
    """What people found last of these accounts, in any case. Accounts of which nothing was found are left out."""
    rows = VictimTurn.objects.filter(subject__in=subjects, state__in=FOUND).order_by("pk")
    return {subject: VictimFinding(VictimState(state), at) for subject, state, at in rows.values_list(
        "subject_id", "state", "at")}


def say_state(case: Case, state: VictimState) -> None:
    """Set it on the row in memory, with what follows for `victim_first`. The caller saves both."""
    case.victim_state, case.victim_first = VICTIM.to(case.victim_state, state), state.protects


def first_state(report: Report, release: PolicyRelease, found: Mapping[int, VictimFinding]) -> VictimState:
    """Where a case stands that this report opens: proposed by its category, or since people confirmed it once.

    Where people lifted it, a copy of what they read then does not bring it back.
    """
    before = found.get(report.subject_id)
    if before and before.state is VictimState.CONFIRMED:
        return VictimState.PROPOSED
    if not release.category(report.category).victim_first:
        return VictimState.NONE
    if before and said(report.told) in {said(text) for text in _earlier(report)}:
        return VictimState.LIFTED
    return VictimState.PROPOSED


def propose(found: Iterable[tuple[Case, VictimCause, Report | None]], *, actor: Actor) -> list[Case]:
    """Put these locked cases on the victim-first way where they are not on it; which ones were put there. The caller
    saves `victim_state`, `victim_first` and `severity`."""
    put, moment = [], now()
    for case, cause, report in found:
        if VictimState(case.victim_state).protects:
            continue
        say_state(case, VictimState.PROPOSED)
        case.severity = max(case.severity, Severity.HIGH)
        put.append(VictimTurn(case=case, subject_id=case.subject_id, state=VictimState.PROPOSED, cause=cause,
                              report=report, at=moment))
    VictimTurn.objects.bulk_create(put)
    # That it is victim-first stood in the ledger before, with the triage; why, and by which report, stands in no entry.
    enter_many([("propose_victim_first", {"turn": turn.pk}, actor, turn.case_id) for turn in put])
    return [turn.case for turn in put]


def settle(case: Case, say: VictimSay | None, *, actor: Actor) -> None:
    """What two agreeing votes say of it, in the transaction of their decision. The database asks for the votes."""
    state = {None: None, VictimSay.CONFIRM: VictimState.CONFIRMED, VictimSay.LIFT: VictimState.LIFTED}[say]
    if state is None or case.victim_state == state:
        return
    say_state(case, state)
    if state is VictimState.CONFIRMED:
        case.severity = max(case.severity, Severity.HIGH)
    case.save(update_fields=["victim_state", "victim_first", "severity"])
    turn = VictimTurn.objects.create(case=case, subject_id=case.subject_id, state=state, cause=VictimCause.VOTES,
                                     at=now())
    if state is VictimState.CONFIRMED:
        enter("confirm_victim_first", {"turn": turn.pk}, actor=actor, case_id=case.pk)
    else:
        enter("lift_victim_first", {"turn": turn.pk}, actor=actor, case_id=case.pk)


def protects_after(case: Case, say: VictimSay | None) -> bool:
    """Whether the case is on the victim-first way once votes that say this are counted."""
    return say is VictimSay.CONFIRM or (case.victim_first and say is not VictimSay.LIFT)


def may_lift(case: Case) -> bool:
    """Whether votes can lift it: never where a child may be concerned, by category, clearance, picture or a person's
    look."""
    if not case.victim_first or case.category in NEVER_LIFTED or case.clearance:
        return False
    if YouthCheck.objects.filter(case=case, answer=YouthAnswer.MAY_BE_MINOR).exists():
        return False
    if listed_signs().filter(Q(picture__evidence__report__case=case) | Q(picture__evidence__case=case)).exists():
        return False
    return case.reports.exists()  # a supervisor may have to read what spoke of a victim


def lifting_takes_supervisor(case: Case) -> bool:
    """Whether people judged it before, of this or a linked account: then a supervisor without a vote decides too."""
    linked = LinkedAccount.objects.filter(case=case, withdrawn_at__isnull=True)
    subjects = [case.subject_id, *linked.values_list("subject_id", flat=True)]
    return VictimTurn.objects.filter(subject__in=subjects, state__in=FOUND).exists()


def hold_lifting(case: Case, pending: PendingCommit, *, actor: Actor) -> bool:
    """Let a lifting wait for a supervisor where it takes one, or where somebody spoke of a victim after the first of
    its votes. Returns whether it waits."""
    first = min(vote.cast_at for vote in (pending.vote, pending.other) if vote is not None)
    spoken = _spoken_since(case, first)
    if spoken is None and not lifting_takes_supervisor(case):
        return False
    report = spoken or _proposed_by(case)
    if report is None:
        return False
    make_wait(case, pending, report, CommitEnd.VICTIM, actor=actor)
    return True


def _spoken_since(case: Case, moment: datetime) -> Report | None:
    spoken = Signal.objects.filter(category__in=protecting(load_release())).values("report")
    for report in case.reports.filter(filed_at__gt=moment, pk__in=spoken).order_by("pk"):
        if said(report.told) not in {said(text) for text in _earlier(report)}:
            return report
    return None


def _proposed_by(case: Case) -> Report | None:
    """The report that proposed it last, or the newest one where its category did."""
    turn = case.victim_turns.filter(state=VictimState.PROPOSED, report__isnull=False).order_by("-pk").first()
    return turn.report if turn else case.reports.order_by("-pk").first()


def protecting(release: PolicyRelease) -> list[str]:
    """The categories whose signs are signs of a victim."""
    return [category.key for category in release.categories if category.victim_first]


def lifts(pending: PendingCommit) -> bool:
    """Whether what waits lifts the victim-first way."""
    return pending.vote.victim == VictimSay.LIFT


def new_signs(cases: Sequence[Case], read: Mapping[int, Sequence[Report]], found: Mapping[int, Screened],
              release: PolicyRelease) -> dict[int, Report]:
    """Of each case the first of the reports that were just read whose words speak of a victim, by the case's number.

    Of an account of which people lifted it, or whose lifting waits, only what is new: filed since, and with a sign or
    words that no earlier report of the account had. Neither the same report, nor a copy, whatever its network.
    """
    speaking = {case.pk: [report for report in read.get(case.pk, ()) if found[report.pk].victim_first
                          or release.category(case.category).victim_first] for case in cases}
    asked = [case for case in cases if speaking[case.pk]]
    if not asked:
        return {}
    before = found_of({case.subject_id for case in asked})
    waiting = {pending.case_id for pending in PendingCommit.objects.select_related("vote").filter(
        case__in=asked, ended_at__isnull=True) if lifts(pending)}
    signs: dict[int, Report] = {}
    for case in asked:
        lifted = before.get(case.subject_id)
        for report in speaking[case.pk]:
            if lifted and (report.filed_at or report.received_at) <= lifted.at:
                continue
            if (lifted or case.pk in waiting) and not _is_new(report, found[report.pk], release):
                continue
            signs.setdefault(case.pk, report)
    return signs


def _earlier(report: Report) -> list[str]:
    rows = Report.objects.filter(subject=report.subject_id, pk__lt=report.pk).exclude(
        text="", excerpt="", published="").only("text", "excerpt", "published")
    return [row.told for row in rows.order_by("-pk")[:_MOST_READ]]


def _is_new(report: Report, screened: Screened, release: PolicyRelease) -> bool:
    """Whether it says of a victim what no earlier report of the account said: another sign, or other words about it."""
    texts, kinds = _earlier(report), protecting(release)
    if said(report.told) in {said(text) for text in texts}:
        return False
    signs = [signal for signal in screened.signals if signal.category in kinds]
    known = set(Signal.objects.filter(report__subject=report.subject_id, report__lt=report.pk, category__in=kinds)
                .values_list("params__phrase", flat=True))
    if any(signal.params.get("phrase") not in known for signal in signs):
        return True
    words = frozenset[str]().union(*(words_said(text) for text in texts))
    spoken = [_sentence(report.told, signal.start, signal.end) for signal in signs] or [report.told]
    return any(_count_new(sentence, words) >= NEW_WORDS for sentence in spoken)


def _count_new(sentence: str, known: frozenset[str]) -> int:
    return sum(len(words_said(sentence[start:end])) for start, end in new_words(sentence, known))


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around a place in the text."""
    first = max(text.rfind(sign, 0, start) for sign in _ENDS) + 1
    last = min((place for sign in _ENDS if (place := text.find(sign, end)) >= 0), default=len(text))
    return text[first:last]
