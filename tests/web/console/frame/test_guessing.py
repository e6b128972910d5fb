"""Password guessing: its cost for the guesser, and that the owner of the name can still sign in."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import signing
from django.core.cache import cache as django_cache
from django.db import connection
from django.test import Client
from tests.factories import World
from tests.web.console.conftest import PASSWORD, Staff
from tests.web.console.factors import signs_in, with_app

from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.limits import ADDRESS, DEVICE, NAME, NETWORK, TURN
from jaga.core.terms.people import GuessLimit, Language, Role
from jaga.people.console import sign_in as password_hashing
from jaga.people.models import Person
from jaga.people.reads.roster import COOKIE_SECONDS, cookie_name, new_cookie
from jaga.people.verbs import people, second_factor
from jaga.quality.reads.access_log import names_guessed_at
from jaga.store.codes import guess_key
from jaga.store.kernel import guess_limits
from jaga.store.kernel.guess_limits import forget_guesses
from jaga.store.models import GuessCount

ADDRESS_OF = "/console/sign-in/"
NAME_OF = "a-reviewer"
Open = Callable[[Actor], Client]


def tries(name: str = NAME_OF, password: str = "wrong", *, at: str = "192.0.2.66", client: Client | None = None) -> Any:
    """One attempt from that address, as Jaga's own proxy passes it on."""
    return (client or Client()).post(
        ADDRESS_OF, {"username": name, "password": password}, headers={"X-Forwarded-For": at}
    )


def ten_thousand_guesses(name: str = NAME_OF) -> None:
    """The counts after 10,000 attempts from as many addresses: the name's allowance is used up, each address has a new
    wait.
    """
    moment = now()
    GuessCount.objects.update_or_create(
        key=guess_key(GuessLimit.NAME, name),
        defaults={"kind": GuessLimit.NAME, "used_until": moment + NAME.burst * NAME.every},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_guesscount (key, kind, used_until) SELECT key, %s, %s FROM unnest(%s::bytea[]) key"
            " ON CONFLICT (key) DO UPDATE SET used_until = excluded.used_until",
            [GuessLimit.TURN.value, moment + TURN, _turns(name)],
        )


@cache
def _turns(name: str) -> list[bytes]:
    return [guess_key(GuessLimit.TURN, f"10.{n // 256}.{n % 256}.1/32:{name}") for n in range(10_000)]


class Counting(Argon2PasswordHasher):
    """Argon2 with the lowest cost, counting its calls."""

    time_cost, memory_cost, parallelism = 1, 8, 1
    worked = 0

    def encode(self, *args: Any, **kwargs: Any) -> str:
        type(self).worked += 1
        return str(super().encode(*args, **kwargs))

    def verify(self, password: str, encoded: str) -> bool:
        type(self).worked += 1
        return bool(super().verify(password, encoded))


@pytest.fixture(autouse=True)
def _behind_a_proxy_and_cheap(settings: Any) -> Iterator[None]:
    """Also with a frozen clock, so that the machine's speed does not matter."""
    settings.JAGA_PROXY_HOPS = 1
    settings.PASSWORD_HASHERS = [f"{Counting.__module__}.Counting"]
    with frozen(now()):
        yield


@pytest.fixture
def counted(staff: Staff) -> type[Counting]:
    """How many passwords were hashed."""
    Counting.worked = 0
    return Counting


def test_three_addresses_guess_a_name_ten_times_together(staff: Staff, counted: type[Counting]) -> None:
    """Of 27 attempts ten passwords are checked; the others are told how long to wait."""
    answers = [tries(at=f"192.0.{2 + n % 3}.{n % 3}") for n in range(27)]
    assert counted.worked == NAME.burst
    assert [answer.status_code for answer in answers] == [200] * NAME.burst + [429] * 17
    assert 1 <= int(answers[-1]["Retry-After"]) <= TURN.total_seconds()


def test_forty_names_from_one_address_are_ten(staff: Staff, counted: type[Counting]) -> None:
    """The address's allowance is used up, whichever names it tries."""
    answers = [tries(f"name-{n}").status_code for n in range(40)]
    assert answers == [200] * ADDRESS.burst + [429] * (40 - ADDRESS.burst)
    assert counted.worked == ADDRESS.burst


@pytest.mark.parametrize("address", ["198.51.100.{}", "2001:db8:1:{}::1"])
def test_one_network_is_one_guesser(staff: Staff, counted: type[Counting], address: str) -> None:
    """A /24, or a /48 in IPv6, whose owner has practically unlimited addresses."""
    answers = [tries(f"name-{n}", at=address.format(n)).status_code for n in range(1, 61)]
    assert answers == [200] * NETWORK.burst + [429] * (60 - NETWORK.burst)
    assert counted.worked == NETWORK.burst
    assert tries("name-1", at="203.0.113.1").status_code == 200


