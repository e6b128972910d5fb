"""The result for everything that was acknowledged: how much of each operation was lost, done twice, or is unfinished
and invisible.

*Lost*: acknowledged, and missing or never ending. *Double*: done twice. *Silent*: unfinished, and in no list of stuck
work. Unfinished work in such a list is neither: it waits for a person (`stuck`).
"""

import collections
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.floor import Account, Floor, Matter
from tests.faults.points import OPERATIONS
from tests.sealed import opened

ACCEPTING = tuple(name for name in OPERATIONS if name != "ledger")  # nobody is told of a link of the ledger


@dataclass
class Count:
    """The count of one operation. The lists name each matter; all should be empty."""

    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.double or self.silent)


@dataclass(frozen=True)
class Found:
    """What was found of one matter: whether it exists, is finished, happened twice, and is in a list of stuck work."""

    there: bool
    ended: bool = True
    twice: str = ""
    stuck: bool = False
    what: str = ""


def judge(matters: Iterable[tuple[Matter, Found]], seen: Iterable[tuple[str, Matter, str]] = ()) -> dict[str, Count]:
    """The counts by operation. Changes nothing."""
    counts = {name: Count() for name in ACCEPTING}
    for matter, found in matters:
        count, name = counts[matter.operation], f"{' '.join(matter.words)}: {found.what or 'absent'}"
        count.accepted += 1
        if found.twice:
            count.double.append(f"{' '.join(matter.words)}: {found.twice}")
        if not found.there:
            count.lost.append(name)
        elif not found.ended and found.stuck:
            count.stuck.append(name)
        elif not found.ended:
            count.lost.append(name)
            count.silent.append(name)
    for kind, matter, what in seen:
        getattr(counts[matter.operation], kind).append(f"{' '.join(matter.words)}: {what}")
    return counts


