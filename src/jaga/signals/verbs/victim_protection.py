"""Victim protection: whether somebody in a case may be a victim.

The only module that writes `victim_state`.

Machines and reporters propose it; people's votes confirm or lift it. While it is proposed or confirmed, contents are
closed, nothing final is done, and the holder's page shows no reasons. A finding also holds for later cases of the
account: after a lifting only new content proposes it again, and lifting it again takes a supervisor without a vote in
the case.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.cases.models.cases import Case, LinkedAccount, Signal
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.lifecycles import VICTIM
from jaga.core.terms.cases import PendingEnd, Severity, VictimCause, VictimSay, VictimState
from jaga.core.terms.reports import YouthAnswer
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs.interim_restrictions import make_wait
from jaga.policy.limits import NEVER_LIFTED
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.copies.copies import comparison_form, new_words, words_of_of_repeats
from jaga.screening.text.signals import Screened
from jaga.signals.models import VictimTurn, YouthCheck
from jaga.signals.reads.pictures import listed_signs
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.ledger import append, append_many

NEW_WORDS = 3  # new words around a known sign from which on the report says something new
FOUND = (VictimState.CONFIRMED, VictimState.LIFTED)
_MOST_READ = 1000  # earlier reports of an account; beyond this, copies count as new
_ENDS = ".!?;\n"
_FOUND = (
    "SELECT subject_id, state, at FROM records_victimturn WHERE subject_id = ANY(%s::bigint[])"
    " AND state = ANY(%s::text[]) ORDER BY id"
)


@dataclass(frozen=True)
class VictimFinding:
    """The latest finding of people about an account, and when."""

    state: VictimState
    at: datetime


def found_of(subjects: Collection[int]) -> dict[int, VictimFinding]:
    """The latest finding about each of these accounts, in any case; accounts without one are left out."""
    rows = ask_prepared(_FOUND, [as_array(subjects), [state.value for state in FOUND]])
    return {subject: VictimFinding(VictimState(state), at) for subject, state, at in rows}


def say_state(case: Case, state: VictimState) -> None:
    """Set the state and `victim_first` on the row in memory. The caller saves both."""
    case.victim_state, case.victim_first = VICTIM.to(case.victim_state, state), state.protects


def first_state(report: Report, release: PolicyRelease, found: Mapping[int, VictimFinding]) -> VictimState:
    """The state of a case that this report opens: proposed by its category, or by an earlier confirmation.

    If people lifted it before, a copy of what they read then does not propose it again.
    """
    before = found.get(report.subject_id)
    if before and before.state is VictimState.CONFIRMED:
        return VictimState.PROPOSED
    if not release.category(report.category).victim_first:
        return VictimState.NONE
    if before and comparison_form(report.all_text) in {comparison_form(text) for text in _earlier(report)}:
        return VictimState.LIFTED
    return VictimState.PROPOSED


def propose(found: Iterable[tuple[Case, VictimCause, Report | None]], *, actor: Actor) -> list[Case]:
    """Propose victim-first for locked cases that are not protected yet; returns those changed.

    The caller saves `victim_state`, `victim_first` and `severity`.
    """
    put, moment = [], now()
    for case, cause, report in found:
        if VictimState(case.victim_state).protects:
            continue
        say_state(case, VictimState.PROPOSED)
        case.severity = max(case.severity, Severity.HIGH)
        put.append(
            VictimTurn(
                case=case, subject_id=case.subject_id, state=VictimState.PROPOSED, cause=cause, report=report, at=moment
            )
        )
    VictimTurn.objects.bulk_create(put)
    # The ledger shows that a case is victim-first, but neither why nor by which report.
    append_many([("propose_victim_first", {"turn": turn.pk}, actor, turn.case_id) for turn in put])
    return [turn.case for turn in put]


def settle(case: Case, say: VictimSay | None, *, actor: Actor) -> None:
    """Apply what two agreeing votes say, in the transaction of their decision. The database requires the votes."""
    state = {None: None, VictimSay.CONFIRM: VictimState.CONFIRMED, VictimSay.LIFT: VictimState.LIFTED}[say]
    if state is None or case.victim_state == state:
        return
    say_state(case, state)
    if state is VictimState.CONFIRMED:
        case.severity = max(case.severity, Severity.HIGH)
    case.save(update_fields=["victim_state", "victim_first", "severity"])
    turn = VictimTurn.objects.create(
        case=case, subject_id=case.subject_id, state=state, cause=VictimCause.VOTES, at=now()
    )
    if state is VictimState.CONFIRMED:
        append("confirm_victim_first", {"turn": turn.pk}, actor=actor, case_id=case.pk)
    else:
        append("lift_victim_first", {"turn": turn.pk}, actor=actor, case_id=case.pk)


def protects_after(case: Case, say: VictimSay | None) -> bool:
    """Whether the case is victim-first after votes that say this."""
    return say is VictimSay.CONFIRM or (case.victim_first and say is not VictimSay.LIFT)


@takes_case
def may_lift(case: Case) -> bool:
    """Whether votes can lift it. Never if a child may be concerned, by category, clearance, picture or youth check."""
    if not case.victim_first or case.category in NEVER_LIFTED or case.clearance:
        return False
    if YouthCheck.objects.filter(case=case, answer=YouthAnswer.MAY_BE_MINOR).exists():
        return False
    if listed_signs().filter(Q(picture__evidence__report__case=case) | Q(picture__evidence__case=case)).exists():
        return False
    return case.reports.exists()  # a supervisor must be able to read the report behind it


@takes_case
def lifting_takes_supervisor(case: Case) -> bool:
    """Whether lifting also takes a supervisor without a vote: people judged it before, here or for a linked account."""
    linked = LinkedAccount.objects.filter(case=case, withdrawn_at__isnull=True)
    subjects = [case.subject_id, *linked.values_list("subject_id", flat=True)]
    return VictimTurn.objects.filter(subject__in=subjects, state__in=FOUND).exists()


def await_supervisor(case: Case, pending: PendingDecision, *, actor: Actor) -> bool:
    """Hold a pending lifting for a supervisor if required, or if a report spoke of a victim after its first vote.

    Returns whether it is held.
    """
    first = min(vote.cast_at for vote in (pending.vote, pending.other) if vote is not None)
    spoken = _spoken_since(case, first)
    if spoken is None and not lifting_takes_supervisor(case):
        return False
    report = spoken or _proposed_by(case)
    if report is None:
        return False
    make_wait(case, pending, report, PendingEnd.VICTIM, actor=actor)
    return True


def _spoken_since(case: Case, moment: datetime) -> Report | None:
    spoken = Signal.objects.filter(category__in=protecting(load_release())).values("report")
    for report in case.reports.filter(filed_at__gt=moment, pk__in=spoken).order_by("pk"):
        if comparison_form(report.all_text) not in {comparison_form(text) for text in _earlier(report)}:
            return report
    return None


def _proposed_by(case: Case) -> Report | None:
    """The report that last proposed it, or the newest one if the category did."""
    turn = case.victim_turns.filter(state=VictimState.PROPOSED, report__isnull=False).order_by("-pk").first()
    return turn.report if turn else case.reports.order_by("-pk").first()


def protecting(release: PolicyRelease) -> list[str]:
    """The categories whose signs indicate a victim."""
    return [category.key for category in release.categories if category.victim_first]


def lifts(pending: PendingDecision) -> bool:
    """Whether the pending decision lifts victim-first."""
    return pending.vote.victim == VictimSay.LIFT


def new_signs(
    cases: Sequence[Case], read: Mapping[int, Sequence[Report]], found: Mapping[int, Screened], release: PolicyRelease
) -> dict[int, Report]:
    """For each case, by id, the first of the new reports whose words speak of a victim.

    If people lifted it for the account before, or a lifting is pending, only new content counts: a report filed since,
    with a sign or words that no earlier report of the account had. Repeats and copies do not count, whatever their
    network.
    """
    speaking = {
        case.pk: [
            report
            for report in read.get(case.pk, ())
            if found[report.pk].victim_first or release.category(case.category).victim_first
        ]
        for case in cases
    }
    asked = [case for case in cases if speaking[case.pk]]
    if not asked:
        return {}
    before = found_of({case.subject_id for case in asked})
    waiting = {
        pending.case_id
        for pending in PendingDecision.objects.select_related("vote").filter(case__in=asked, ended_at__isnull=True)
        if lifts(pending)
    }
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
    rows = (
        Report.objects.filter(subject=report.subject_id, pk__lt=report.pk)
        .exclude(text="", excerpt="", published="")
        .only("text", "excerpt", "published")
    )
    return [row.all_text for row in rows.order_by("-pk")[:_MOST_READ]]


def _is_new(report: Report, screened: Screened, release: PolicyRelease) -> bool:
    """Whether the report says something about a victim that no earlier report of the account said.

    That is another sign, or other words around a known one.
    """
    texts, kinds = _earlier(report), protecting(release)
    if comparison_form(report.all_text) in {comparison_form(text) for text in texts}:
        return False
    signs = [signal for signal in screened.signals if signal.category in kinds]
    earlier = set(
        Signal.objects.filter(report__subject=report.subject_id, report__lt=report.pk, category__in=kinds).values_list(
            "params__phrase", flat=True
        )
    )
    if any(signal.params.get("phrase") not in earlier for signal in signs):
        return True
    words = frozenset[str]().union(*(words_of_of_repeats(text) for text in texts))
    spoken = [_sentence(report.all_text, signal.start, signal.end) for signal in signs] or [report.all_text]
    return any(_count_new(sentence, words) >= NEW_WORDS for sentence in spoken)


def _count_new(sentence: str, earlier: frozenset[str]) -> int:
    return sum(len(words_of_of_repeats(sentence[start:end])) for start, end in new_words(sentence, earlier))


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around a position in the text."""
    first = max(text.rfind(sign, 0, start) for sign in _ENDS) + 1
    last = min((place for sign in _ENDS if (place := text.find(sign, end)) >= 0), default=len(text))
    return text[first:last]
