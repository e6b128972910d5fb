"""The register of operators in the console: what it shows, and its forms."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, rows
from tests.web.console.conftest import Staff

from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.people import Role
from jaga.operators.models import ContactDetails, OperatorProfile, Pledge
from jaga.operators.verbs import notices, register
from jaga.operators.verbs.register import NewContact, OperatorFacts
from jaga.people.models import Organisation, Person
from jaga.policy.local_time import today

Open = Callable[[Actor], Client]
PROMISE = {
    "text": "Kami menutup akun yang <b>dilaporkan</b>.",
    "source": "Siaran pers 7/2026",
    "made_on": "2026-03-20",
    "scope": "Indonesia",
    "categories": ["prostitution_advertising", "fraud"],
    "hours": "12",
    "hours_urgent": "2",
}
CONTACT = {
    "username": "rina",
    "display_name": "Rina",
    "email": "rina@example.id",
    "telephone": "+62 21 555 0100",
    "domicile": "id",
    "since": "2026-01-05",
    "representative": "yes",
}


@pytest.fixture
def address(world: World) -> str:
    return f"/console/operators/{Organisation.objects.get(name='Operator Contoh').pk}/"


def test_a_keeper_describes_promises_and_appoints(world: World, browser_of: Open, address: str) -> None:
    """Afterwards the operator's page shows all of it, escaped, and the description publishes its public card."""
    client = browser_of(world.supervisor)
    assert "Not described yet" in client.get(address).content.decode()
    described = client.post(
        address + "describe/",
        {
            "slug": "contoh",
            "legal_entity": "PT Contoh",
            "countries": "id, sg",
            "registration_number": "001/PSE",
            "website": "https://contoh.example/",
        },
    )
    assert described.status_code == 302
    assert client.post(address + "pledges/", PROMISE).status_code == 302
    shown = client.get(address).content.decode()
    for words in (
        "PT Contoh",
        "Indonesia, Singapore",
        "&lt;b&gt;dilaporkan",
        "12 hours; where it is urgent, 2 hours",
        "/operators/contoh/",
        "Obrolan Contoh",
        "Jaga acts there itself.",
    ):
        assert words in shown
    assert list(Pledge.objects.values_list("categories", flat=True)) == [["fraud", "prostitution_advertising"]]
    assert client.get(address + "describe/").context["kept"]["countries"] == "ID SG"


def test_the_initial_password_is_shown_once_and_works(world: World, browser_of: Open, address: str) -> None:
    """It is in the answer to the appointment, signs the contact in, and is shown nowhere afterwards."""
    client = browser_of(world.supervisor)
    answer = client.post(address + "contacts/", CONTACT)
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert password not in client.get(address).content.decode()
    person = Person.objects.get(username="rina")
    assert person.check_password(password)
    details = ContactDetails.objects.get(person=person)
    assert (details.domicile, details.representative, str(details.since)) == ("ID", True, "2026-01-05")
    again = client.post(address + "contacts/", CONTACT)
    assert again.status_code == 409
    assert "is taken" in again.content.decode()
    assert 'value="rina@example.id"' in again.content.decode()