class Counter:
    """Reads Jaga's tables, the platforms, and what was sent outside."""

    def __init__(self, floor: Floor) -> None:
        self._floor, self._rig = floor, floor.rig

    def count(self) -> dict[str, Count]:
        """Count everything that was accepted on this floor."""
        return judge(self.found(), self._floor.seen)

    def unfinished(self) -> list[str]:
        """What may still be finished."""
        return [
            f"{matter.operation} {' '.join(matter.words)}: {found.what}"
            for matter, found in self.found()
            if not (found.there and found.ended) and not found.stuck
        ]

    def found(self) -> list[tuple[Matter, Found]]:
        """Each matter with its findings."""
        looks: Mapping[str, Callable[[list[tuple[Matter, Account | None]]], list[tuple[Matter, Found]]]] = {
            "intake": self._reports,
            "closures": self._measures,
            "restorations": self._restorations,
            "letters": self._letters,
            "appeals": self._appeals,
            "mailbox": self._messages,
            "orders": self._orders,
            "webhooks": self._hooks,
            "drafts": self._drafts,
            "referral": self._referrals,
        }
        by_operation: dict[str, list[tuple[Matter, Account | None]]] = {}
        for matter, account in list(self._floor.matters.items()):
            by_operation.setdefault(matter.operation, []).append((matter, account))
        return [one for operation, matters in by_operation.items() for one in looks[operation](matters)]

    def _names(self) -> dict[str, str]:
        """The account's name by any name that Jaga may know."""
        return {
            known: account.name for account in self._floor.matters.values() if account for known in account.known_as
        }

    def _by_account(self, query: str) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of a query by the account's name, which is the first column."""
        names, found = self._names(), dict[str, list[tuple[Any, ...]]]()
        for known, *rest in self._rig.rows(query):
            if known in names:
                found.setdefault(names[known], []).append(tuple(rest))
        return found

    def _reports(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        rows = self._by_account(
            "SELECT s.account_id, r.case_id IS NOT NULL FROM records_report r"
            " JOIN records_subject s ON s.id = r.subject_id WHERE r.officer_id IS NULL"
        )
        found = []
        for matter, account in matters:
            assert account
            filed, sent = [one for (one,) in rows.get(account.name, [])], self._floor.sent[account.name]
            found.append(
                (
                    matter,
                    Found(
                        bool(filed),
                        all(filed),
                        f"{len(filed)} rows of {sent} forms" if len(filed) > sent else "",
                        what=f"{len(filed)} rows, in a case: {filed}",
                    ),
                )
            )
        return found

    def _actions(self) -> dict[str, list[tuple[Any, ...]]]:
        return self._by_account(
            "SELECT s.account_id, a.kind, a.state, EXISTS (SELECT 1 FROM records_verification v"
            " WHERE v.action_id = a.id AND v.result = 'confirmed')"
            " FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
            " JOIN records_subject s ON s.id = d.subject_id"
        )

    def _action(
        self, matter: Matter, account: Account, rows: list[tuple[Any, ...]], kind: str, state: str, order: str
    ) -> tuple[Matter, Found]:
        """One action of that kind that is done, confirmed by an observation, and whose order had one effect."""
        mine = [(how, sure) for what, how, sure in rows if what == kind]
        times = self._floor.effects(account).get(order, 0)
        twice = f"{len(mine)} actions" if len(mine) > 1 else f"{order} {times} times" if times > 1 else ""
        ended = mine[:1] == [("done", True)] and times >= 1 and self._floor.state(account) == state
        return matter, Found(
            bool(mine),
            ended,
            twice,
            any(how == "stuck" for how, _ in mine),
            f"actions {mine}, {order} {times} times, account {self._floor.state(account)}",
        )

    def _measures(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        rows = self._actions()
        undone = {matter.words[0] for matter in self._floor.matters if matter.operation == "restorations"}
        found = []
        for matter, account in matters:
            assert account
            kind = matter.words[1]
            state = "open" if account.name in undone else "closed" if kind == "close" else "held"
            found.append(
                self._action(
                    matter, account, rows.get(account.name, []), kind, state, "close" if kind == "close" else "hold"
                )
            )
        return found

    def _restorations(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        rows, found = self._actions(), []
        for matter, account in matters:
            assert account
            found.append(self._action(matter, account, rows.get(account.name, []), "restore", "open", "reopen"))
        return found

    def _letters(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        """As many letters in the inbox as promised, no text twice. The holder is told of an upheld decision once it
        exists.
        """
        promised: dict[str, int] = {}
        for matter, _ in matters:
            promised[matter.words[0]] = promised.get(matter.words[0], 0) + 1
        stuck, anew = self._stuck_accounts(), self._told_anew()
        found = []
        for matter, account in matters:
            assert account
            inbox, wanted = self._floor.inbox(account), promised[account.name]
            more = len(inbox) > wanted + anew.get(account.name, 0)
            twice = f"{len(inbox)} letters of {wanted}" if more or len(set(inbox)) < len(inbox) else ""
            found.append(
                (
                    matter,
                    Found(
                        True,
                        len(inbox) >= wanted,
                        twice if matter.words[1] == "statement" else "",
                        account.name in stuck,
                        f"{len(inbox)} letters of {wanted}",
                    ),
                )
            )
        return found

    def _told_anew(self) -> dict[str, int]:
        """Letters beyond the promised ones: the closure has its own if the restriction before it was not delivered in
        time, and ended.
        """
        rows = self._by_account(
            "SELECT s.account_id, count(*) FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
            " JOIN records_subject s ON s.id = d.subject_id WHERE d.awaits_id IS NOT NULL AND a.kind = 'restrict'"
            " AND a.state = 'ended' GROUP BY s.account_id"
        )
        return {name: sum(times for (times,) in found) for name, found in rows.items()}

    def _stuck_accounts(self) -> set[str]:
        return {name for name, rows in self._actions().items() if any(state == "stuck" for _, state, _ in rows)}

    def _appeals(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        rows = self._by_account(
            "SELECT s.account_id, a.state FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id"
            " JOIN records_subject s ON s.id = d.subject_id"
        )
        found = []
        for matter, account in matters:
            assert account
            states = [state for (state,) in rows.get(account.name, [])]
            ended = matter.words[1] == "filed" or states[:1] == ["upheld"]
            found.append(
                (
                    matter,
                    Found(bool(states), ended, f"{len(states)} appeals" if len(states) > 1 else "", what=f"{states}"),
                )
            )
        return found

    def _messages(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        stored = collections.Counter(
            (str(report), opened(self._rig.home, text, "records_reportmessage.text"))
            for report, text in self._rig.rows("SELECT report_id, text FROM records_reportmessage")
        )
        found = []
        for matter, _ in matters:
            times = stored.get((matter.words[0], matter.words[1]), 0)
            found.append((matter, Found(times > 0, True, f"{times} times" if times > 1 else "", what=f"{times} times")))
        return found

    def _orders(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        stored = {
            number: (orders, reports, filed)
            for number, orders, reports, filed in self._rig.rows(
                "SELECT o.letter_number, count(DISTINCT o.id), count(q.id), count(r.case_id) FROM records_order o"
                " LEFT JOIN records_authorityrequest q ON q.order_id = o.id"
                " LEFT JOIN records_report r ON r.id = q.report_id"
                " GROUP BY o.letter_number"
            )
        }
        found = []
        for matter, _ in matters:
            wanted = int(matter.words[1])
            orders, reports, filed = stored.get(matter.words[0], (0, 0, 0))
            what = f"{orders} orders, {reports} accounts of {wanted}, {filed} in a case"
            found.append(
                (
                    matter,
                    Found(
                        orders > 0 and reports >= wanted,
                        filed >= wanted,
                        what if orders > 1 or reports > wanted else "",
                        what=what,
                    ),
                )
            )
        return found

    def _hooks(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        """Each event arrived under one id; repeats with the same id are allowed by the standard."""
        assert self._rig.outside is not None
        came = self._rig.outside.hooks_by_news()
        rows = self._rig.rows("SELECT id, event, coalesce(report_id, 0), hook_id, state FROM records_webhookdelivery")
        tests = {str(number): (hook, state) for number, event, _, hook, state in rows if event == "endpoint.test"}
        states: dict[tuple[str, str], list[str]] = {}
        for _, event, report, _, state in rows:
            states.setdefault((event, str(report)), []).append(state)
        tested = came.get(("endpoint.test", 0), set())
        found = []
        for matter, _ in matters:
            event, number = matter.words
            if event == "test":
                hook, state = tests.get(number, ("", ""))
                found.append((matter, Found(bool(hook), hook in tested, "", state == "dead", f"{state}")))
                continue
            ids, stored = came.get((event, int(number)), set()), states.get((event, number), [])
            twice = f"{len(ids)} ids, {len(stored)} rows" if len(ids) > 1 or len(stored) > 1 else ""
            found.append((matter, Found(bool(stored), bool(ids), twice, "dead" in stored, f"{stored}, came as {ids}")))
        return found

    def _drafts(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        """The last stored draft of each case, or a later one; each was also checked when it was acknowledged."""
        kept: dict[str, list[int]] = {}
        for case, text in self._rig.rows("SELECT d.case_id, d.fields -> 'facts' ->> 0 FROM records_draft d"):
            kept.setdefault(str(case), []).append(int(str(text).rpartition(" ")[2]))
        found = []
        for matter, _ in matters:
            rows = kept.get(matter.words[0], [])
            found.append(
                (
                    matter,
                    Found(
                        any(row >= int(matter.words[1]) for row in rows),
                        True,
                        f"{len(rows)} rows" if len(rows) > 1 else "",
                        what=f"kept {rows}",
                    ),
                )
            )
        return found

    def _referrals(self, matters: list[tuple[Matter, Account | None]]) -> list[tuple[Matter, Found]]:
        assert self._rig.outside is not None
        rows = self._by_account(
            "SELECT s.account_id, f.id, f.state, f.acknowledged_at IS NOT NULL FROM records_referral f"
            " JOIN records_case c ON c.id = f.case_id JOIN records_subject s ON s.id = c.subject_id"
        )
        failed = {
            key
            for (key,) in self._rig.rows("SELECT key FROM records_outgoingmail WHERE sent_at IS NULL AND failure <> ''")
        }
        found = []
        for matter, account in matters:
            assert account
            mine = rows.get(account.name, [])
            if not mine:
                found.append((matter, Found(False)))
                continue
            number, state, confirmed = mine[0]
            letters = self._rig.outside.letters(f"R{number:06d}")
            twice = (
                f"{len(mine)} referrals"
                if len(mine) > 1
                else f"{len(letters)} different mails"
                if len(letters) > 1
                else ""
            )
            ended = {
                "decided": True,
                "addressed": state in ("sent", "acknowledged") and len(letters) >= 1,
                "confirmed": state == "acknowledged" and confirmed,
            }[matter.words[1]]
            there = matter.words[1] != "confirmed" or confirmed
            found.append(
                (
                    matter,
                    Found(
                        there,
                        ended,
                        twice,
                        any(f"-{number}-" in key for key in failed),
                        f"{state}, {len(letters)} mails",
                    ),
                )
            )
        return found
