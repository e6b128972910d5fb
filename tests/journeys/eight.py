"""Eight signed-in people at a real web server who do the same thing at the same moment.

Each scenario returns who won; all others must have been told so on a page in the page's language, with a link to
continue. `broken` checks what is stored afterwards. Cases are made by the verbs, in the caller's process; everything
contested goes over HTTP. Used by a short test and by `bench.eight`.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeVar

import httpx
from django.db import connection
from django.middleware.csrf import _mask_cipher_secret
from tests.factories import CATEGORY, FACTS, PLATFORM, carry_through, elements_for, new_report, vote

from jaga.appeals.models import Appeal
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Lease, LinkedAccount
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM, Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import frozen, now
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import DecisionKind, NoteKind, PendingEnd, Step
from jaga.core.terms.people import OrganisationKind, Role
from jaga.core.terms.reports import ReportRoute
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.verbs import undo_window
from jaga.people.models import Organisation
from jaga.people.verbs import people, second_factor
from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.queue.models import CaseNote
from jaga.reporting.verbs import intake
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga_practice.visitor import _Forms

NAMES = ("ani", "beni", "cahya", "dian", "eka", "fajar", "gita", "hadi")
PASSWORD = "kata-sandi-latihan-panjang"
WHY = "Bukti di ruang umum lebih kuat daripada dugaan."
CLOSE = DecisionKind.CLOSE
T = TypeVar("T")
_MARKUP = re.compile(r"<[^>]+>|\s+")
_WORDS = re.compile(
    r'role="alert"[^>]*>\s*<p><strong>.+?</strong>|class="field__error"|class="eyebrow">\d+</p>', re.DOTALL
)


@dataclass(frozen=True)
class Answer:
    """What one person's browser got."""

    name: str
    status: int
    html: str = field(repr=False)
    location: str = ""

    @property
    def won(self) -> bool:
        return self.status == 302


@dataclass
class Someone:
    """One person at one browser; several of its windows may send at once."""

    name: str
    actor: Actor
    browser: httpx.Client

    def token(self) -> str:
        """The token of a new page, as the server makes it."""
        return str(_mask_cipher_secret(self.browser.cookies["csrftoken"]))

    def open(self, path: str) -> Answer:
        return self._answer(self.browser.get(path))

    def send(self, path: str, fields: dict[str, Any] | None = None, *, token: str = "") -> Answer:
        """Send a form. Without a token of an open page, use that of a page opened just before."""
        return self._answer(
            self.browser.post(path, data={**(fields or {}), "csrfmiddlewaretoken": token or self.token()})
        )

    def _answer(self, answer: httpx.Response) -> Answer:
        return Answer(self.name, answer.status_code, answer.text, answer.headers.get("Location", ""))


class Crowd:
    """The eight, their voters (by verbs, outside of the eight), and all answers that they got."""

    def __init__(self, base_url: str) -> None:
        operator = _operator()
        self.voters = tuple(_person(f"penilai{number}", operator.pk) for number in range(2))
        self.answers: list[Answer] = []
        self.people: list[Someone] = []
        self._number = 0
        for name in NAMES:
            actor = _person(name, operator.pk)
            browser = httpx.Client(base_url=base_url, timeout=60, headers={"Origin": base_url, "Referer": base_url})
            someone = Someone(name, actor, browser)
            browser.get("/console/sign-in/")
            told = someone.send("/console/sign-in/", {"username": name, "password": PASSWORD})
            assert told.won, told.html
            self.people.append(someone)

    def close(self) -> None:
        for one in self.people:
            one.browser.close()

    def all_at_once(
        self, act: Callable[[Someone], Answer | list[Answer]], who: Sequence[Someone] | None = None
    ) -> list[Answer]:
        """Everybody's act, started together; the answers are also kept for `broken`."""
        given = at_once([lambda one=one: act(one) for one in who or self.people])  # type: ignore[misc]
        answers = [one for many in given for one in (many if isinstance(many, list) else [many])]
        self.answers += answers
        return answers

    def new_case(self) -> int:
        """A reported account that waits for a decision."""
        self._number += 1
        account = f"@ramai{self._number}-{secrets.token_hex(3)}:localhost"
        case_id = intake.file_report(new_report(account=account), actor=PUBLIC).case_id
        triage.triage_case(case_id, actor=SYSTEM)
        return case_id

    def agreed(self) -> int:
        """A case whose closure two others agreed on; it waits."""
        case_id = self.new_case()
        for voter in self.voters:
            vote(case_id, CLOSE, voter)
        return case_id


