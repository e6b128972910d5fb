"""The decision form: choices for a case, the input, and its errors.

The prepared sentence for the facts: what the person ticked, and what the account said to everybody.

It proposes words, never a decision: without a ticked element there is none, and a dismissal takes none. Whoever votes
may change it; one that is sent unchanged takes a second key and is kept with the vote (`Vote.as_prepared`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext, override

from jaga.cases.reads.case_view import CaseView
from jaga.cases.reads.reports import shown_publicly
from jaga.core.cases import CaseState
from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind, Ground, VictimSay
from jaga.core.terms.people import Language
from jaga.decisions.verbs.conduct_law import fitting_bases, other_bases, proposed_bases, reported_days
from jaga.decisions.verbs.interim_orders import may_restrict_at_once
from jaga.decisions.verbs.permitted import allowed_decisions, may_redact, needs_second_person
from jaga.decisions.verbs.voting import MAX_FACTS, Ballot
from jaga.decisions.verbs.voting import MAX_WHY as MAX_SETTLING
from jaga.policy.limits import AT_ONCE_WITHIN_DAYS, LONGEST_AT_ONCE_DAYS
from jaga.policy.models import LegalBasis
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import PolicyRelease, load_release
from jaga.policy.review import Element
from jaga.queue.verbs.linked_accounts import MAX_WHY, JudgeableAccount, judgeable_accounts
from jaga.signals.verbs.victim_protection import lifting_takes_supervisor, may_lift
from jaga.watch.verbs.media import MAX_REASON
from jaga.web.errors import language
from jaga.web.frame.forms import ConsoleForm, Line, Several, Text, Ticked, calendar_day, whole_number
from jaga.web.frame.words import DECISION_HINTS, DECISIONS, GROUNDS, ORDER

MOST_QUOTES = 2
LONGEST_QUOTE = 120


@dataclass(frozen=True)
class PreparedFacts:
    """The parts in one language: a sentence for each element that has one, and the quotes after them."""

    findings: Mapping[str, str]
    quotes: str

    def text(self, ticked: Collection[str]) -> str:
        """The sentences of the ticked elements in the rule's order, then the quotes; empty without a sentence."""
        sentences = [sentence for key, sentence in self.findings.items() if key in ticked]
        return " ".join([*sentences, self.quotes]).strip() if sentences else ""


NOTHING_PREPARED = PreparedFacts({}, "")


def prepared_facts(case: CaseView) -> PreparedFacts:
    """The parts for this case in the reader's language. A victim-first case has no quotes."""
    findings = {one.key: one.finding.say(language()) for one in _elements(case) if one.finding}
    if not findings:
        return NOTHING_PREPARED
    quotes = ["“" + _cut(one.text) + "”" for one in shown_publicly(case)[:MOST_QUOTES] if one.text.strip()]
    return PreparedFacts(
        findings, gettext("Publicly it said: %(quotes)s.") % {"quotes": ", ".join(quotes)} if quotes else ""
    )


def judged_with(case: CaseView, ballot: Ballot, ticked: Collection[str]) -> Ballot:
    """The ballot with the facts as they count: marked if they are the prepared sentence, which a dismissal drops."""
    if not is_prepared(case, ballot.facts, ticked):
        return ballot
    if ballot.kind is DecisionKind.DISMISS:
        return replace(ballot, facts="")
    return replace(ballot, as_prepared=True)


def is_prepared(case: CaseView, facts: str, ticked: Collection[str]) -> bool:
    """Whether the facts are the prepared sentence for these elements, in any language."""
    text = " ".join(facts.split())
    if not text:
        return False
    for one in Language:
        with override(one.value):
            if text == " ".join(prepared_facts(case).text(ticked).split()):
                return True
    return False


def _elements(case: CaseView) -> tuple[Element, ...]:
    try:
        return load_release().rule(case.category).elements
    except UnknownTerm:
        return ()


