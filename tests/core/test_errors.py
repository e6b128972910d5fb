"""One error base: code, sentence, remedy."""

import pytest

from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM, Actor
from jaga.core.errors import Conflict, FieldError, InvalidInput, JagaError, NotPermitted
from jaga.core.terms.people import Role


def test_placeholders_are_filled_for_the_log() -> None:
    """The English form fills named placeholders in sentence and remedy."""
    error = Conflict("Held until %(until)s.", "Wait until %(until)s.", until="noon")
    assert error.english() == "Held until noon. Wait until noon."
    assert (error.code, error.status) == ("conflict", 409)


def test_a_percent_sign_without_parameters_is_text() -> None:
    """A sentence without placeholders may contain a percent sign."""
    assert JagaError("100 % sure.", "Fine.").english() == "100 % sure. Fine."


def test_a_refused_submission_names_every_field() -> None:
    """All refused fields are reported at once."""
    error = InvalidInput(FieldError("a", "missing", "Say a."), FieldError("b", "long", "Most %(n)s.", {"n": 3}))
    assert "a: Say a.; b: Most 3." in error.english()


@pytest.mark.parametrize("actor", [PUBLIC, HOLDER, SYSTEM, CLI])
def test_nobody_without_a_person_holds_a_persons_role(actor: Actor) -> None:
    """Named actors never pass for a person, whatever roles they have."""
    with pytest.raises(NotPermitted):
        actor.require(*Role)


def test_a_person_acts_only_in_a_role_held() -> None:
    """One of the required roles is enough; without any it is refused."""
    actor = Actor("sinta", 7, 1, frozenset({Role.REVIEWER}))
    assert actor.require(Role.SUPERVISOR, Role.REVIEWER) == 7
    with pytest.raises(NotPermitted):
        actor.require(Role.SUPERVISOR)