def _operator() -> Organisation:
    found = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).first()
    if found is not None:
        return found
    made = create_organisation("Operator Ramai", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(
        NewPlatform(PLATFORM, "Obrolan Ramai", made.pk, "localhost", able, watched=True, practice=True), actor=CLI
    )
    return made


def _person(name: str, organisation: int) -> Actor:
    """Somebody who may vote and settle, so that each of the eight may do everything."""
    made = people.create_person(
        people.NewPerson(name, name.title(), organisation, (Role.REVIEWER, Role.SUPERVISOR), PASSWORD), actor=CLI
    )
    second_factor.demand_no_factor(made.pk, actor=CLI)  # what is raced for is not the sign-in
    return people.actor_for(made)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Start all together; the results in order. An exception is raised."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def page_of(case_id: int) -> str:
    return f"/console/cases/K{case_id:06d}/"


def take(crowd: Crowd) -> list[str]:
    """All take one case; then everybody takes and releases it repeatedly; then all take it over."""
    case_id, wrong = crowd.new_case(), list[str]()
    answers = crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}take/"))
    winners = [one.name for one in answers if one.won]
    held = list(
        Lease.objects.filter(case_id=case_id, released_at__isnull=True).values_list("holder__username", flat=True)
    )
    if len(winners) != 1 or held != winners:
        wrong.append(f"taken by {winners}, held by {held}")
    if any(winners[0].title() not in one.html for one in answers if not one.won):
        wrong.append("a loser was not told who holds the case")

    def again(one: Someone) -> list[Answer]:
        page = one.send(f"{page_of(case_id)}take/")
        return [page, one.send(f"{page_of(case_id)}hand-back/")] if page.won else [page]

    for _ in range(2):
        crowd.all_at_once(again)
    crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}hand-back/"))
    crowd.people[0].send(f"{page_of(case_id)}take/")
    crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}take-over/", {"reason": "Tenggat hampir habis."}))
    return wrong


def judge(crowd: Crowd) -> list[str]:
    """All take and vote until it is decided; each votes from two windows at once, with different words in each."""
    case_id, wrong = crowd.new_case(), list[str]()

    def works(one: Someone) -> list[Answer]:
        answers = list[Answer]()
        for _ in range(12):
            answers.append(one.send(f"{page_of(case_id)}take/"))
            if answers[-1].won:
                form = _decision(one.open(page_of(case_id)).html)
                if form:
                    return [*answers, *_from_two_windows(one, f"{page_of(case_id)}decide/", form)]
            elif Case.objects.get(pk=case_id).state not in VOTING_STATES:
                return answers
        return answers

    crowd.all_at_once(works)
    votes = Counter(Vote.objects.filter(case_id=case_id).values_list("person__username", flat=True))
    if len(votes) != 2 or set(votes.values()) != {1}:
        wrong.append(f"votes: {dict(votes)}")
    if PendingDecision.objects.filter(case_id=case_id).count() != 1:
        wrong.append("it was not agreed on exactly once")
    return wrong


def _from_two_windows(one: Someone, path: str, form: dict[str, Any]) -> list[Answer]:
    return at_once(
        [
            lambda words=words: one.send(path, {**form, "facts": f"{FACTS} {words}"})  # type: ignore[misc]
            for words in ("Jelas.", "Sangat jelas.")
        ]
    )


def _decision(html: str) -> dict[str, Any]:
    """The decision form of a case page, filled in; empty if the page has none."""
    parser = _Forms()
    parser.feed(html)
    form = next((one for one in parser.forms if one.action.endswith("/decide/")), None)
    if form is None:
        return {}
    fields: dict[str, Any] = {key: value for key, value in form.fields.items() if key != "csrfmiddlewaretoken"}
    fields.pop("step", None)
    return {
        **fields,
        "kind": CLOSE.value,
        "legal_basis": load_release().legal_bases_for(CATEGORY, today())[0].key,
        "elements": list(elements_for(CATEGORY, CLOSE)),
        "why": WHY,
    }


def undo(crowd: Crowd) -> list[str]:
    """All undo what two others agreed on."""
    case_id = crowd.agreed()
    answers = crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}undo/", {"reason": "mistake"}))
    ends = list(PendingDecision.objects.filter(case_id=case_id).values_list("end", flat=True))
    winners = [one.name for one in answers if one.won]
    wrong = [] if len(winners) == 1 and ends == [PendingEnd.UNDONE] else [f"undone by {winners}: {ends}"]
    standing = Vote.in_force.filter(case_id=case_id).count()
    return wrong if not standing else [*wrong, f"{standing} votes stand after the undo"]


