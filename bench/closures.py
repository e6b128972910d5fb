"""How long from a decision to a verified closure on a real Synapse.

Run by `python -m bench.closures [--accounts N] [--json FILE]`. Measured: from the second person's vote (its commit
included) until the independent observation that confirms the closure is recorded, with the worker of production between
them: evidence sealed, account held, statement with the appeal code delivered, account deactivated, observed. One case
after the other, so that no waiting in a queue is in it.
Yardstick: Synapse's own bare deactivation of other accounts, in the same run.
"""

import secrets
import time

import httpx

from bench.harness import benchmark, each, options
from bench.installation import Installation, installation
from jaga.app.services.synapse import SynapseServer

PLATFORM = "uji"
_PATIENCE = 60.0
_POLL = 0.002


def main() -> None:
    parser = options("How long from a decision to a verified closure on a real Synapse.")
    parser.add_argument("--accounts", type=int, default=30, help="accounts to close, and as many bare ones (30)")
    given = parser.parse_args()
    with installation() as place:
        server = place.start_synapse()
        names = [f"akun{number}" for number in range(given.accounts + 2)]
        for name in names:
            for kind in ("kasus", "ukuran"):
                server.register(f"{kind}.{name}", secrets.token_hex(16))
        closer = Closer(place, server)
        place.start_processes("worker")
        with benchmark("closures", place.database_url, given.json) as bench, httpx.Client(timeout=30) as client:

            def bare(number: int) -> None:
                deactivate(client, server, f"ukuran.{names[number]}")

            cases = [closer.ready_to_close(f"kasus.{name}") for name in names]
            for number in (given.accounts, given.accounts + 1):  # the warm-up
                bare(number)
                closer.close(cases[number])
            yardstick = each(bare, given.accounts)
            run = each(lambda number: closer.close(cases[number]), given.accounts)
            bench.add_times("decision to verified closure", run, yardstick, "bare deactivate call")


def deactivate(client: httpx.Client, server: SynapseServer, name: str) -> None:
    """Synapse's own call and nothing around it."""
    path = f"/_synapse/admin/v1/deactivate/{server.user_id(name)}"
    answer = client.post(server.base_url + path, json={"erase": False},
                         headers={"Authorization": f"Bearer {server.admin_token}"})
    answer.raise_for_status()


class Closer:
    """The people of a small operator, and the verbs with which they bring a case to its closure."""

    def __init__(self, place: Installation, server: SynapseServer) -> None:
        from jaga.casework.people import (
            NewPerson,
            NewPlatform,
            actor_for,
            create_organisation,
            create_person,
            register_platform,
        )
        from jaga.core.actors import CLI
        from jaga.core.terms import OrganisationKind, Role
        from jaga.platforms.registry import PlatformConfiguration, open_adapter, save_configuration

        operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI)
        self.first, self.second = (
            actor_for(create_person(NewPerson(name, name, operator.pk, (Role.REVIEWER,)), actor=CLI))
            for name in ("sinta", "bayu")
        )
        access = PlatformConfiguration(
            PLATFORM, "synapse", server.base_url, server.server_name, credentials={"admin_token": server.admin_token},
            options={"notices_account": server.user_id("pemberitahuan")},
        )
        save_configuration(place.home / "platforms.toml", access)
        told = NewPlatform(PLATFORM, "Obrolan Uji", operator.pk, server.server_name,
                           open_adapter(access).capabilities(), practice=True)
        register_platform(told, actor=CLI)
        self._server = server

    def ready_to_close(self, name: str) -> int:
        """A case on this account that one person has voted to close. Returns its number."""
        from jaga.casework.intake import NewReport, file_report
        from jaga.casework.triage import triage_case
        from jaga.core.actors import PUBLIC, SYSTEM

        new = NewReport(PLATFORM, self._server.user_id(name), "prostitution_advertising", source="bench",
                        text="Akun ini menawarkan jasa di ruang umum: open BO, nego.")
        case_id = file_report(new, actor=PUBLIC).case_id
        triage_case(case_id, actor=SYSTEM)
        self._vote(case_id, second=False)
        return case_id

    def close(self, case_id: int) -> None:
        """The second vote, and everything until the closure is confirmed. Ends the benchmark where it is not."""
        from jaga.core.terms import VerificationResult
        from jaga.records.models import Verification

        self._vote(case_id, second=True)
        seen = Verification.objects.filter(action__decision__case_id=case_id, result=VerificationResult.CONFIRMED)
        until = time.monotonic() + _PATIENCE
        while not seen.exists():
            if time.monotonic() > until:
                raise SystemExit(f"case {case_id} was not closed within {_PATIENCE:.0f} s; see the worker's log")
            time.sleep(_POLL)

    def _vote(self, case_id: int, *, second: bool) -> None:
        from jaga.casework.decide import Ballot, cast_vote
        from jaga.casework.leases import take_lease
        from jaga.core.clock import now
        from jaga.core.terms import DecisionKind
        from jaga.policy import load_release

        basis = load_release().legal_bases_for("prostitution_advertising", now().date(), None)[0].key
        actor = self.second if second else self.first
        lease = take_lease(case_id, actor=actor)
        cast_vote(case_id, lease.fence, Ballot(DecisionKind.CLOSE, basis, "Iklan jasa terlihat di ruang umum."),
                  actor=actor)


if __name__ == "__main__":
    main()
