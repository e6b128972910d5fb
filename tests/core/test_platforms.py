"""The order of the steps, and what a platform declares."""

import pytest

from jaga.core.platforms import STEPS, WANTED, Capabilities, Capability, StepResult
from jaga.core.terms.cases import ActionKind, OutcomeKind, Step


def test_every_action_has_its_steps_and_its_wanted_state() -> None:
    """Both tables contain every action."""
    assert set(STEPS) == set(WANTED) == set(ActionKind)


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind is not ActionKind.RESTORE])
def test_nothing_changes_before_it_was_looked_at_and_kept(kind: ActionKind) -> None:
    """Every action except restoring observes and preserves before it changes anything."""
    assert STEPS[kind][:2] == (Step.OBSERVE, Step.PRESERVE)


def test_the_holder_is_told_before_the_door_closes() -> None:
    """A closure restricts, delivers the statement, and closes last."""
    assert STEPS[ActionKind.CLOSE][2:] == (Step.RESTRICT, Step.DELIVER, Step.CLOSE)


def test_an_undeclared_step_cannot_be_done() -> None:
    """A missing declaration means no."""
    declared = Capabilities("x", {Step.CLOSE: Capability(True), Step.REDACT: Capability(False)})
    assert (declared.can(Step.CLOSE), declared.can(Step.REDACT), declared.can(Step.RESTORE)) == (True, False, False)


def test_a_secret_never_shows_in_a_representation() -> None:
    """A restored account's password does not reach a log by accident."""
    assert "rahasia" not in repr(StepResult(OutcomeKind.DONE, "x", secret="rahasia"))
