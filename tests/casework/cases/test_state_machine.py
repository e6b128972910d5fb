"""Random sequences of the real verbs on a real PostgreSQL, by people with and without permission.

Invariants: an illegal verb raises a JagaError and changes no row; a legal one moves its case by the transition table;
nothing leaves review without a person's vote; nobody closes an account alone.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.examples import example_count
from tests.factories import World, ballot, new_report, observed, rows

from jaga.actions.verbs import attempts, verification
from jaga.appeals.models import Appeal
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.core.actors import HOLDER, PUBLIC, SYSTEM, Actor
from jaga.core.cases import TRANSITIONS, VOTING_STATES, CaseState, CaseVerb
from jaga.core.clock import frozen
from jaga.core.errors import JagaError
from jaga.core.platforms import WANTED, StepResult
from jaga.core.terms.cases import AccountState, ActionKind, DecisionKind, OutcomeKind, PendingEnd, Step
from jaga.core.terms.people import Role
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import undo_window, voting
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

START = datetime(2026, 11, 2, 2, tzinfo=UTC)
_V = CaseVerb
MOVES = {
    "triage": {_V.TRIAGE},
    "vote": {
        _V.DISMISS,
        _V.DECIDE,
        _V.PROPOSE,
        _V.CONCUR,
        _V.CONCUR_DISMISS,
        _V.DIFFER,
        _V.ADJUDICATE,
        _V.ADJUDICATE_DISMISS,
        _V.AGREE,
        _V.SETTLE,
        _V.SET_ASIDE,
    },
    "commit": {_V.COMMIT, _V.COMMIT_DISMISSAL, _V.WITHDRAW},
    "undo": {_V.WITHDRAW},
    "verify": {_V.FINISH},
    "appeal": {_V.OVERTURN},
    "other": set(),
}
which = st.integers(0, 11)  # the last one is nothing that exists
who = st.integers(0, 5)
kinds = st.sampled_from(DecisionKind)


class Cases(RuleBasedStateMachine):
    """The cases of one account, and everybody who works on them."""

    world: ClassVar[World]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.at = START
        self.fences: dict[tuple[int, int], int] = {}
        self.last: dict[str, str] | None = None  # the digest of all rows, until a verb is accepted

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    # -- what every verb must keep ------------------------------------------------------------------------------------

    def attempt(self, name: str, verb: Callable[[], Any]) -> Any:
        """Run a verb. If it is refused, nothing changed; if accepted, each case moved only along this verb's
        transitions.
        """
        before, states = self.last or rows(), self.states()
        with frozen(self.at):
            try:
                result, refusal = verb(), ""
            except JagaError as refused:
                result, refusal = None, refused.code
        self.last = before if refusal else None
        if refusal:
            assert rows() == before, f"{name} was refused ({refusal}) and changed a row"
            self.seen[f"refused {refusal}"] += 1
            return None
        for case, after in self.states().items():
            self.seen[after] += 1
            assert case in states or after is CaseState.RECEIVED
            if case in states and states[case] is not after:
                assert after in self.ends(states[case], MOVES[name]), f"{name}: {states[case]} -> {after}"
        return result

    @staticmethod
    def ends(state: CaseState, verbs: set[CaseVerb]) -> set[CaseState]:
        """The states to which these verbs lead; a vote with nothing to carry out finishes in the same transaction."""
        direct = {after for (start, verb), after in TRANSITIONS.items() if start is state and verb in verbs}
        through = CaseState.ACTING in direct and verbs == MOVES["vote"]
        return direct | ({TRANSITIONS[CaseState.ACTING, _V.FINISH]} if through else set())

    @staticmethod
    def states() -> dict[int, CaseState]:
        return {pk: CaseState(state) for pk, state in Case.objects.values_list("pk", "state")}

    def case(self, which: int) -> int:
        known = list(Case.objects.order_by("pk").values_list("pk", flat=True))
        return known[which % len(known)] if which < 11 else 10**9

    def person(self, who: int) -> Actor:
        return self.world.everyone[who]

    def action(self, which: int) -> int:
        known = list(Action.objects.order_by("pk").values_list("pk", flat=True))
        return known[which % len(known)] if known and which < 11 else 10**9

    # -- the verbs ----------------------------------------------------------------------------------------------------

    @initialize(
        category=st.sampled_from(["prostitution_advertising", "gambling", "fraud", "trafficking", "sara"]),
        depth=st.integers(0, 6),
        agree=st.booleans(),
    )
    def begin(self, category: str, depth: int, agree: bool) -> None:
        """A first report and up to six sensible steps: triage, two votes, actions, appeal, restoration."""
        self.category = category
        self.report("open BO, nego", 0)
        for step in range(depth):
            kind = DecisionKind.CLOSE if agree or step < 2 else DecisionKind.RESTRICT
            self.next_step(0, step if agree or step < 3 else 3, kind, overturn=True)

    @rule(text=st.sampled_from(["", "open BO", "open BO, paspor ditahan"]), source=st.integers(0, 2))
    def report(self, text: str, source: int) -> None:
        new = new_report(category=self.category, text=text, source=f"s{source}")
        assert self.attempt("other", lambda: intake.file_report(new, actor=PUBLIC)) is not None

    @rule(which=which)
    def triage(self, which: int) -> None:
        self.attempt("triage", lambda: triage.triage_case(self.case(which), actor=SYSTEM))

    @rule(which=which, who=who)
    def lease(self, which: int, who: int) -> None:
        case = self.case(which)
        held = self.attempt("other", lambda: leases.take_lease(case, actor=self.person(who)))
        if held:
            self.fences[case, who] = held.fence

    @rule(which=which, who=who)
    def release(self, which: int, who: int) -> None:
        self.attempt("other", lambda: leases.release_lease(self.case(which), actor=self.person(who)))

    @rule(
        which=which,
        who=who,
        kind=kinds,
        basis=st.sampled_from(["fits", "", "bogus"]),
        facts=st.sampled_from(["Iklan jasa terlihat di ruang umum.", "", "\x00" * 20, "\ud800" * 20]),
        rooms=st.sampled_from([(), ("!a:localhost",), ("\ud800",)]),
    )
    def vote(self, which: int, who: int, kind: DecisionKind, basis: str, facts: str, rooms: tuple[str, ...]) -> None:
        case, actor = self.case(which), self.person(who)
        if not Case.objects.filter(pk=case).exists():
            cast = voting.Ballot(kind)
        else:
            chosen = {} if basis == "fits" else {"legal_basis": basis}
            cast = ballot(case, kind, facts=facts, rooms=rooms, **chosen)
        self.cast(case, self.fences.get((case, who), 1), cast, actor)

    def cast(self, case: int, fence: int, cast: voting.Ballot, actor: Actor) -> None:
        state = self.states().get(case)
        voted_before = Vote.in_force.filter(case_id=case, person_id=actor.person_id).exists()
        voted = self.attempt("vote", lambda: voting.cast_vote(case, fence, cast, actor=actor))
        if voted:
            assert state in VOTING_STATES
            assert not voted_before
            assert actor.roles & {Role.REVIEWER, Role.SUPERVISOR}
            if cast.kind is DecisionKind.CLOSE and state is CaseState.IN_REVIEW:
                assert voted.state is CaseState.SECOND_VOTE

    @rule(which=which, who=who, kind=st.sampled_from([DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS]))
    def judge(self, which: int, who: int, kind: DecisionKind) -> None:
        """A person votes as the form allows, after every lease has expired."""
        case = self.case(which)
        self.at += timedelta(minutes=20)
        held = self.attempt("other", lambda: leases.take_lease(case, actor=self.person(who)))
        if held:
            self.cast(case, held.fence, ballot(case, kind), self.person(who))

    def next_step(self, which: int, who: int, kind: DecisionKind, overturn: bool) -> None:
        """The next sensible step, so that sequences reach late states."""
        case = self.case(which)
        match self.states().get(case):
            case CaseState.RECEIVED:
                self.triage(which)
            case CaseState.IN_REVIEW | CaseState.SECOND_VOTE | CaseState.ADJUDICATION:
                if Vote.in_force.filter(case_id=case, person_id=self.person(who % 4).person_id).exists():
                    self.judge(which, who % 4, kind)  # refused: they have voted
                self.judge(which, self.fresh(case, who), kind)
            case CaseState.COMMITTING:
                self.let_it_come(which)
            case CaseState.ACTING | CaseState.RESTORING:
                for action in Action.objects.filter(decision__case_id=case).order_by("pk").values_list("pk", flat=True):
                    self.verify_as_wanted(action)
            case CaseState.RESOLVED:
                for decision in Decision.objects.filter(case_id=case).values_list("pk", flat=True):
                    self.appeal(decision)
                for pk in Appeal.objects.filter(decision__case_id=case).values_list("pk", flat=True):
                    self.decide_appeal(pk, self.fresh(case, who), overturn)

    @rule(which=which)
    def commit(self, which: int) -> None:
        """Run the job of a pending decision at any time: before its time it only defers itself again."""
        known = list(PendingDecision.objects.order_by("pk").values_list("pk", flat=True))
        if known:
            self.attempt("commit", lambda: undo_window.make_pending_decision(known[which % len(known)], actor=SYSTEM))

    @rule(which=which)
    def let_it_come(self, which: int) -> None:
        """Advance the clock past the undo window."""
        self.at += timedelta(minutes=1)
        self.commit(which)

    @rule(which=which, who=who)
    def undo(self, which: int, who: int) -> None:
        self.attempt("undo", lambda: undo_window.undo_decision(self.case(which), actor=self.person(who)))

    # Several times, so that random sequences often get past the first vote.
    _sensible = rule(
        which=which,
        who=who,
        overturn=st.booleans(),
        kind=st.sampled_from(
            [DecisionKind.CLOSE, DecisionKind.CLOSE, DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS]
        ),
    )
    go_on, go_further, keep_going = _sensible(next_step), _sensible(next_step), _sensible(next_step)
    carry_on, proceed = _sensible(next_step), _sensible(next_step)

    def fresh(self, case: int, who: int) -> int:
        """A person who may vote and has not voted here, if there is one."""
        voted = set(Vote.in_force.filter(case_id=case).values_list("person_id", flat=True))
        turn = [(who + step) % 4 for step in range(4)]
        return next((one for one in turn if self.person(one).person_id not in voted), turn[0])

    @rule(which=which, state=st.sampled_from(AccountState))
    def verify(self, which: int, state: AccountState) -> None:
        action = self.action(which)
        self.attempt("verify", lambda: verification.record_verification(action, observed(state), actor=SYSTEM))

    def verify_as_wanted(self, action: int) -> None:
        wanted = WANTED[ActionKind(Action.objects.get(pk=action).kind)] or AccountState.ACTIVE
        self.attempt("verify", lambda: verification.record_verification(action, observed(wanted), actor=SYSTEM))

    @rule(which=which, step=st.sampled_from(Step), outcome=st.sampled_from(OutcomeKind))
    def carry_out(self, which: int, step: Step, outcome: OutcomeKind) -> None:
        action = self.action(which)
        if self.attempt("other", lambda: attempts.start_attempt(action, actor=SYSTEM)):
            self.attempt("other", lambda: attempts.record_step(action, step, StepResult(outcome, "x"), actor=SYSTEM))

    @rule(which=which, refused=st.booleans())
    def fail(self, which: int, refused: bool) -> None:
        verb = attempts.mark_stuck if refused else attempts.attempt_failed
        self.attempt("other", lambda: verb(self.action(which), OutcomeKind.UNKNOWN, actor=SYSTEM))

    @rule(which=which, who=who)
    def retry(self, which: int, who: int) -> None:
        self.attempt("other", lambda: attempts.retry_stuck(self.action(which), actor=self.person(who)))

    @rule(which=which, who=who, reason=st.sampled_from(["Akunnya tidak ada lagi.", "", "\ud800"]))
    def end(self, which: int, who: int, reason: str) -> None:
        self.attempt("verify", lambda: attempts.end_stuck(self.action(which), reason, actor=self.person(who)))

    @rule(decision=st.integers(0, 3), text=st.sampled_from(["Bukan saya yang menulis.", "", "\x00"]))
    def any_appeal(self, decision: int, text: str) -> None:
        known = list(Decision.objects.order_by("pk").values_list("pk", flat=True))
        self.appeal(known[decision % len(known)] if known else 0, text)

    def appeal(self, decision: int, text: str = "Bukan saya yang menulis.") -> None:
        self.attempt("other", lambda: appeals.file_appeal(appeal_code(decision), text, actor=HOLDER))

    @rule(which=which, who=who, overturn=st.booleans(), reasons=st.sampled_from(["Akun yang salah.", "", "\ud800"]))
    def any_appeal_decided(self, which: int, who: int, overturn: bool, reasons: str) -> None:
        known = list(Appeal.objects.order_by("pk").values_list("pk", flat=True))
        self.decide_appeal(known[which % len(known)] if known else 0, who, overturn, reasons)

    def decide_appeal(self, appeal: int, who: int, overturn: bool, reasons: str = "Akun yang salah.") -> None:
        self.attempt(
            "appeal", lambda: appeals.decide_appeal(appeal, overturn=overturn, reasons=reasons, actor=self.person(who))
        )

    # -- what must hold at every moment -------------------------------------------------------------------------------

    @invariant()
    def nobody_closes_alone(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT d.id FROM records_decision d
                WHERE d.kind IN ('close', 'redact') AND (SELECT count(DISTINCT v.person_id) FROM records_vote v
                    WHERE v.case_id = d.case_id AND (v.kind = d.kind OR d.kind = 'redact')) < 2""")
            assert cursor.fetchall() == []

    @invariant()
    def nothing_leaves_review_without_a_vote(self) -> None:
        past = Case.objects.exclude(state__in=[CaseState.RECEIVED, CaseState.IN_REVIEW])
        assert not past.filter(votes__isnull=True).exists()

    @invariant()
    def what_waits_and_what_is_committing_are_the_same(self) -> None:
        waits = PendingDecision.objects.filter(ended_at__isnull=True).values_list("case_id", flat=True)
        assert set(waits) == set(Case.objects.filter(state=CaseState.COMMITTING).values_list("pk", flat=True))

    @invariant()
    def nothing_final_was_made_before_its_moment(self) -> None:
        for made in Decision.objects.filter(kind__in=[DecisionKind.CLOSE, DecisionKind.REDACT]):
            waited = PendingDecision.objects.get(case_id=made.case_id, end=PendingEnd.COMMITTED)
            assert waited.undo_until <= made.decided_at

    @invariant()
    def labels_and_victims_are_never_closed(self) -> None:
        closed = Decision.objects.filter(kind__in=[DecisionKind.CLOSE, DecisionKind.REDACT])
        assert not closed.filter(case__category__in=["sara", "trafficking"]).exists()


@pytest.fixture
def django_settings(settings: Any) -> Any:
    """Django's settings, under a name that is not Hypothesis's."""
    return settings


def test_no_sequence_of_verbs_breaks_a_case(world: World, django_settings: Any) -> None:
    """Random sequences over all verbs keep the invariants in the module docstring, and reach every state.

    The sequences are the same in every run, so that a failure is due to a change and not to chance.
    """
    Cases.world, Cases.seen = world, Counter()
    django_settings.UNDO_WINDOW_SECONDS = 60
    run_state_machine_as_test(
        Cases,
        settings=settings(
            max_examples=example_count(32),
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
    missing = [state for state in CaseState if not Cases.seen[state]]
    assert not missing, f"the run proved little: it never reached {missing} ({Cases.seen})"
    assert Cases.seen["refused illegal_transition"]