def test_one_customer_of_ipv6_is_one_address(staff: Staff) -> None:
    """Further addresses within a /64 cost nothing, so they count as the same guesser."""
    answers = [tries(f"name-{n}", at=f"2001:db8:1:1::{n:x}").status_code for n in range(1, 15)]
    assert answers.count(200) == ADDRESS.burst


def test_an_allowance_comes_back(staff: Staff) -> None:
    """After ten attempts at once, one more a minute; the row is deleted some time after the allowance is full again."""
    for n in range(11):
        last = tries(f"name-{n}")
    with frozen(now() + timedelta(seconds=int(last["Retry-After"]) + 1)):
        assert tries("name-x").status_code == 200
        assert tries("name-y").status_code == 429
    with frozen(now() + timedelta(hours=1)):
        assert forget_guesses() == GuessCount.objects.count() or not GuessCount.objects.exists()
        assert not GuessCount.objects.exists()


def test_ten_thousand_guesses_keep_nobody_out_who_signed_in_on_this_device_before(staff: Staff) -> None:
    """The owner's own browser does not wait, even in the guesser's network."""
    owner = Client()
    assert tries(password=PASSWORD, at="203.0.113.9", client=owner).status_code == 302
    owner.post("/console/sign-out/")
    ten_thousand_guesses()
    for n in range(NETWORK.burst + 5):
        tries(f"name-{n}", at=f"203.0.113.{n}")
    assert tries(password=PASSWORD, at="203.0.113.9").status_code == 429
    assert tries(password=PASSWORD, at="203.0.113.9", client=owner).status_code == 302


def test_ten_thousand_guesses_make_a_new_device_wait_half_a_minute(staff: Staff) -> None:
    """However many others guess in the meantime, the owner's phone gets an attempt of its own after the wait."""
    ten_thousand_guesses()
    phone = Client()
    first = tries(password=PASSWORD, at="203.0.113.9", client=phone)
    assert first.status_code == 429
    wait = int(first["Retry-After"])
    assert wait <= 30
    assert "Seseorang mencoba" in first.content.decode()
    assert f'value="{NAME_OF}"' in first.content.decode()
    with frozen(now() + timedelta(seconds=wait)):
        for n in range(30):
            assert tries(at=f"198.18.{n}.1").status_code in (200, 429)
        assert tries(password=PASSWORD, at="203.0.113.9", client=phone).status_code == 302


def test_in_its_turn_an_address_has_one_try(staff: Staff, counted: type[Counting]) -> None:
    """Half a minute per password for a name under attack; further requests during the wait do not extend it."""
    ten_thousand_guesses()
    moment, before = now(), counted.worked
    for seconds, status in ((0, 429), (10, 429), (29, 429), (30, 200), (31, 429), (59, 429), (60, 200)):
        with frozen(moment + timedelta(seconds=seconds)):
            assert tries().status_code == status, seconds
    assert counted.worked - before == 2


def test_a_device_is_known_by_a_cookie_that_no_script_reads_and_that_names_nobody(staff: Staff) -> None:
    """HttpOnly, for the console only, SameSite, and Secure over TLS."""
    owner = Client()
    answer = tries(password=PASSWORD, client=owner)
    cookie = answer.cookies[cookie_name(NAME_OF)]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/console/")
    assert NAME_OF not in str(cookie)
    assert not tries(password="wrong").cookies.get(cookie_name(NAME_OF))


def test_a_stolen_cookie_opens_nothing(staff: Staff, client: Client) -> None:
    """It only avoids the wait, for its own name, while the password is unchanged and for a limited time."""
    owner = Client()
    tries(password=PASSWORD, client=owner, at="203.0.113.9")
    name, stolen = cookie_name(NAME_OF), owner.cookies[cookie_name(NAME_OF)].value
    thief = Client()
    thief.cookies[name] = stolen
    assert thief.get("/console/queue/")["Location"].startswith(ADDRESS_OF)
    ten_thousand_guesses()
    statuses = [tries(client=thief, at="198.51.100.1").status_code for _ in range(DEVICE.burst + 3)]
    assert statuses == [200] * DEVICE.burst + [429] * 3
    ten_thousand_guesses("a-supervisor")
    thief.cookies[cookie_name("a-supervisor")] = stolen
    assert tries("a-supervisor", client=thief, at="198.51.100.7").status_code == 429


