"""What the storm's people do, by the pages and the API: each `…Desk` does one piece of work a turn and records what was
acknowledged.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.faults.floor import Account, Floor, GaveUp
from tests.sealed import opened

from jaga.client.calls import Jaga
from jaga.client.transport import ApiProblem, NotReached
from jaga.client.values import Account as Named
from jaga.client.values import FiledOrder, Held, Order
from jaga_practice.officers import LETTER
from jaga_practice.reporters import APPEAL, FOLLOW, report
from jaga_practice.reviewers import ReviewerInput
from jaga_practice.visitor import PageRefused, VisitedPage, Visitor

CATEGORY, REFERRED = "prostitution_advertising", "extortion"
PNG = b"\x89PNG\r\n\x1a\n" + b"invented pixels"
_CODE = re.compile(r"\b(?:[2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5}\b")
_CASE = (
    "SELECT c.id, c.state, c.decided_at IS NOT NULL FROM records_case c"
    " JOIN records_subject s ON s.id = c.subject_id WHERE s.account_id = ANY(%s) ORDER BY c.id"
)


class Desk:
    """The common part."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.rig = floor, floor.rig

    def turn(self) -> None:
        """One piece of work."""
        raise NotImplementedError

    def report(self, account: Account, category: str = CATEGORY) -> str:
        """Report it by the form; returns the receipt."""

        def try_it() -> str:
            self.floor.sent[account.name] = self.floor.sent.get(account.name, 0) + 1
            return report(
                self.rig.base_url,
                {
                    "platform": account.platform,
                    "account": account.name,
                    "contact": "",
                    "text": f"open BO, nego. {account.name}",
                    "category": category,
                },
            )

        receipt = self.floor.insist(f"report {account.name}", try_it)
        self.floor.accept("intake", account.name, account=account)
        return receipt

    def case_of(self, account: Account) -> tuple[int, str, bool] | None:
        """Number, state, and whether it is decided; None while there is no case."""
        found = self.rig.rows(_CASE, list(account.known_as))
        return found[-1] if found else None

    def open_case(self, account: Account) -> int:
        """The number of its case, once people can vote on it."""

        def look() -> int | None:
            case = self.case_of(account)
            return case[0] if case and case[1] in ("in_review", "second_vote") else None

        return self.floor.insist(f"a case of {account.name}", look)

    def decide(self, account: Account, reviewers: dict[str, Any], judgement: ReviewerInput) -> int:
        """Have as many people vote as needed; returns the case's number."""

        def try_it() -> int | None:
            case = self.case_of(account)
            if case is None:
                return None
            number, state, decided = case
            if decided:
                return number
            if state in ("in_review", "second_vote"):
                voted = {
                    name
                    for (name,) in self.rig.rows(
                        "SELECT p.username FROM records_vote v JOIN records_person p ON p.id = v.person_id"
                        " WHERE v.case_id = %s",
                        number,
                    )
                }
                missing = sorted(set(reviewers) - voted)
                if missing:
                    reviewers[missing[0]].vote(number, judgement)
            return None

        return self.floor.insist(f"decide on {account.name}", try_it)


