"""Second factors: no code counts twice, guessing is closed, secrets are sealed, and nobody loses their last one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from tests.factories import World

from jaga.casework.people import second_factor
from jaga.casework.people.second_factor import LastFactor, TooManyCodes, WrongFactorCode, confirm_code
from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms import FactorKind
from jaga.records.models import FactorTries, LedgerEntry, RecoveryCode, TotpSecret

START = datetime(2026, 11, 26, 9, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=second_factor.STEP_SECONDS)


def code_of(secret: str, later: timedelta = timedelta()) -> str:
    """What an app shows."""
    return pyotp.TOTP(secret).at(now() + later)


@pytest.fixture
def at_nine(world: World) -> Iterator[None]:
    with frozen(START):
        yield


def set_up(actor: Actor) -> tuple[str, tuple[str, ...]]:
    """An app one half minute ago, and its list on paper."""
    secret = second_factor.new_totp_secret()
    with frozen(now() - STEP):
        return secret, second_factor.add_totp(secret, code_of(secret), actor=actor)


def test_a_code_counts_once_and_a_clock_may_be_off_by_half_a_minute(world: World, at_nine: None) -> None:
    """The same code, an older one, and one of another time are refused; the next one is taken."""
    secret, _ = set_up(world.officer)
    code = code_of(secret)
    assert confirm_code(f"{code[:3]} {code[3:]}", actor=world.officer) is FactorKind.TOTP
    for used in (code, code_of(secret, -STEP), code_of(secret, 3 * STEP), code_of(secret, -3 * STEP)):
        with pytest.raises(WrongFactorCode):
            confirm_code(used, actor=world.officer)
    assert confirm_code(code_of(secret, STEP), actor=world.officer) is FactorKind.TOTP


def test_the_code_that_set_up_the_app_is_used_up(world: World, at_nine: None) -> None:
    """Whoever looked over a shoulder at the set-up has nothing."""
    secret = second_factor.new_totp_secret()
    second_factor.add_totp(secret, code_of(secret), actor=world.officer)
    with pytest.raises(WrongFactorCode):
        confirm_code(code_of(secret), actor=world.officer)


def test_guessing_is_closed_for_a_quarter_of_an_hour(world: World, at_nine: None) -> None:
    """After five wrong ones even the right code is refused, whoever else is not; a right one in time starts anew."""
    secret, paper = set_up(world.officer)
    other, _ = set_up(world.minister)
    for _ in range(second_factor.MOST_WRONG - 1):
        with pytest.raises(WrongFactorCode):
            confirm_code("000000", actor=world.officer)
    confirm_code(paper[0], actor=world.officer)
    for wrong in ("000000", "", "abcdef", "１２３４５６", "9" * 5000):
        with pytest.raises(WrongFactorCode):
            confirm_code(wrong, actor=world.officer)
    for right in (code_of(secret), paper[1]):
        with pytest.raises(TooManyCodes):
            confirm_code(right, actor=world.officer)
    confirm_code(code_of(other), actor=world.minister)
    with frozen(START + second_factor.CLOSED_FOR):
        assert confirm_code(code_of(secret), actor=world.officer) is FactorKind.TOTP
    assert FactorTries.objects.get(person_id=world.officer.person_id).wrong == 0


def test_a_code_on_paper_opens_once_and_is_kept_as_a_hash(world: World, at_nine: None) -> None:
    """However it is typed; another person's list opens nothing; a new list ends the old one."""
    _, paper = set_up(world.officer)
    set_up(world.minister)
    assert confirm_code(f" {paper[0].lower().replace('-', ' ')}", actor=world.officer) is FactorKind.RECOVERY
    for actor, code in ((world.officer, paper[0]), (world.minister, paper[1])):
        with pytest.raises(WrongFactorCode):
            confirm_code(code, actor=actor)
    assert second_factor.factors_of(world.officer).recovery_left == second_factor.RECOVERY_CODES - 1
    fresh = second_factor.new_recovery_codes(actor=world.officer)
    with pytest.raises(WrongFactorCode):
        confirm_code(paper[2], actor=world.officer)
    confirm_code(fresh[0], actor=world.officer)
    stored = b"".join(bytes(row.code_hash) for row in RecoveryCode.objects.all())
    assert not any(code.encode() in stored for code in (*paper, *fresh))


def test_the_secret_is_sealed_in_the_database(world: World, at_nine: None) -> None:
    """Neither its letters nor its bytes stand there or in the ledger."""
    secret, _ = set_up(world.officer)
    row = TotpSecret.objects.get(person_id=world.officer.person_id)
    assert secret.encode() not in bytes(row.sealed)
    assert secret not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))


def test_a_wrong_code_sets_up_nothing(world: World, at_nine: None) -> None:
    """An app that was scanned wrongly must not become the lock."""
    with pytest.raises(InvalidInput):
        second_factor.add_totp(second_factor.new_totp_secret(), "123", actor=world.officer)
    assert not second_factor.has_factor(world.officer.person_id or 0)


def test_whoever_must_have_one_keeps_the_last(world: World, at_nine: None) -> None:
    """An officer always; one of our people while it is demanded, and no longer."""
    set_up(world.officer)
    set_up(world.supervisor)
    with pytest.raises(LastFactor):
        second_factor.remove_totp(actor=world.officer)
    supervisor = world.supervisor.person_id or 0
    with pytest.raises(NotPermitted):
        second_factor.demand_factor(supervisor, actor=world.supervisor)
    second_factor.demand_factor(supervisor, actor=CLI)
    with pytest.raises(LastFactor):
        second_factor.remove_totp(actor=world.supervisor)
    second_factor.demand_no_factor(supervisor, actor=CLI)
    second_factor.remove_totp(actor=world.supervisor)
    with pytest.raises(NotFound):
        second_factor.remove_totp(actor=world.supervisor)
    with pytest.raises(NotFound):
        second_factor.demand_no_factor(supervisor, actor=CLI)


def test_an_administrator_helps_our_own_people_and_no_officer(world: World, at_nine: None) -> None:
    """Who lost theirs sets up new ones; an officer begins anew with a call-back instead."""
    set_up(world.officer)
    set_up(world.supervisor)
    second_factor.forget_factors(world.supervisor.person_id or 0, actor=CLI)
    assert not second_factor.needs_factor(world.supervisor)
    assert not RecoveryCode.objects.filter(person_id=world.supervisor.person_id).exists()
    with pytest.raises(NotFound):
        second_factor.forget_factors(world.officer.person_id or 0, actor=CLI)
    with pytest.raises(NotPermitted):
        second_factor.forget_factors(world.supervisor.person_id or 0, actor=world.reviewers[0])