def undo_at_its_moment(crowd: Crowd) -> list[str]:
    """All undo it while the worker makes the decision: exactly one of the two happens, completely."""
    case_id = crowd.agreed()
    pending = PendingDecision.objects.get(case_id=case_id)
    late = crowd.people[0]

    def act(one: Someone) -> Answer:
        if one is late:
            with frozen(pending.undo_until + timedelta(seconds=1)):
                undo_window.make_pending_decision(pending.pk, actor=SYSTEM)
            return one.open("/console/pending/")
        return one.send(f"{page_of(case_id)}undo/", {"reason": "mistake"})

    answers = crowd.all_at_once(act)
    pending.refresh_from_db()
    winners = [one.name for one in answers if one.won]
    made = Decision.objects.filter(case_id=case_id, kind=CLOSE).count()
    if pending.end == PendingEnd.COMMITTED:
        return [] if not winners and made == 1 else [f"committed, and undone by {winners}; {made} decisions"]
    return [] if len(winners) == 1 and made == 0 else [f"{pending.end} by {winners}; {made} decisions"]


def let_on(crowd: Crowd) -> list[str]:
    """Some supervisors let a paused closure continue while others stop it."""
    case_id = crowd.agreed()
    account = Case.objects.get(pk=case_id).subject.account_id

    def speaks(network: str) -> None:
        intake.file_report(
            new_report(
                account=account,
                route=ReportRoute.VICTIM,
                source=network,
                network=network,
                text="Saya orangnya, tolong saya",
            ),
            actor=PUBLIC,
        )

    speaks(f"a{case_id}")
    triage.triage_case(case_id, actor=SYSTEM)
    for voter in crowd.voters:
        vote(case_id, CLOSE, voter)
    speaks(f"b{case_id}")
    stoppers = crowd.people[:2]

    def act(one: Someone) -> Answer:
        if one in stoppers:
            return one.send(f"{page_of(case_id)}undo/", {"reason": "mistake"})
        return one.send(f"{page_of(case_id)}resume/", {"shown": "1", "why": "Laporan itu menyebut akun lain."})

    answers = crowd.all_at_once(act)
    stopped = [one.name for one in answers if one.won and one.name in {person.name for person in stoppers}]
    let = [one.name for one in answers if one.won and one.name not in stopped]
    waits = DecisionPause.objects.filter(pending__case_id=case_id, resumed_at__isnull=False).count()
    ends = list(PendingDecision.objects.filter(case_id=case_id).order_by("pk").values_list("end", flat=True))
    right = len(let) <= 1 and waits == len(let) and len(stopped) == 1 and ends[-1] == PendingEnd.UNDONE
    return [] if right else [f"let on by {let} ({waits} waits), stopped by {stopped}: {ends}"]


def answer_appeal(crowd: Crowd) -> list[str]:
    """All decide one appeal, half of them each way."""
    case_id = crowd.agreed()
    pending = PendingDecision.objects.get(case_id=case_id)
    with frozen(pending.undo_until + timedelta(seconds=1)):
        undo_window.make_pending_decision(pending.pk, actor=SYSTEM)
    carry_through(case_id)
    closed = Decision.objects.get(case_id=case_id, kind=CLOSE)
    appeal = appeals.file_appeal(appeal_code(closed.pk), "Itu bukan saya.", actor=HOLDER)

    def decides(one: Someone) -> Answer:
        result = "overturn" if crowd.people.index(one) % 2 else "uphold"
        return one.send(f"/console/appeals/{appeal.pk}/", {"result": result, "reasons": WHY})

    answers = crowd.all_at_once(decides)
    winners = [one.name for one in answers if one.won]
    row = Appeal.objects.select_related("decided_by").get(pk=appeal.pk)
    restoring = Decision.objects.filter(case_id=case_id, kind=DecisionKind.RESTORE).count()
    right = (
        len(winners) == 1
        and row.decided_by
        and row.decided_by.username == winners[0]
        and restoring == (row.state == "overturned")
    )
    return [] if right else [f"answered by {winners}: {row.state}, {restoring} restored"]


