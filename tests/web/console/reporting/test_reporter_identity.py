"""Who opens a reporter's identity: one rule for the page and the read, role by role."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.factories import World, in_review
from tests.web.console.conftest import Staff

from jaga.cases.models.reports import Report, ReporterIdentity
from jaga.core.actors import Actor
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason
from jaga.reporting.verbs.mailbox import open_identity
from jaga.store.models import LedgerEntry


@pytest.mark.parametrize("role", Role)
def test_a_supervisor_opens_an_identity_and_no_other_role_does(
    role: Role, world: World, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """The page and the read agree, also where the reporter agreed that agencies learn it, and where there is none."""
    case_id = in_review(name="Ani Pelapor", contact="ani@contoh.test")
    report = Report.objects.get(case=case_id).pk
    ReporterIdentity.objects.update(shared=True)
    actor, allowed = staff.by_role[role], role is Role.SUPERVISOR
    client, opened = browser_of(actor), 0
    for why in IdentityReason:
        shown = client.post(f"/console/cases/K{case_id:06d}/reports/{report}/identity/", {"why": why})
        assert (shown.status_code, "Ani Pelapor" in shown.content.decode()) == (200 if allowed else 403, allowed)
        nameless = client.post(f"/console/cases/K{case_id:06d}/reports/{report + 1}/identity/", {"why": why})
        assert nameless.status_code == (404 if allowed else 403)
        if allowed:
            assert open_identity(report, why, actor=actor).name == "Ani Pelapor"
            opened += 2
        else:
            with pytest.raises(NotPermitted):
                open_identity(report, why, actor=actor)
    assert LedgerEntry.objects.filter(verb="open_identity").count() == opened