@pytest.mark.parametrize(
    ("form", "good", "changes", "field"),
    [
        ("describe/", {}, {"countries": "Indonesia"}, "countries"),
        ("describe/", {}, {"website": "contoh"}, "website"),
        ("describe/", {}, {"slug": "Ini Contoh"}, "slug"),
        ("pledges/", PROMISE, {"text": ""}, "text"),
        ("pledges/", PROMISE, {"made_on": "kemarin"}, "made_on"),
        ("pledges/", PROMISE, {"made_on": "2999-01-01"}, "made_on"),
        ("pledges/", PROMISE, {"categories": []}, "categories"),
        ("pledges/", PROMISE, {"hours": "-1"}, "hours"),
        ("pledges/", PROMISE, {"hours_urgent": "48"}, "hours"),
        ("contacts/", CONTACT, {"username": "Rina!"}, "username"),
        ("contacts/", CONTACT, {"display_name": ""}, "display_name"),
        ("contacts/", CONTACT, {"email": "rina"}, "email"),
        ("contacts/", CONTACT, {"since": "x"}, "since"),
        ("contacts/", CONTACT, {"domicile": "Indonesia"}, "domicile"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    world: World, browser_of: Open, address: str, form: str, good: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    """Nothing is stored; the same form without the error is accepted."""
    client, before = browser_of(world.supervisor), rows()
    answer = client.post(address + form, {**good, **changes})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in shown
    assert f'href="#{field}"' in shown
    assert f'id="{field}"' in shown
    assert {name: digest for name, digest in rows().items() if before[name] != digest}.keys() <= {"django_session"}
    assert client.post(address + form, good).status_code in (200, 302)


def test_an_empty_promise_is_refused_field_by_field_at_once(world: World, browser_of: Open, address: str) -> None:
    """All missing fields are named at once."""
    answer = browser_of(world.supervisor).post(address + "pledges/", {"hours": "x"})
    assert set(answer.context["errors"]) == {"text", "source", "made_on", "scope", "categories", "hours"}
    assert not Pledge.objects.exists()


def test_a_promise_is_ended_and_a_contact_dismissed(world: World, browser_of: Open, address: str) -> None:
    """Both stay in the register; those of another operator cannot be ended, nor can an auditor end them."""
    client = browser_of(world.supervisor)
    client.post(address + "pledges/", PROMISE)
    client.post(address + "contacts/", CONTACT)
    promise, contact = Pledge.objects.get().pk, Person.objects.get(username="rina").pk
    make_operator()
    foreign = f"/console/operators/{Organisation.objects.get(name='PSE mengobrol').pk}/"
    assert client.post(f"{foreign}pledges/{promise}/end/", {"ended_on": today().isoformat()}).status_code == 404
    assert client.post(f"{foreign}contacts/{contact}/dismiss/").status_code == 404
    early = client.post(f"{address}pledges/{promise}/end/", {"ended_on": "2020-01-01"})
    assert early.status_code == 422
    assert "It cannot end before it was made." in early.content.decode()
    assert client.post(f"{address}pledges/{promise}/end/", {"ended_on": ""}).status_code == 422
    assert client.post(f"{address}pledges/{promise}/end/", {"ended_on": today().isoformat()}).status_code == 302
    assert client.post(f"{address}contacts/{contact}/dismiss/").status_code == 302
    shown = client.get(address).content.decode()
    assert "Earlier pledges" in shown
    assert "Former contact persons" in shown
    assert not Person.objects.get(pk=contact).is_active


def test_an_auditor_reads_and_finds_no_form(world: World, staff: Staff, browser_of: Open, address: str) -> None:
    """The supervisor's page without any form."""
    browser_of(world.supervisor).post(address + "pledges/", PROMISE)
    shown = browser_of(staff.by_role[Role.AUDITOR]).get(address).content.decode()
    assert "Siaran pers 7/2026" in shown
    assert "End this pledge" not in shown
    assert address + "contacts/" not in shown


def test_the_list_counts_open_and_overdue_notices(world: World, browser_of: Open) -> None:
    """An unopened notice is open and never overdue; once received, its clock decides."""
    operator = make_operator()
    start = now() - timedelta(days=3)
    with frozen(start):
        first = asked(world, operator)
        asked(world, operator, account="tamu-78", source="192.0.3.0")

    def line() -> tuple[int, int, int]:
        (row,) = [
            one
            for one in browser_of(world.supervisor).get("/console/operators/").context["rows"]
            if one.name == "PSE mengobrol"
        ]
        return row.open_notices, row.overdue_notices, row.contacts

    assert line() == (2, 0, 2)
    with frozen(start):
        notices.open_notice(first.pk, actor=operator.contact)
    assert line() == (2, 1, 2)
    number = Organisation.objects.get(name="PSE mengobrol").pk
    counts = browser_of(world.supervisor).get(f"/console/operators/{number}/").context["entry"].notices
    assert (counts.sent, counts.unopened, counts.overdue, counts.running) == (2, 1, 1, 0)


def test_more_operators_cost_no_more_queries(world: World, browser_of: Open) -> None:
    """The number of queries does not depend on the length of the list."""
    client = browser_of(world.supervisor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/console/operators/").status_code == 200
        return len(caught)

    queries()
    before = queries()
    for name in ("mengobrol", "bertemu"):
        asked(world, make_operator(name), account=f"tamu-{name}")
        number = Organisation.objects.get(name=f"PSE {name}").pk
        register.describe_operator(number, OperatorFacts(), actor=CLI)
        register.appoint_contact(NewContact(number, f"orang-{name}", "Orang"), actor=CLI)
    assert queries() == before


@pytest.mark.parametrize("number", ["999999", "99999999999999999999999", "0"])
def test_odd_numbers_name_no_operator(world: World, browser_of: Open, number: str) -> None:
    """Also the number of an organisation that is not an operator."""
    client = browser_of(world.supervisor)
    assert client.get(f"/console/operators/{number}/").status_code == 404
    police = Organisation.objects.get(name="Polisi Contoh").pk
    assert client.post(f"/console/operators/{police}/describe/", {}).status_code == 404
    assert not OperatorProfile.objects.exists()
