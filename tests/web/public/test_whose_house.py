"""The public pages differ by the installation's owner: who decides, and who closes."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import asking
from tests.web.public.conftest import World

from jaga.cases.models.decisions import Statement
from jaga.core.actors import CLI
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.people.verbs.people import (
    NewPerson,
    NewPlatform,
    actor_for,
    claim_installation,
    create_organisation,
    create_person,
    register_platform,
)
from jaga.store.reads import host_name

ASKED = "operator was asked to carry out the decision. We check whether it does so."


@pytest.fixture
def ministry(db: None, settings: Any, tmp_path: Path) -> World:
    """An authority's installation with one closed app that is reached by notice."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    cache.clear()
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    host = create_organisation("Kementerian Contoh", OrganisationKind.MINISTRY, practice=True, actor=CLI)
    operator = create_organisation("PT Obrolan Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    register_platform(NewPlatform("obrolan", "Obrolan", operator.pk, "", asking(), practice=True), actor=CLI)
    create_person(NewPerson("admin", "Admin", host.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    return World(
        "obrolan",
        tuple(
            actor_for(create_person(NewPerson(name, name.title(), host.pk, (Role.REVIEWER,)), actor=CLI))
            for name in ("sinta", "bayu")
        ),
    )


def in_english(client: Client) -> Client:
    client.cookies["jaga_language"] = "en"
    return client


def test_an_authority_says_that_it_can_close_nothing(client: Client, ministry: World) -> None:
    """The home page and the footer name who decides and who acts; the operator is not the host."""
    page = in_english(client).get("/").content.decode()
    assert "We cannot close accounts ourselves." in page
    assert "It never closes an account in secret" not in page
    assert "Run by Kementerian Contoh." in page


def test_an_operator_does_not_say_so(client: Client, world: World) -> None:
    """The same page of an operator's installation."""
    page = in_english(client).get("/").content.decode()
    assert "We cannot close accounts ourselves." not in page
    assert "It never closes an account in secret" in page


def test_a_reporter_reads_that_the_operator_was_asked(client: Client, ministry: World) -> None:
    """Where notices are sent, Jaga does not say that it carries anything out."""
    filed = ministry.report(account="mawar-77")
    for voter in ministry.reviewers:
        ministry.vote(filed.case_id, DecisionKind.CLOSE, voter)
    page = in_english(client).post("/follow/", {"receipt": filed.receipt}, follow=True).content.decode()
    assert ASKED in page
    assert "The decision is being carried out and checked." not in page


def test_a_reporter_to_an_operator_reads_that_it_is_carried_out(client: Client, world: World) -> None:
    """Where Jaga acts itself, it says so."""
    filed = world.report()
    for voter in world.reviewers[:2]:
        world.vote(filed.case_id, DecisionKind.CLOSE, voter)
    page = in_english(client).post("/follow/", {"receipt": filed.receipt}, follow=True).content.decode()
    assert "The decision is being carried out and checked." in page
    assert ASKED not in page


def test_the_holder_reads_who_decided_and_who_carried_it_out(ministry: World) -> None:
    """The statement of reasons has two names, in both languages; the operator is not named as the decider."""
    filed = ministry.report(account="mawar-77")
    for voter in ministry.reviewers:
        ministry.vote(filed.case_id, DecisionKind.CLOSE, voter)
    statement = Statement.objects.get()
    assert "Diputuskan oleh: petugas Kementerian Contoh" in statement.body_id
    assert "Dijalankan oleh: PT Obrolan Contoh" in statement.body_id
    assert "Decided by: people of Kementerian Contoh" in statement.body_en
    assert "Carried out by: PT Obrolan Contoh" in statement.body_en


def test_a_second_operator_does_not_take_the_hosts_name(world: World) -> None:
    """In an operator's installation the host is the operator of the first administrator, however many operators are
    asked.
    """
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    alone = host_name()
    assert alone
    other = create_organisation("PT Kabar Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    assert host_name() == ""  # nobody has an administrator: it cannot be known
    ours = create_organisation("PT Tuan Rumah", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    create_person(NewPerson("kepala", "Kepala", ours.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    create_person(NewPerson("lain", "Lain", other.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    assert host_name() == "PT Tuan Rumah"
