"""Every console route × every role × nobody. A route that is not listed here fails."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, decided_closure, in_review, new_request, resolved_closure
from tests.web.console.conftest import Staff

from jaga.casework import act, appeals, disclose, ladder, requests
from jaga.core.actors import HOLDER, SYSTEM, Actor
from jaga.core.terms import OutcomeKind, Role, Rung
from jaga.records.codes import appeal_code
from jaga.records.models import Action, AuthorityRequest, Decision, Organisation, PersonRole
from jaga.web.console.urls import urlpatterns

R, S, ADMIN, AUDIT = Role.REVIEWER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR
C = Role.CONTACT
VOTERS = {R, S}
EVERYONE = set(Role)

# name → (method, address, who may open it). Anything but a refusal counts as opening.
MATRIX: dict[str, tuple[str, str, set[Role]]] = {
    "home": ("get", "/console/", {R, S, ADMIN, AUDIT, C}),
    "queue": ("get", "/console/queue/", VOTERS),
    "votes": ("get", "/console/votes/", VOTERS),
    "find": ("get", "/console/cases/?number={reference}", {R, S, AUDIT}),
    "case": ("get", "/console/cases/{reference}/", VOTERS),
    "take": ("post", "/console/cases/{reference}/take/", VOTERS),
    "hand-back": ("post", "/console/cases/{reference}/hand-back/", VOTERS),
    "decide": ("post", "/console/cases/{reference}/decide/", VOTERS),
    "preview": ("post", "/console/cases/{reference}/preview/", VOTERS),
    "voted": ("get", "/console/cases/{reference}/voted/", VOTERS),
    "history": ("get", "/console/cases/{reference}/history/", {R, S, AUDIT}),
    "link-account": ("post", "/console/cases/{reference}/accounts/", VOTERS),
    "unlink-account": ("post", "/console/cases/{reference}/accounts/1/remove/", VOTERS),
    "hand-over": ("post", "/console/cases/{reference}/decisions/1/letter/", {S}),
    "judge-resemblance": ("post", "/console/cases/{reference}/resemblances/1/", VOTERS),
    "appeals": ("get", "/console/appeals/", VOTERS),
    "appeal": ("get", "/console/appeals/{appeal}/", VOTERS),
    "exports": ("get", "/console/exports/", {S}),
    "export-made": ("get", "/console/exports/{disclosure}/", {S}),
    "stuck": ("get", "/console/stuck/", {S}),
    "retry": ("post", "/console/stuck/{action}/retry/", {S}),
    "retry-all": ("post", "/console/stuck/platforms/obrolan/retry/", {S}),
    "end": ("post", "/console/stuck/{action}/end/", {S}),
    "notices": ("get", "/console/notices/", {C}),
    "notice": ("get", "/console/notices/{notice}/", {C}),
    "open-notice": ("post", "/console/notices/{notice}/open/", {C}),
    "answer-notice": ("post", "/console/notices/{notice}/answer/", {C}),
    "object-to-notice": ("post", "/console/notices/{notice}/objection/", {C}),
    "operator-notices": ("get", "/console/operator-notices/", VOTERS),
    "operator-notice": ("get", "/console/operator-notices/{notice}/", VOTERS),
    "clarify-notice": ("post", "/console/operator-notices/{notice}/clarify/", VOTERS),
    "ask-again": ("post", "/console/operator-notices/{notice}/ask-again/", {S}),
    "withdraw-notice": ("post", "/console/operator-notices/{notice}/withdraw/", {S}),
    "look": ("post", "/console/operator-notices/{notice}/look/", VOTERS),
    "decide-objection": ("post", "/console/operator-notices/{notice}/objection/", VOTERS),
    "tick": ("post", "/console/operator-notices/{notice}/tick/", VOTERS),
    "answer-by-hand": ("post", "/console/operator-notices/{notice}/answer/", VOTERS),
    "prepare-letter": ("post", "/console/operator-notices/{notice}/ladder/warning_1/", {S}),
    "letter": ("get", "/console/operator-notices/letters/{letter}/", VOTERS),
    "release-letter": ("post", "/console/operator-notices/letters/{letter}/release/", {S}),
    "drop-letter": ("post", "/console/operator-notices/letters/{letter}/drop/", {S}),
    "letter-served": ("post", "/console/operator-notices/letters/{letter}/served/", {S}),
    "letter-pdf": ("get", "/console/operator-notices/letters/{letter}/pdf/", VOTERS),
    "open-letter": ("post", "/console/notices/letters/{letter}/open/", {C}),
    "opened-letter-pdf": ("get", "/console/notices/letters/{letter}/pdf/", {C}),
    "ask-for-data": ("get", "/console/cases/{reference}/data/", set()),  # nobody in an operator's installation
    "operators": ("get", "/console/operators/", {S, ADMIN, AUDIT}),
    "operator": ("get", "/console/operators/{operator}/", {S, ADMIN, AUDIT}),
    "describe-operator": ("post", "/console/operators/{operator}/describe/", {S, ADMIN}),
    "record-commitment": ("post", "/console/operators/{operator}/promises/", {S, ADMIN}),
    "end-commitment": ("post", "/console/operators/{operator}/promises/1/end/", {S, ADMIN}),
    "appoint-contact": ("post", "/console/operators/{operator}/contacts/", {S, ADMIN}),
    "dismiss-contact": ("post", "/console/operators/{operator}/contacts/1/dismiss/", {S, ADMIN}),
    "calendar": ("get", "/console/calendar/", {S, ADMIN}),
    "calendar-file": ("get", "/console/calendar.ics", {S, ADMIN}),
    "overview": ("get", "/console/overview/", {S, ADMIN}),
    "ledger": ("get", "/console/ledger/", {AUDIT}),
}
OPEN_TO_ALL = {"sign-in", "sign-out"}  # tested in test_sign_in


def test_every_route_is_in_the_matrix() -> None:
    """A new page is not forgotten here."""
    assert {route.name for route in urlpatterns} == set(MATRIX) | OPEN_TO_ALL


@pytest.fixture
def addresses(world: World) -> dict[str, object]:
    """One of everything that an address can name."""
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    made = disclose.make_export(AuthorityRequest.objects.get(report_id=filed.report_id).pk, actor=world.supervisor)
    closed = resolved_closure(world, account="@tutup:localhost")
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get(case_id=closed).pk), "Itu bukan saya.", actor=HOLDER)
    stuck = Action.objects.get(decision__case_id=decided_closure(world, account="@macet:localhost"))
    act.mark_stuck(stuck.pk, OutcomeKind.REFUSED, actor=SYSTEM)
    case_id = in_review(account="@antre:localhost")
    notice = asked(world, make_operator())
    letter = ladder.prepare_letter(notice.pk, Rung.ORDER, actor=world.supervisor)
    return {"reference": f"K{case_id:06d}", "appeal": appeal.pk, "disclosure": made.disclosure_id, "action": stuck.pk,
            "notice": notice.number, "letter": letter,
            "operator": Organisation.objects.get(name="Operator Contoh").pk}


def test_each_role_opens_exactly_its_own_pages(
    addresses: dict[str, object], staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """Whoever is not listed is refused with 403, whatever the address names."""
    wrong = []
    for role, actor in staff.by_role.items():
        client = browser_of(actor)
        for name, (method, address, allowed) in MATRIX.items():
            answer = getattr(client, method)(address.format(**addresses))
            opened = answer.status_code != 403
            if opened != (role in allowed) or answer.status_code >= 500:
                wrong.append((role, name, answer.status_code))
            cache.clear()
    assert wrong == []


@pytest.mark.parametrize("name", MATRIX)
def test_nobody_is_asked_to_sign_in_first(name: str, db: None, client: Client) -> None:
    """Without a session every page leads to the sign-in, and none says whether the number exists."""
    method, address, _ = MATRIX[name]
    answer = getattr(client, method)(address.format(reference="K000001", appeal=1, disclosure=1, action=1,
                                                    notice="P000001", letter=1, operator=1))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/console/sign-in/")


@pytest.mark.parametrize("address", [
    "/console/cases/K999999/", "/console/cases/K999999999999999999/", "/console/cases/?number=K9%00",
    "/console/cases/?number=abc", "/console/appeals/99999999999999999999999/", "/console/exports/999999/",
    "/console/queue/?after=nonsense&category=x&channel=y", "/console/queue/?after=2026-01-01T00:00:00.000000Z~-1",
])
def test_odd_addresses_are_answered_without_a_fault(
    address: str, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """A number that names nothing is a 404 (a NUL a 400); a broken filter filters nothing."""
    answer = browser_of(staff.by_role[S]).get(address)
    assert answer.status_code == (200 if "queue" in address else 400 if "%00" in address else 404)


def test_a_role_that_was_taken_away_opens_nothing(
    world: World, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """Roles are read at each request, not at sign-in."""
    client = browser_of(staff.by_role[R])
    assert client.get("/console/queue/").status_code == 200
    PersonRole.objects.filter(person_id=staff.by_role[R].person_id).delete()
    assert client.get("/console/queue/").status_code == 403


def test_pages_are_not_kept_by_caches(staff: Staff, browser_of: Callable[[Actor], Client]) -> None:
    """Case pages stay in no cache of a shared computer."""
    assert browser_of(staff.by_role[R]).get("/console/queue/")["Cache-Control"] == "no-store"