@pytest.mark.parametrize("spoilt", ["tampered", "old", "password", "another"])
def test_a_cookie_counts_for_its_name_and_password_only(
    staff: Staff,
    spoilt: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A changed or expired cookie, one from before a new password, or one of another name is ignored."""
    owner, name = Client(), cookie_name(NAME_OF)
    tries("a-supervisor" if spoilt == "another" else NAME_OF, PASSWORD, client=owner, at="203.0.113.9")
    owner.post("/console/sign-out/")
    if spoilt == "tampered":
        owner.cookies[name] = f"{owner.cookies[name].value[:-1]}!"
    elif spoilt == "password":
        people.change_password(Person.objects.get(username=NAME_OF).pk, PASSWORD, actor=CLI)
    elif spoilt == "old":
        person = Person.objects.get(username=NAME_OF)
        with monkeypatch.context() as then:  # Django's signatures go by the machine's own clock
            then.setattr(signing.time, "time", lambda: now().timestamp() - COOKIE_SECONDS - 60)
            owner.cookies[name] = new_cookie(person.username)
    ten_thousand_guesses()
    assert tries(password=PASSWORD, client=owner, at="203.0.113.9").status_code == 429


def test_the_second_step_makes_the_device_known_and_not_the_password(world: World) -> None:
    """Somebody who stole a password but has no factor does not become a known device."""
    app, client = with_app(world.officer), signs_in(world.officer)
    assert cookie_name(world.officer.name) not in client.cookies
    client.post("/console/second-factor/", {"second_factor_code": app.code()})
    assert cookie_name(world.officer.name) in client.cookies


def test_a_stolen_password_does_not_close_the_second_step_of_its_owner(world: World) -> None:
    """Wrong codes from unknown devices block unknown devices only; the owner's device has its own count."""
    app, owner = with_app(world.officer), signs_in(world.officer)
    owner.post("/console/second-factor/", {"second_factor_code": app.code()})
    owner.post("/console/sign-out/")
    thief = Client()
    tries(world.officer.name, PASSWORD, client=thief)
    for _ in range(second_factor.MOST_WRONG):
        thief.post("/console/second-factor/", {"second_factor_code": "000000"})
    closed = thief.post("/console/second-factor/", {"second_factor_code": app.code()})
    assert closed.status_code == 429
    assert 1 <= int(closed["Retry-After"]) <= 900
    tries(world.officer.name, PASSWORD, client=owner)
    answer = owner.post("/console/second-factor/", {"second_factor_code": app.code()})
    assert (answer.status_code, answer["Location"]) == (302, "/console/orders/")


def test_codes_are_counted_by_address_too(world: World) -> None:
    """With many stolen passwords an attacker can try no more codes from one address than passwords."""
    for actor in world.everyone[:3]:
        with_app(actor)
    clients = [signs_in(actor) for actor in world.everyone[:3]]
    statuses = [
        client.post(
            "/console/second-factor/", {"second_factor_code": "000000"}, headers={"X-Forwarded-For": "192.0.2.66"}
        ).status_code
        for _ in range(5)
        for client in clients
    ]
    assert statuses.count(422) == ADDRESS.burst
    assert statuses.count(429) == 15 - ADDRESS.burst


@pytest.mark.parametrize("name", ["nobody", "a-reviewer", "gone", "keys-only"])
def test_every_wrong_name_costs_one_hash(staff: Staff, world: World, counted: type[Counting], name: str) -> None:
    """Unknown, known, deactivated or without a password: the response time is the same."""
    organisation = world.reviewers[0].organisation_id or 0
    gone = people.create_person(people.NewPerson("gone", "Gone", organisation, (Role.REVIEWER,), PASSWORD), actor=CLI)
    people.deactivate_person(gone.pk, actor=CLI)
    people.create_person(people.NewPerson("keys-only", "Keys", organisation, (Role.REVIEWER,)), actor=CLI)
    people.change_password(staff.by_role[Role.REVIEWER].person_id or 0, PASSWORD, actor=CLI)  # hashed by this hasher
    before = counted.worked
    answer = tries(name, PASSWORD + "x")
    assert (answer.status_code, counted.worked - before) == (200, 1)
    assert "Nama dan kata sandi tidak cocok" in answer.content.decode()


def test_whether_a_name_exists_shows_in_no_count(staff: Staff) -> None:
    """An unknown name is counted and delayed like any other."""
    counts = []
    for number, name in enumerate((NAME_OF, "nobody")):
        for n in range(NAME.burst):
            tries(name, at=f"198.{18 + number}.{n}.1")
        counts.append(tries(name, at=f"203.0.{112 + number}.1").content.decode().replace(name, ""))
    assert counts[0].partition("csrf")[0] == counts[1].partition("csrf")[0]


def test_the_counts_are_in_the_database_and_in_no_process(staff: Staff) -> None:
    """The counts survive a restart of the process, and their rows contain neither address nor name."""
    for n in range(ADDRESS.burst):
        tries(f"name-{n}")
    django_cache.clear()
    assert tries("name-x").status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(g)::text, ' ') FROM records_guesscount g")
        (kept,) = cursor.fetchone()
    assert "192.0.2" not in kept
    assert "name-" not in kept


