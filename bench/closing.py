"""For the closure benchmark: the people of a small operator, and the verbs with which they decide cases."""

import time
from collections.abc import Sequence

import psycopg

from bench.installation import Installation
from bench.servers import Server, invented_word

PATIENCE = 120.0
_POLL = 0.005  # seconds: between two looks at the database, so that looking does not slow down what is measured
# Jobs that were promised but must not begin yet. Nothing of Jaga's does this; it only fills a queue beforehand.
_PARK = (
    "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'"
    " WHERE status = 'todo' AND task_name = 'jaga.carry_out'"
)
_RELEASE = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND task_name = 'jaga.carry_out'"
_CONFIRMED = (
    "SELECT count(*) FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
    " WHERE d.case_id = ANY(%s) AND a.kind = 'close' AND a.state = 'done' AND EXISTS"
    " (SELECT 1 FROM records_verification v WHERE v.action_id = a.id AND v.result = 'confirmed')"
)


class People:
    """Two reviewers, and the platforms of their operator."""

    def __init__(self, place: Installation) -> None:
        from jaga.core.actors import CLI
        from jaga.core.terms.people import OrganisationKind, Role
        from jaga.people.verbs.people import NewPerson, actor_for, create_organisation, create_person

        self._place = place
        self._operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI).pk
        self._first, self._second = (
            actor_for(create_person(NewPerson(name, name, self._operator, (Role.REVIEWER,)), actor=CLI))
            for name in ("sinta", "bayu")
        )
        self._connection = psycopg.connect(place.database_url, autocommit=True)

    def runs(self, server: Server) -> None:
        """Register the platform, and give the worker its credentials."""
        from jaga.core.actors import CLI
        from jaga.people.verbs.people import NewPlatform, register_platform
        from jaga.platforms.kit.credentials import save_configuration
        from jaga.platforms.kit.sealing import KeyFile
        from jaga.platforms.registry import open_adapter

        access, home = server.configuration(), self._place.home
        save_configuration(home / "platforms.toml", access, KeyFile(home / "secrets" / "platforms"))
        register_platform(
            NewPlatform(
                server.name,
                server.name,
                self._operator,
                access.server_name,
                open_adapter(access).capabilities(),
                practice=True,
            ),
            actor=CLI,
        )

    def prepared(self, platform: str, account_id: str) -> int:
        """A case on this account with one vote to close. Returns its number."""
        from jaga.cases.verbs.accounts import NewReport
        from jaga.core.actors import PUBLIC, SYSTEM
        from jaga.reporting.verbs.intake import file_report
        from jaga.signals.verbs.triage import triage_case

        # Words of its own for each: cases that resemble a closed account are triaged anew, which is not measured here.
        new = NewReport(
            platform,
            account_id,
            "prostitution_advertising",
            source="bench",
            text=" ".join(invented_word() for _ in range(12)),
        )
        case_id = file_report(new, actor=PUBLIC).case_id
        triage_case(case_id, actor=SYSTEM)
        self._vote(case_id, second=False)
        return case_id

    def decide(self, case_id: int) -> None:
        """Cast the second vote: commits the decision, the statement of reasons and the deferred closure."""
        self._vote(case_id, second=True)

    def close(self, case_id: int) -> None:
        """Cast the second vote and wait until the closure is confirmed. Ends the benchmark if it is not."""
        self.decide(case_id)
        self.wait_for([case_id], _POLL)

    def wait_for(self, cases: Sequence[int], pause: float) -> None:
        """Wait until the closure of every case is done and confirmed by an observation in the database."""
        until = time.monotonic() + PATIENCE
        while (done := self.confirmed(cases)) < len(cases):
            if time.monotonic() > until:
                raise SystemExit(f"{done} of {len(cases)} closed within {PATIENCE:.0f} s; see the worker's log")
            time.sleep(pause)

    def confirmed(self, cases: Sequence[int]) -> int:
        """How many of these cases have a finished closure and an observation that confirms it."""
        found = self._connection.execute(_CONFIRMED, [list(cases)]).fetchone()
        return int(found[0]) if found else 0

    def fill_queue(self, cases: Sequence[int]) -> None:
        """Decide these cases. Their jobs wait until `release`."""
        for case_id in cases:
            self.decide(case_id)
        self._connection.execute(_PARK)

    def release(self) -> None:
        """Let all waiting jobs start at once."""
        self._connection.execute(_RELEASE)

    def wait_for_workers(self, count: int) -> None:
        """Wait until this many workers have registered and all other jobs are done."""
        until = time.monotonic() + PATIENCE
        query = (
            "SELECT (SELECT count(*) FROM procrastinate_workers) >= %s AND NOT EXISTS"
            " (SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL)"
        )
        while (found := self._connection.execute(query, [count]).fetchone()) is None or not found[0]:
            if time.monotonic() > until:
                raise SystemExit(f"{count} workers were not ready within {PATIENCE:.0f} s; see their logs")
            time.sleep(0.05)

    def picked_up_after(self, cases: Sequence[int]) -> list[float]:
        """Seconds from each decision until the worker recorded the start."""
        rows = self._connection.execute(
            "SELECT extract(epoch FROM min(l.at) - min(d.decided_at))::float FROM records_decision d"
            " JOIN records_ledgerentry l ON l.case_ref = d.case_id AND l.verb = 'start_attempt'"
            " WHERE d.case_id = ANY(%s) GROUP BY d.case_id",
            [list(cases)],
        )
        return [seconds for (seconds,) in rows]

    def attempts(self, cases: Sequence[int]) -> int:
        """How many attempts the closures needed, without postponed jobs."""
        found = self._connection.execute(
            "SELECT sum(a.attempts) FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
            " WHERE d.case_id = ANY(%s)",
            [list(cases)],
        ).fetchone()
        return int(found[0]) if found else 0

    def _vote(self, case_id: int, *, second: bool) -> None:
        from jaga.core.clock import now
        from jaga.core.terms.cases import DecisionKind
        from jaga.decisions.verbs.voting import Ballot, cast_vote
        from jaga.policy.release import load_release
        from jaga.queue.verbs.leases import take_lease

        basis = load_release().legal_bases_for("prostitution_advertising", now().date(), None)[0].key
        actor = self._second if second else self._first
        lease = take_lease(case_id, actor=actor)
        found = tuple(element.key for element in load_release().rule("prostitution_advertising").elements)
        cast_vote(
            case_id,
            lease.fence,
            Ballot(DecisionKind.CLOSE, basis, "Iklan jasa terlihat di ruang umum.", elements=found),
            actor=actor,
        )