class CaseDesk(Desk):
    """A report, its decision, the holder's appeal and its answer: closed and restored, or restricted and upheld."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._two = {name: floor.reviewer(name) for name in ("sinta", "bayu")}
        self._third = floor.sign_in("rani")

    def turn(self) -> None:
        account, closed = self.floor.account(), self.floor.chance.random() < 0.6
        self.report(account)
        basis = self.rig.held["bases"][CATEGORY]
        judgement = ReviewerInput(
            "close" if closed else "restrict", basis, "Akun ini menawarkan jasa di ruang umum.", days=0 if closed else 7
        )
        case = self.decide(account, self._two, judgement)
        self.floor.accept("closures", account.name, "close" if closed else "restrict", account=account)
        self.floor.accept("letters", account.name, "statement", account=account)
        self.floor.insist(
            f"the end of {account.name}", lambda: (self.case_of(account) or (0, "", False))[1] == "resolved"
        )
        code = self.floor.insist(f"the letter to {account.name}", lambda: self._code(account))
        self.floor.insist(f"the appeal of {account.name}", lambda: self._appeal(code))
        self.floor.accept("appeals", account.name, "filed", account=account)
        self.floor.insist(f"the answer to {account.name}", lambda: self._answer(case, overturn=closed))
        if closed:
            self.floor.accept("restorations", account.name, account=account)
            self.floor.accept("letters", account.name, "restored", account=account)
        else:
            self.floor.accept("appeals", account.name, "upheld", account=account)
            self.floor.accept("letters", account.name, "upheld", account=account)

    def _code(self, account: Account) -> str | None:
        found = [match.group() for text in self.floor.inbox(account) for match in [_CODE.search(text)] if match]
        return found[-1] if found else None

    def _appeal(self, code: str) -> bool:
        visitor = Visitor(self.rig.base_url)
        try:
            page = visitor.send(visitor.open(APPEAL), APPEAL, {"code": code})
            if not any(form.fields.get("step") == "file" for form in page.forms):
                return True  # it is on record; only the answer was lost
            visitor.submit(page, "file", {"code": code, "text": "Ini bukan saya. Mohon dilihat lagi."})
            return True
        finally:
            visitor.close()

    def _answer(self, case: int, *, overturn: bool) -> bool:
        [(number, state)] = self.rig.rows(
            "SELECT a.id, a.state FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id"
            " WHERE d.case_id = %s",
            case,
        )
        if state == "open":
            address = f"/console/appeals/{number}/"
            self._third.send(
                self._third.open(address),
                address,
                {"result": "overturn" if overturn else "uphold", "reasons": "Sudah dilihat lagi oleh orang lain."},
            )
        return True


class MailboxDesk(Desk):
    """The team asks and the reporter answers and adds something, repeatedly, on a case that nobody decides."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._asks = floor.sign_in("dewi")
        self._left = 0

    def turn(self) -> None:
        if not self._left:
            self._account, self._left = self.floor.account(), 12
            self._receipt = self.report(self._account)
            self._case = self.open_case(self._account)
            # Where an answer was lost it was sent anew: the receipt is of the last one.
            [(self._report,)] = self.rig.rows("SELECT max(id) FROM records_report WHERE case_id = %s", self._case)
        self._left -= 1
        for direction, how in (("ours", self._ask), ("answer", self._write), ("evidence", self._write)):
            words = f"{direction} {self._left} {self._account.name}"
            self.floor.insist(f"a message {words}", lambda: how(words))  # noqa: B023 - called before the next
            self.floor.accept("mailbox", self._report, words, account=self._account)
            self.floor.ending.wait(0.5)

    def _ask(self, words: str) -> bool:
        address = f"/console/cases/K{self._case:06d}/"
        page = self._asks.open(address)
        if any(form.action.endswith("/take/") for form in page.forms):
            page = self._asks.send(page, f"{address}take/", {})
        self._asks.send(page, f"{address}reports/{self._report}/ask/", {"question": words})
        return True

    def _write(self, words: str) -> bool:
        visitor = Visitor(self.rig.base_url)
        try:
            page = visitor.send(visitor.open(FOLLOW), FOLLOW, {"receipt": self._receipt})
            step = words.partition(" ")[0]
            if any(form.fields.get("step") == step for form in page.forms):
                visitor.submit(page, step, {"text": words})
                return True
            # What was answered is asked no more; only the page that said so was lost.
            written = self.rig.rows("SELECT text FROM records_reportmessage WHERE report_id = %s", self._report)
            return words in (opened(self.rig.home, text, "records_reportmessage.text") for (text,) in written)
        finally:
            visitor.close()


class OrderDesk(Desk):
    """A ministry's signed letters by the API; webhooks notify its software of each."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        held = self.rig.held
        self._jaga = Jaga(
            self.rig.base_url,
            held["api_key"],
            signing_key=held["signing_key"],
            attempts=60,
            sleep=lambda seconds: time.sleep(min(seconds, 0.3)),
        )
        self.floor.closing.callback(self._jaga.close)
        assert self.rig.outside is not None
        hooks = self.rig.outside.hooks_url
        self._endpoint = self._try(
            "an endpoint",
            lambda: (
                next((one.endpoint_id for one in self._jaga.webhooks() if one.url == hooks), None)
                or self._jaga.register_webhook(hooks).endpoint_id
            ),
        )

    def _try(self, what: str, attempt: Callable[[], Any]) -> Any:
        def once() -> Any:
            try:
                return attempt()
            except NotReached:
                return None
            except ApiProblem as refused:
                if refused.status < 500:
                    raise GaveUp(f"{what}: {refused}") from refused
                return None

        return self.floor.insist(what, once)

    def turn(self) -> None:
        accounts = [self.floor.account() for _ in range(2)]
        number = f"{accounts[0].name}/2026"
        order = Order(
            number,
            datetime.now(UTC).date(),
            self.rig.held["order_basis"],
            "Kedua akun mengiklankan jasa.",
            LETTER,
            [Named(one.platform, one.name, CATEGORY, f"https://contoh.example/{one.name}", [PNG]) for one in accounts],
        )
        filed = self._try(f"order {number}", lambda: self._jaga.file_order(order, idempotency_key=number))
        if isinstance(filed, Held):
            self.floor.fault("lost", "orders", f"held: {filed.reason}", number)
            return
        assert isinstance(filed, FiledOrder)
        self.floor.accept("orders", number, len(accounts), filed.order_id)
        for one in filed.accounts:
            self.floor.accept("webhooks", "request.filed", one.report_id)
        delivery = self._try("a test message", lambda: self._jaga.test_webhook(self._endpoint))
        self.floor.accept("webhooks", "test", delivery)
        self.floor.ending.wait(3.0)  # a program would leave nothing of the machine to the people


class DraftDesk(Desk):
    """A reviewer writes on a case for long; the page stores the draft continuously."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._writer = floor.sign_in("dewi")
        self._left = 0

    def turn(self) -> None:
        if not self._left:
            account, self._left, self._kept = self.floor.account(), 40, 0
            self.report(account)
            self._case = self.open_case(account)
            self._token = ""
        self._left -= 1
        number = self._kept + 1
        self.floor.insist(f"a draft on {self._case}", lambda: self._save(number))
        self.floor.accept("drafts", self._case, number)
        self._kept = number
        found = self.rig.rows(
            "SELECT d.fields -> 'facts' ->> 0 FROM records_draft d JOIN records_person p"
            " ON p.id = d.person_id WHERE d.case_id = %s AND p.username = 'dewi'",
            self._case,
        )
        if found != [(f"naskah {number}",)]:
            self.floor.fault("double" if len(found) > 1 else "lost", "drafts", f"kept is {found}", self._case, number)
        self.floor.ending.wait(2.0)

    def _save(self, number: int) -> bool:
        address = f"/console/cases/K{self._case:06d}/"
        if not self._token:
            page = self._writer.open(address)
            self._token = next(
                form.fields["csrfmiddlewaretoken"] for form in page.forms if "csrfmiddlewaretoken" in form.fields
            )
        answer = self._writer._client.post(
            f"{address}draft/", data={"csrfmiddlewaretoken": self._token, "kind": "close", "facts": f"naskah {number}"}
        )
        if answer.status_code != 204:
            self._token = ""
            raise PageRefused(f"draft: {answer.status_code} {answer.text[:200]}")
        return True


