"""People who go on working while things die: they send again what got no answer, after a look at what became of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import httpx
from tests.faults.rig import Rig

from jaga_practice import reporters
from jaga_practice.reviewers import Judgement, Reviewer
from jaga_practice.visitor import PageRefused, Visitor

CLOSE = Judgement("close", "kuhp_407", "Akun ini menawarkan jasa di ruang umum.")
_NO_ANSWER = (httpx.TransportError, PageRefused, ValueError)  # the last: a page without a receipt
_PATIENCE = 300.0
SIGN_IN = "/console/sign-in/"


@dataclass
class Visitors:
    """One reporter and two reviewers at their browsers, and beside them people who use the verbs."""

    rig: Rig
    name: str
    ending: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)

    def by_the_pages(self) -> None:
        """Report an account, vote twice, and so on; every answer that somebody got is kept in `rig.accepted`."""
        with ExitStack() as open_visits:
            reviewers = {name: self._sign_in(name, open_visits) for name in self.rig.passwords}
            number = 0
            while not self.ending.is_set():
                number += 1
                account = self.rig.newcomer(f"{self.name}.laman{number}")
                if self._insist(f"report {account}", partial(self._report, account)):
                    self._insist(f"vote on {account}", partial(self._votes, account, reviewers))

    def by_the_verbs(self) -> None:
        """Have closures decided, one after the other."""
        number = 0
        while not self.ending.is_set():
            number += 1
            account = self.rig.newcomer(f"{self.name}.kata{number}")
            self.rig.ask(account)
            self.rig.answers([account])

    def _sign_in(self, name: str, open_visits: ExitStack) -> Reviewer:
        visitor = Visitor(self.rig.base_url)
        open_visits.callback(visitor.close)

        def try_it() -> bool:
            page = visitor.open("/console/")
            if SIGN_IN not in page.url:
                return True  # it was taken before, only the answer was lost
            visitor.send(page, SIGN_IN, {"username": name, "password": self.rig.passwords[name]})
            return True

        self._insist(f"sign in {name}", try_it)
        return Reviewer(visitor)

    def _report(self, account: str) -> bool:
        reporters.report(self.rig.base_url, {"platform": "toy", "account": account, "text": "open BO, nego",
                                             "category": "prostitution_advertising", "contact": ""})
        self.rig.accepted[account] = "reported"
        return True

    def _votes(self, account: str, reviewers: dict[str, Reviewer]) -> bool:
        """Vote where this person's vote is missing; whether it is decided."""
        [(case_id, state, decided)] = self.rig.rows(
            "SELECT c.id, c.state, c.decided_at FROM records_case c JOIN records_subject s ON s.id = c.subject_id"
            " WHERE s.account_id = %s", account)
        if decided:
            self.rig.accepted[account] = "decided"
            return True
        if state in ("in_review", "second_vote"):
            voted = {name for (name,) in self.rig.rows(
                "SELECT p.username FROM records_vote v JOIN records_person p ON p.id = v.person_id"
                " WHERE v.case_id = %s", case_id)}
            for name in sorted(set(reviewers) - voted):
                reviewers[name].vote(case_id, CLOSE)
        return False

    def _insist(self, what: str, attempt: Callable[[], bool]) -> bool:
        """Again and again, as people do; a failure for the test where even that is in vain."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with suppress(*_NO_ANSWER):
                if attempt():
                    return True
            time.sleep(0.1)
        self.failures.append(what)
        return False


@contextmanager
def at_work(rig: Rig, name: str) -> Iterator[Visitors]:
    """Both kinds of people work during the block, and finish what they began."""
    visitors = Visitors(rig, name)
    threads = [threading.Thread(target=work) for work in (visitors.by_the_pages, visitors.by_the_verbs)]
    for thread in threads:
        thread.start()
    try:
        yield visitors
    finally:
        visitors.ending.set()
        for thread in threads:
            thread.join()
