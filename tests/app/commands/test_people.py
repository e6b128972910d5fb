"""`jaga admin key`: creating a program's API key from the server's shell."""

import pytest
from click.testing import CliRunner
from tests.factories import World, make_world

from jaga.app.commands.people import admin
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import KeyScope
from jaga.people.models import OfficerKey, Organisation, Person
from jaga.people.reads.api_keys import officer_by_key


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_a_key_is_printed_once_with_what_it_may_do(world: World) -> None:
    """The key has the requested scopes, quotas and days."""
    name = Person.objects.get(pk=world.supervisor.person_id).username
    result = CliRunner().invoke(admin, ["key", name, "--scope", "reports:write", "--per-day", "7", "--label", "Impor"])
    assert result.exit_code == 0, result.output
    holder = officer_by_key(result.output.splitlines()[0])
    assert (holder.scopes, holder.per_day) == ({KeyScope.REPORTS_WRITE}, 7)
    assert OfficerKey.objects.get().label == "Impor"


def test_what_its_holder_cannot_have_is_refused(world: World) -> None:
    """A key with a scope that its holder cannot have is refused; nothing is stored or printed."""
    name = Person.objects.get(pk=world.supervisor.person_id).username
    result = CliRunner().invoke(admin, ["key", name, "--scope", "requests:write"])
    assert isinstance(result.exception, InvalidInput)
    assert not OfficerKey.objects.exists()


def test_a_typo_makes_no_operator(world: World) -> None:
    """For a misspelt organisation the existing ones are listed. Only an installation without any organisation creates
    the first one.
    """
    before = Organisation.objects.count()
    asked, given = ["create", "ayu", "--name", "Ayu", "--password-stdin"], "kata-sandi-contoh-7\n"
    result = CliRunner().invoke(admin, [*asked, "--organisation", "Operator Contho"], input=given)
    assert result.exit_code == 1
    assert "There are: Kementerian Contoh, Operator Contoh, Polisi Contoh" in result.output
    assert Organisation.objects.count() == before
    assert not Person.objects.filter(username="ayu").exists()
    assert CliRunner().invoke(admin, [*asked, "--organisation", "Operator Contoh"], input=given).exit_code == 0


def test_a_key_is_revoked_by_a_part_of_it_that_is_long_enough(world: World) -> None:
    """A prefix shorter than the stored one works too; for a key that was revoked before the message says so."""
    name = Person.objects.get(pk=world.supervisor.person_id).username
    secret = CliRunner().invoke(admin, ["key", name]).output.splitlines()[0]
    assert "Give at least" in CliRunner().invoke(admin, ["revoke", "jaga_"]).output
    assert "No key begins with" in CliRunner().invoke(admin, ["revoke", "jaga_??"]).output
    assert CliRunner().invoke(admin, ["revoke", secret[:8]]).exit_code == 0
    assert OfficerKey.objects.get().revoked_at is not None
    assert "was revoked before" in CliRunner().invoke(admin, ["revoke", secret]).output