class ReferralDesk(Desk):
    """Two people refer a case to an office that is reached by mail; somebody there opens the link and confirms."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._two = {name: floor.reviewer(name) for name in ("sinta", "bayu")}
        self._ours = floor.sign_in("rani")

    def turn(self) -> None:
        account = self.floor.account()
        self.report(account, REFERRED)
        case = self.decide(
            account,
            self._two,
            ReviewerInput("refer", self.rig.held["bases"][REFERRED], "Diteruskan kepada yang dapat menolong."),
        )
        self.floor.accept("referral", account.name, "decided", account=account)
        number = self.floor.insist(f"a referral of {account.name}", lambda: self._addressed(case))
        self.floor.accept("referral", account.name, "addressed", number, account=account)
        link = self.floor.insist(f"the mail about R{number:06d}", lambda: self._link(number))
        code = self.floor.insist(f"the code of R{number:06d}", lambda: self._code(number))
        self.floor.insist(f"the confirmation of R{number:06d}", lambda: self._confirm(link, code))
        self.floor.accept("referral", account.name, "confirmed", number, account=account)

    def _addressed(self, case: int) -> int | None:
        rows = self.rig.rows("SELECT id, state FROM records_referral WHERE case_id = %s ORDER BY id DESC", case)
        if not rows:
            return None
        number, state = rows[0]
        if state != "drafted":
            return int(number)
        address = f"/console/referrals/R{number:06d}/"
        page = self._ours.open(address)
        found = re.search(r'name="receiver" value="(lpsk[^"]*)"', page.html)
        if found is None:
            raise PageRefused(f"{address} offers no office")
        self._ours.submit(
            page,
            "address",
            {"receiver": found.group(1), "danger": "harm", "words": "Mohon hubungi kami untuk membantu orang ini."},
        )
        return None

    def _link(self, number: int) -> str | None:
        assert self.rig.outside is not None
        letters = self.rig.outside.letters(f"R{number:06d}")
        found = re.search(r"/referral/[^\s/]+/", letters[0]) if letters else None
        return found.group() if found else None

    def _code(self, number: int) -> str | None:
        page = self._ours.open(f"/console/referrals/R{number:06d}/")
        found = re.search(r'<p class="figure">([^<]+)</p>', page.html)
        return found.group(1).strip() if found else None

    def _confirm(self, link: str, code: str) -> bool:
        visitor = Visitor(self.rig.base_url)
        try:
            page: VisitedPage = visitor.open(link)
            page = visitor.send(page, link, {"code": code}) if page.forms else page
            if not any(form.fields.get("step") == "confirm" for form in page.forms):
                return any(form.fields.get("step") == "outcome" for form in page.forms)
            visitor.submit(page, "confirm", {"code": code, "taken_by": "Petugas kantor"})
            return True
        finally:
            visitor.close()


DESKS: tuple[type[Desk], ...] = (
    CaseDesk,
    CaseDesk,
    CaseDesk,
    CaseDesk,
    MailboxDesk,
    OrderDesk,
    DraftDesk,
    ReferralDesk,
)
LONG = (*DESKS, *(CaseDesk,) * 4, ReferralDesk)
"""More at once, where each decision waits before it is made."""
