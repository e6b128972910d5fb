"""A platform that does not answer is shown, and one button retries what became stuck there."""

from collections.abc import Callable

from django.test import Client
from tests.factories import PLATFORM, World, decided_closure

from jaga.actions.verbs import attempts, circuit_breaker
from jaga.cases.models.decisions import Action
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.cases import ActionState, OutcomeKind
from jaga.policy.release import load_release

Open = Callable[[Actor], Client]


def test_the_overview_names_a_silent_platform_and_what_waits_for_it(world: World, browser_of: Open) -> None:
    """Until it answers again; nobody has to read a log to learn of it."""
    decided_closure(world)
    supervisor = browser_of(world.supervisor)
    for _ in range(load_release().enforcement.breaker.failures):
        circuit_breaker.record_silence(PLATFORM, "GET: ReadTimeout")
    page = supervisor.get("/console/overview/").content.decode()
    assert "Obrolan Contoh" in page
    assert "1 action waits for it." in page
    assert supervisor.get("/health/ready").json()["silent_platforms"] == 1
    circuit_breaker.record_answer(PLATFORM)
    assert "waits for it" not in supervisor.get("/console/overview/").content.decode()


def test_one_button_tries_everything_on_a_platform_again(world: World, browser_of: Open) -> None:
    """Supervisors see it if more than one action is stuck; it starts their attempts anew."""
    supervisor = browser_of(world.supervisor)
    address = f"/console/stuck/platforms/{PLATFORM}/retry/"
    for number in range(2):
        case_id = decided_closure(world, account=f"@akun{number}:localhost")
        assert address not in supervisor.get("/console/stuck/").content.decode()
        attempts.mark_stuck(Action.objects.get(decision__case_id=case_id).pk, OutcomeKind.REFUSED, actor=SYSTEM)
    assert address in supervisor.get("/console/stuck/").content.decode()
    assert browser_of(world.reviewers[0]).post(address).status_code == 403
    assert supervisor.post(address).status_code == 302
    assert set(Action.objects.values_list("state", "attempts")) == {(ActionState.PENDING, 0)}