def link(crowd: Crowd) -> list[str]:
    """All add accounts while one holds the case; then all add the same one; then all remove it."""
    case_id, wrong = crowd.new_case(), list[str]()
    holder, *others = crowd.people
    form = {"platform": PLATFORM, "account": f"@lain{case_id}:localhost", "why": "Nomor telepon yang sama."}
    holder.send(f"{page_of(case_id)}take/")
    answers = crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}accounts/", form), others)
    if {one.status for one in answers} != {409} or any(holder.name.title() not in one.html for one in answers):
        wrong.append(f"while it is held: {Counter(one.status for one in answers)}")
    holder.send(f"{page_of(case_id)}hand-back/")
    answers = crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}accounts/", form))
    links = list(LinkedAccount.objects.filter(case_id=case_id).values_list("pk", flat=True))
    if len(links) != 1 or len([one for one in answers if one.won]) != 1:
        wrong.append(f"{len(links)} links of one account")
    answers = crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}accounts/{links[0]}/remove/"))
    if len([one for one in answers if one.won]) != 1:
        wrong.append("taken out more than once")
    return wrong


def escalate(crowd: Crowd) -> list[str]:
    """All escalate one case."""
    case_id = crowd.new_case()
    crowd.all_at_once(lambda one: one.send(f"{page_of(case_id)}escalate/", {"reason": "Saya tidak yakin."}))
    notes = CaseNote.objects.filter(case_id=case_id, kind=NoteKind.ESCALATE).count()
    return [] if notes == 1 else [f"escalated {notes} times"]


def same_form(crowd: Crowd) -> list[str]:
    """One person's form arrives eight times at once, from one page and from a second window."""
    case_id, one = crowd.new_case(), crowd.people[0]
    tokens = [one.token()] * 5 + [one.token() for _ in range(3)]
    before = CaseNote.objects.filter(case_id=case_id).count()
    answers = at_once(
        [
            lambda token=token: one.send(  # type: ignore[misc]
                f"{page_of(case_id)}notes/", {"note": "Sudah saya telepon."}, token=token
            )
            for token in tokens
        ]
    )
    crowd.answers += answers
    made = CaseNote.objects.filter(case_id=case_id).count() - before
    right = made == 1 and {(told.status, told.location) for told in answers} == {(302, page_of(case_id))}
    return [] if right else [f"{made} notes of one form: {Counter((told.status, told.location) for told in answers)}"]


SCENARIOS: tuple[Callable[[Crowd], list[str]], ...] = (
    same_form,
    judge,
    undo_at_its_moment,
    link,
    undo,
    let_on,
    answer_appeal,
    take,
    escalate,
)


def broken(crowd: Crowd) -> list[str]:
    """What must never happen, in what is stored and in the answers; empty if all is well."""
    return [*_stored_wrong(), *_told_wrong(crowd.answers)]


def _stored_wrong() -> Iterator[str]:
    twice = Counter(Vote.in_force.values_list("case_id", "person_id"))
    yield from (f"two standing votes of one person: {key}" for key, count in twice.items() if count > 1)
    held = Counter(
        Lease.objects.filter(released_at__isnull=True, expires_at__gt=now()).values_list("case_id", flat=True)
    )
    yield from (f"two leases at once: case {case_id}" for case_id, count in held.items() if count > 1)
    for row in Decision.objects.filter(kind=CLOSE):
        judged = set(Vote.in_force.filter(case=row.case_id, kind=CLOSE).values_list("person_id", flat=True))
        if row.seconded_by_id in (None, row.decided_by_id) or not {row.decided_by_id, row.seconded_by_id} <= judged:
            yield f"a closure without two people: decision {row.pk}"
    undone = set(PendingDecision.objects.filter(end=PendingEnd.UNDONE).values_list("case_id", flat=True))
    done = set(PendingDecision.objects.filter(end=PendingEnd.COMMITTED).values_list("case_id", flat=True))
    for closed in Decision.objects.filter(kind=CLOSE, case__in=undone - done):
        yield f"undone and decided: {closed.pk}"
    closing = Counter(Action.objects.filter(kind="close").values_list("decision_id", flat=True))
    yield from (f"two acts of one decision: {decision}" for decision, count in closing.items() if count > 1)
    while link_entries():
        pass
    yield from (f"ledger: {problem}" for problem in verify_ledger().problems)


def _told_wrong(answers: Sequence[Answer]) -> Iterator[str]:
    """A refusal is a page in the page's language, with a message and a link; nothing ended in a crash."""
    for told in answers:
        if told.status >= 500:
            yield f"{told.name} got {told.status}: {_MARKUP.sub(' ', told.html)[-300:]}"
        elif told.status >= 400 and not (
            'lang="id"' in told.html and 'href="/console/' in told.html and _WORDS.search(told.html)
        ):
            yield f"{told.name} got {told.status} without words or a way back: {_MARKUP.sub(' ', told.html)[:300]}"


@contextmanager
def deadlocks_counted() -> Iterator[Callable[[], int]]:
    """How many deadlocks PostgreSQL has resolved since the block began, in this database."""

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    before = count()
    yield lambda: count() - before
