"""Health checks report when the installation does not work."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.terms.people import OrganisationKind
from jaga.people.verbs.people import create_organisation
from jaga.store.kernel.sequencer import link_entries


def test_live_needs_no_database(client: Client) -> None:
    """The process answers even if the database is down."""
    assert client.get("/health/live").json() == {"live": True}


def test_live_says_on_this_machine_alone_which_start_it_belongs_to(client: Client, settings: Any) -> None:
    """So that `jaga run` never takes another installation's web server for its own; other machines do not get this
    answer.
    """
    settings.JAGA_RUN = "a word of this start"
    assert client.get("/health/live").json() == {"live": True, "run": "a word of this start"}
    assert client.get("/health/live", headers={"X-Forwarded-For": "192.0.2.1"}).json() == {"live": True}


@pytest.mark.django_db
def test_ready_until_ledger_entries_wait_for_their_link(client: Client) -> None:
    """A sequencer that does not run is reported after a minute; linking the entries ends it."""
    assert client.get("/health/ready").status_code == 200
    create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    with frozen(now() + timedelta(minutes=2)):
        alarm = client.get("/health/ready")
        assert alarm.status_code == 503
        assert alarm.json()["faults"] == ["ledger"]
        link_entries()
        assert client.get("/health/ready").status_code == 200


def test_a_database_that_does_not_answer_is_an_alarm(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer names the failing part and nothing else."""

    def gone() -> None:
        raise OperationalError("secret host name")

    monkeypatch.setattr("jaga.app.health.views.condition", gone)
    alarm = client.get("/health/ready")
    assert alarm.status_code == 503
    assert alarm.json() == {"ready": False, "faults": ["database"]}


@pytest.mark.django_db
def test_who_asks_from_elsewhere_learns_only_whether_it_works(client: Client, settings: Any) -> None:
    """Counts of waiting and stuck items are given on this machine only."""
    settings.JAGA_PROXY_HOPS = 1
    assert set(client.get("/health/ready", headers={"X-Forwarded-For": "192.0.2.7"}).json()) == {"ready"}
    assert "stuck_actions" in client.get("/health/ready").json()