def test_guessing_is_logged_once_and_names_nobody(staff: Staff, caplog: pytest.LogCaptureFixture) -> None:
    """One line when an allowance is used up, not one for each attempt."""
    caplog.set_level(logging.DEBUG)
    for n in range(20):
        tries(at=f"198.18.{n}.1")
    assert caplog.text.count("guessing") + names_guessed_at() >= 1
    assert NAME_OF not in caplog.text
    assert "198.18" not in caplog.text


@pytest.mark.parametrize(("role", "seen"), [(Role.SUPERVISOR, True), (Role.ADMINISTRATOR, True), (Role.AUDITOR, False)])
def test_supervisors_and_administrators_see_that_guessing_runs(
    staff: Staff,
    browser_of: Open,
    role: Role,
    seen: bool,
) -> None:
    """Every page shows it with what to do, and it disappears when the guessing ends."""
    sentence = "Somebody is guessing passwords"
    browser = browser_of(staff.by_role[role])
    address = "/console/dashboard/"
    assert sentence not in browser.get(address).content.decode()
    ten_thousand_guesses()
    assert (sentence in browser.get(address).content.decode()) is seen
    with frozen(now() + NAME.burst * NAME.every):
        assert names_guessed_at() == 0


def test_health_counts_names_that_are_guessed_at(staff: Staff) -> None:
    """The figure is for monitoring on this machine; it is not a fault, or guessers could cause one."""
    ten_thousand_guesses()
    body = Client().get("/health/ready").json()
    assert body["names_guessed_at"] == 1
    assert "guessing" not in body["faults"]


def test_no_more_passwords_are_hashed_at_once_than_there_are_places() -> None:
    """One hash at a time for unknown devices; a few wait, the others are told to come back; a known device has its own
    place.
    """
    inside, go, most = [], Event(), []

    def one(known: bool) -> str:
        try:
            with password_hashing.hashing(known_device=known):
                inside.append(known)
                most.append(len(inside))
                assert go.wait(20)
                inside.remove(known)
        except password_hashing.ManySignIns as refused:
            return refused.code
        return "hashed"

    with ThreadPoolExecutor(40) as threads:
        strangers = [threads.submit(one, False) for _ in range(30)]
        while sum(done.done() for done in strangers) < 30 - password_hashing.AT_ONCE - password_hashing.WAITING:
            pass
        known = threads.submit(one, True)
        while len(inside) < 2:
            pass
        go.set()
        results = [done.result() for done in strangers]
    assert known.result() == "hashed"
    assert results.count("hashed") == password_hashing.AT_ONCE + password_hashing.WAITING
    assert max(most) <= 2 * password_hashing.AT_ONCE


def test_whoever_finds_no_place_to_be_hashed_has_not_tried(
    staff: Staff,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They get a time to wait, and it does not count as a wrong password."""
    monkeypatch.setattr(password_hashing, "PATIENCE_SECONDS", 0.01)
    with password_hashing.hashing(known_device=False):
        answers = [tries() for _ in range(ADDRESS.burst + 5)]
    assert {answer.status_code for answer in answers} == {429}
    assert answers[0]["Retry-After"] == "5"
    assert tries(password=PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ENGLISH, "Wait"),
        (Language.INDONESIAN, "Tunggu"),
    ],
)
def test_who_must_wait_reads_it_in_their_language(staff: Staff, language: Language, said: str) -> None:
    """The message is on the sign-in page, above the form."""
    client = Client()
    client.cookies["jaga_language"] = language.value
    for n in range(ADDRESS.burst + 1):
        answer = tries(f"name-{n}", client=client)
    page = answer.content.decode()
    assert answer.status_code == 429
    assert said in page
    assert 'name="password"' in page
    assert guess_limits.TooManyGuesses.sentence in page or language is Language.INDONESIAN
