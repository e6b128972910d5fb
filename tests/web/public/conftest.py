"""An operator's installation with one platform, and a decided case for appeals."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.factories import elements_for

from jaga.cases.verbs.accounts import FiledReport, NewReport
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import DecisionKind, Step
from jaga.core.terms.people import OrganisationKind, Role
from jaga.decisions.verbs import voting
from jaga.people.verbs.people import (
    NewPerson,
    NewPlatform,
    actor_for,
    create_organisation,
    create_person,
    register_platform,
)
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.intake import file_report
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

PNG = b"\x89PNG\r\n\x1a\n" + b"invented pixels"
CATEGORY = "prostitution_advertising"


@dataclass(frozen=True)
class World:
    """The reviewers and the platform's name."""

    platform: str
    reviewers: tuple[Actor, ...]

    def report(
        self,
        account: str = "@akun:contoh.test",
        category: str = CATEGORY,
        source: str = "network:192.0.2.0/24",
        text: str = "Menawarkan janji di ruang publik.",
    ) -> FiledReport:
        """A public report, after triage."""
        filed = file_report(NewReport(self.platform, account, category, source, text=text), actor=PUBLIC)
        triage.triage_case(filed.case_id, actor=SYSTEM)
        return filed

    def vote(self, case_id: int, kind: DecisionKind, actor: Actor) -> tuple[int, ...]:
        """One reviewer's vote; returns the decisions that follow from it."""
        basis = load_release().legal_bases_for(CATEGORY, now().date())[0].key
        lease = leases.take_lease(case_id, actor=actor)
        ballot = voting.Ballot(
            kind, basis, "Iklan jasa terlihat di ruang publik.", elements=elements_for(CATEGORY, kind)
        )
        return voting.cast_vote(case_id, lease.fence, ballot, actor=actor).decision_ids

    def ask(self, report_id: int, question: str = "Di mana?") -> int:
        """A reviewer asks the sender of the report a question."""
        return mailbox.write_to_reporter(report_id, question, actor=self.reviewers[0])

    def close(self, case_id: int) -> str:
        """Two people close the account; returns the holder's appeal code."""
        self.vote(case_id, DecisionKind.CLOSE, self.reviewers[0])
        return appeal_code(self.vote(case_id, DecisionKind.CLOSE, self.reviewers[1])[-1])


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    operator = create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    capabilities = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform("contoh", "Obrolan Contoh", operator.pk, "contoh.test", capabilities), actor=CLI)
    reviewers = tuple(
        actor_for(
            create_person(
                NewPerson(f"pemeriksa-{number}", f"Pemeriksa {number}", operator.pk, (Role.REVIEWER,)), actor=CLI
            )
        )
        for number in range(3)
    )
    return World("contoh", reviewers)


@pytest.fixture
def form(world: World) -> Callable[..., dict[str, Any]]:
    """The fields of a complete report, with changes."""

    def fields(**changes: Any) -> dict[str, Any]:
        return {
            "platform": world.platform,
            "account": "@akun:contoh.test",
            "category": CATEGORY,
            "text": "Menawarkan janji.",
            "links": "",
            "conduct_on": "",
            "name": "",
            "contact": "",
            **changes,
        }

    return fields