def _cut(text: str) -> str:
    """One line of at most `LONGEST_QUOTE` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_QUOTE:
        return line
    return line[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


_MOST_DAYS = 5
_MEASURES = (DecisionKind.RESTRICT, DecisionKind.CLOSE)  # The account's platform must support these.


@dataclass(frozen=True)
class Choice:
    """A selectable decision. `key` is its number on the keyboard."""

    key: int
    kind: DecisionKind
    label: str
    hint: str
    two_people: bool
    after_lifting: bool = False  # Only with a vote that no one here is a victim.


@dataclass(frozen=True)
class VictimChoice:
    """What a vote may say about a possible victim.

    `asked`: victim-first is proposed or confirmed, so the vote must say one or the other.

    `supervisor`: staff decided it before for this account, so lifting it waits for a supervisor without a vote.
    """

    asked: bool
    may_lift: bool
    supervisor: bool


@dataclass(frozen=True)
class DecisionFormData:
    """The input, kept unchanged on errors."""

    kind: str = ""
    legal_basis: str = ""
    ground: str = Ground.ILLEGAL_CONTENT
    facts: str = ""
    rooms: str = ""
    accounts: tuple[str, ...] = ()
    days: str = ""
    elements: tuple[str, ...] = ()
    restrict_now: bool = False
    why: str = ""
    victim: str = ""
    conduct_on: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict, compare=False)
    confirms: bool = field(default=False, compare=False)  # The prepared sentence is unchanged: once more sends it.


@dataclass(frozen=True)
class LinkFormData:
    """The input and errors of the form that adds another account of the same holder."""

    platform: str = ""
    account: str = ""
    why: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    longest: int = MAX_WHY


@dataclass(frozen=True)
class MediaFormData:
    """The input and errors of the form that asks for a file which a flagged text names."""

    media: str = ""
    reason: str = ""
    no_sign: bool = False
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    longest: int = MAX_REASON


@dataclass(frozen=True)
class AccountChoice:
    """One account that may be judged. Each must be selected explicitly; only a single account is preselected."""

    account: JudgeableAccount
    ticked: bool


@dataclass(frozen=True)
class Wrong:
    """A rejected field: label, anchor (empty: not on this page) and reason."""

    anchor: str
    label: str
    sentences: tuple[str, ...]


_LABELS = {
    "reference": N_("Number in the letter"),
    "account": N_("Account"),
    "way": N_("How it came"),
    "helper": N_("Who helps"),
    "received_on": N_("Day on which it came"),
    "check": N_("How it was checked"),
    "check_note": N_("What was compared"),
    "text": N_("What the holder says"),
    "question": N_("Question"),
    "rests": N_("Does the measure rest?"),
    "rest_reasons": N_("Reasons"),
    "elements": N_("Elements to confirm"),
    "kind": N_("Decision"),
    "victim": N_("A possible victim"),
    "accounts": N_("Accounts"),
    "restrict_days": N_("How long"),
    "conduct_on": N_("Day of the conduct"),
    "legal_basis": N_("Legal basis"),
    "facts": N_("Facts"),
    "rooms": N_("Rooms"),
    "why": N_("Why you settle it so"),
    "result": N_("Decision"),
    "reasons": N_("Reasons"),
}


def wrong_fields(errors: Mapping[str, list[str]], shown: Collection[str]) -> tuple[Wrong, ...]:
    """Rejected fields in form order; those not on the page come last."""
    found = [
        Wrong(name if name in shown else "", gettext(_LABELS[name]) if name in _LABELS else name, tuple(sentences))
        for name, sentences in sorted(errors.items(), key=lambda one: [*_LABELS, one[0]].index(one[0]))
    ]
    return tuple(sorted(found, key=lambda one: not one.anchor))


@dataclass(frozen=True)
class LawChoices:
    """The laws to choose from: those in force on a reported day, and all others, for another day that people find.

    `reported` are the newest reported days, `more` the number of older ones, `claimed` the days that only the public
    names.
    """

    proposed: tuple[LegalBasis, ...]
    others: tuple[LegalBasis, ...]
    reported: tuple[date, ...]
    more: int
    claimed: frozenset[date]

    def __bool__(self) -> bool:
        return bool(self.proposed or self.others)


@dataclass(frozen=True)
class DecisionForm:
    """Everything the form shows. `basis`: the chosen law, or the only one that fits while nothing was entered."""

    choices: tuple[Choice, ...]
    accounts: tuple[AccountChoice, ...]
    days: tuple[int, ...]
    laws: LawChoices
    grounds: Mapping[str, str]
    redaction: bool
    entered: DecisionFormData
    token: str
    elements: tuple[Element, ...] = ()
    victim: VictimChoice | None = None
    may_restrict_now: bool = False
    prepared: PreparedFacts = NOTHING_PREPARED
    basis: str = ""
    longest: int = MAX_FACTS
    settles: bool = False  # It settles a difference.
    longest_why: int = MAX_SETTLING
    alone_days: int = LONGEST_AT_ONCE_DAYS
    alone_within: int = AT_ONCE_WITHIN_DAYS
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """Errors in form order."""
        measures = len(self.choices) > 1
        parts = {
            "victim": self.victim is not None,
            "elements": bool(self.elements),
            "kind": bool(self.choices),
            "accounts": measures,
            "restrict_days": measures and bool(self.days),
            "conduct_on": measures and bool(self.laws),
            "legal_basis": measures and bool(self.laws),
            "facts": measures,
            "rooms": measures and self.redaction,
            "why": self.settles,
        }
        shown = [name for name, there in parts.items() if there]
        return wrong_fields(self.errors, shown)

    @property
    def first_wrong(self) -> str:
        """The first rejected field on the page, to move the focus to."""
        return next((one.anchor for one in self.wrong if one.anchor), "")

    @property
    def untouched(self) -> bool:
        """Whether nothing was entered yet, so the focus goes to the first choice."""
        return self.entered == DecisionFormData() and not self.errors


def decision_form(case: CaseView, entered: DecisionFormData, token: str) -> DecisionForm:
    """The form for this case: only what policy and platform allow, dismissal first, closure last."""
    release = load_release()
    victim, plain = _victim(case, release), allowed_decisions(case, release)
    lifted = allowed_decisions(case, release, VictimSay.LIFT) if victim and victim.may_lift else ()
    kinds = [kind for kind in ORDER if kind in plain or kind in lifted]
    return DecisionForm(
        tuple(
            Choice(
                key,
                kind,
                DECISIONS[kind],
                DECISION_HINTS[kind],
                needs_second_person(case, kind, release),
                kind not in plain,
            )
            for key, kind in enumerate(kinds, 1)
        ),
        _accounts(case, kinds, entered),
        release.enforcement.restriction_days if DecisionKind.RESTRICT in kinds else (),
        _laws(case, release),
        {g.value: m for g, m in GROUNDS.items()},
        may_redact(case, release, VictimSay.LIFT if lifted else None),
        entered,
        token,
        release.rule(case.category).elements if _takes_elements(kinds) else (),
        victim,
        may_restrict_at_once(case, release),
        prepared_facts(case),
        _basis(case, entered, release),
        settles=case.state == CaseState.ADJUDICATION,
        errors=entered.errors,
    )


def _basis(case: CaseView, entered: DecisionFormData, release: PolicyRelease) -> str:
    fitting = fitting_bases(case, release) if entered == DecisionFormData() else ()
    return fitting[0].key if len(fitting) == 1 else entered.legal_basis


def _laws(case: CaseView, release: PolicyRelease) -> LawChoices:
    reported = reported_days(case)
    days = tuple(dict.fromkeys(one.day for one in reported))
    vouched = {one.day for one in reported if not one.claimed}
    return LawChoices(
        proposed_bases(case, release),
        other_bases(case, release),
        days[:_MOST_DAYS],
        len(days[_MOST_DAYS:]),
        frozenset(days) - vouched,
    )


def _takes_elements(kinds: list[DecisionKind]) -> bool:
    """Whether a choice requires every element of the rule: a closure, a long restriction, or any measure on certain
    reporters' word.
    """
    return bool({DecisionKind.CLOSE, DecisionKind.RESTRICT} & set(kinds))


def _victim(case: CaseView, release: PolicyRelease) -> VictimChoice | None:
    """None in categories without measures, where no vote concerns a victim."""
    if not release.may_act(case.category):
        return None
    liftable = may_lift(case)
    return VictimChoice(case.victim_first, liftable, liftable and lifting_takes_supervisor(case))


def _accounts(case: CaseView, kinds: list[DecisionKind], entered: DecisionFormData) -> tuple[AccountChoice, ...]:
    accounts = judgeable_accounts(case, [kind for kind in kinds if kind in _MEASURES])
    untouched = entered == DecisionFormData()
    return tuple(
        AccountChoice(one, len(accounts) == 1 if untouched else str(one.subject_id) in entered.accounts)
        for one in accounts
    )


class BallotForm(ConsoleForm):
    """The fields of the decision form, as submitted or saved as a draft."""

    kind = Text()
    legal_basis = Text()
    ground = Text()
    facts = Text()
    rooms = Text()
    accounts = Several()
    restrict_days = Text()
    elements = Several()
    restrict_now = Ticked("1")
    why = Text()
    victim = Text()
    conduct_on = Line()

    def entered(self) -> DecisionFormData:
        """The input."""
        return DecisionFormData(
            self.text_of("kind"),
            self.text_of("legal_basis"),
            self.text_of("ground"),
            self.text_of("facts"),
            self.text_of("rooms"),
            self.values_of("accounts"),
            self.text_of("restrict_days"),
            self.values_of("elements"),
            self.is_ticked("restrict_now"),
            why=self.text_of("why"),
            victim=self.text_of("victim"),
            conduct_on=self.text_of("conduct_on"),
        )


def ballot_of(entered: DecisionFormData) -> Ballot | None:
    """The ballot, or None if no valid decision was chosen."""
    try:
        kind = DecisionKind(entered.kind)
        ground = Ground(entered.ground or Ground.ILLEGAL_CONTENT)
        victim = VictimSay(entered.victim) if entered.victim else None
    except ValueError:
        return None
    dismissed = kind is DecisionKind.DISMISS
    rooms = () if dismissed else tuple(line.strip() for line in entered.rooms.splitlines() if line.strip())
    return Ballot(
        kind,
        "" if dismissed else entered.legal_basis,
        entered.facts,
        ground,
        rooms,
        None if dismissed else tuple(_number(text) for text in entered.accounts),
        _number(entered.days) if entered.days and kind is DecisionKind.RESTRICT else None,
        () if dismissed else entered.elements,
        victim,
        entered.why,
        entered.restrict_now,
        _day(entered.conduct_on),
    )


def _day(text: str) -> date | None:
    """The submitted day; text that is not a day becomes a day that never comes, which is rejected."""
    return (calendar_day(text) or date.max) if text else None


def _number(text: str) -> int:
    """The submitted number; invalid input becomes 0, which matches no account or duration and is rejected."""
    return whole_number(text) or 0
