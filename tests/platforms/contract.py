"""The contract of `PlatformPort`: every adapter passes it against its real server, the fake too.

A test file subclasses `PlatformContract` and offers a fixture `stage`. A step that the adapter declares unsupported
must answer IMPOSSIBLE and change nothing; every other step must do what the port says.
"""

import json
from typing import cast

import pytest
from tests.platforms.fake import AFTER_EFFECT, BEFORE_EFFECT, RETRY_AFTER, Fault
from tests.platforms.stage import FaultyStage, LaggingStage, NamingStage, Person, Stage, StormyStage, said

from jaga.core.locators import is_stable, parse_account
from jaga.core.platforms import Account, Identifies, PlatformPort, PlatformUnreachable, PublicMessage, StepResult
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.steps import LOST_DEVICES, LOST_PASSWORD

TEXT = "Akun Anda ditutup. Kode banding: INVENTED-1234"


def run(adapter: PlatformPort, step: Step, account: Account) -> StepResult:
    """A changing step, by its name."""
    return {
        Step.RESTRICT: lambda: adapter.restrict(account),
        Step.DELIVER: lambda: adapter.deliver(account, TEXT, "contract"),
        Step.REDACT: lambda: adapter.redact(account, ("!none:localhost",)),
        Step.CLOSE: lambda: adapter.close(account),
        Step.RESTORE: lambda: adapter.restore(account),
    }[step]()


def insist(adapter: PlatformPort, step: Step, account: Account) -> None:
    """Repeat a step, like the worker, until it is observed as done; fail after many attempts."""
    for _ in range(60):
        try:
            if run(adapter, step, account).kind in {OutcomeKind.DONE, OutcomeKind.ALREADY}:
                return
        except PlatformUnreachable:
            continue
    pytest.fail(f"{step.value} did not get through")


CHANGING = (Step.RESTRICT, Step.DELIVER, Step.REDACT, Step.CLOSE, Step.RESTORE)


def state(stage: Stage, person: Person) -> AccountState:
    return stage.adapter.observe(person.account).state


def needs(stage: Stage, *steps: Step) -> None:
    """Skip what the adapter declares unsupported; `test_an_unsupported_step…` checks that it really is."""
    for step in steps:
        if not stage.adapter.capabilities().can(step):
            pytest.skip(f"{stage.adapter.capabilities().adapter} declares no {step.value}")


def needs_rooms(stage: Stage) -> None:
    if not stage.has_rooms:
        pytest.skip("the adapter reads no rooms")


def needs_faults(stage: Stage) -> FaultyStage:
    if not hasattr(stage, "behind"):
        pytest.skip("the stage puts no faults before its adapter")
    return cast(FaultyStage, stage)


class PlatformContract:
    """What holds on every platform."""

    def test_every_step_is_declared_and_says_what_an_undo_loses(self, stage: Stage) -> None:
        """The capabilities name each step, so that the console can tell reviewers beforehand.

        Notices are for platforms that Jaga cannot act on; their adapters have a contract of their own.
        """
        capabilities = stage.adapter.capabilities()
        assert set(capabilities.steps) == set(Step) - {Step.ASK}
        assert not capabilities.by_notice
        assert capabilities.can(Step.OBSERVE)
        if capabilities.can(Step.REDACT):
            assert not capabilities.steps[Step.REDACT].reversible

    def test_an_unsupported_step_answers_impossible_and_changes_nothing(self, stage: Stage) -> None:
        """An unsupported step never pretends."""
        person = stage.person()
        for step in CHANGING:
            if not stage.adapter.capabilities().can(step):
                assert run(stage.adapter, step, person.account).kind is OutcomeKind.IMPOSSIBLE
        assert state(stage, person) is AccountState.ACTIVE

    def test_an_unknown_account_is_seen_as_missing_and_is_never_created(self, stage: Stage) -> None:
        """Every step on a missing account is refused, and it is still missing afterwards."""
        nobody = stage.nobody()
        assert stage.adapter.observe(nobody).state is AccountState.MISSING
        assert stage.adapter.preserve(nobody) == ()
        for step in CHANGING:
            expected = OutcomeKind.REFUSED if stage.adapter.capabilities().can(step) else OutcomeKind.IMPOSSIBLE
            assert run(stage.adapter, step, nobody).kind is expected, step
        assert not stage.exists(nobody)

    def test_an_account_of_another_server_is_missing_here(self, stage: Stage) -> None:
        """Ids that this server cannot answer for are refused without a request."""
        nobody = stage.nobody()
        for account_id in ("", "x", "@", "@:localhost", "@a:elsewhere", "a@elsewhere", "../../x", "@a/b:localhost"):
            other = Account(nobody.platform, account_id)
            assert stage.adapter.observe(other).state is AccountState.MISSING, account_id
            assert run(stage.adapter, Step.CLOSE, other).kind is OutcomeKind.REFUSED, account_id

    def test_an_untouched_account_is_active_by_several_routes(self, stage: Stage) -> None:
        """An observation contains the answers of at least two routes, and its time."""
        person = stage.person()
        seen = stage.adapter.observe(person.account)
        assert seen.state is AccountState.ACTIVE
        assert len({reading.route for reading in seen.readings}) >= 2
        assert seen.at.utcoffset() is not None
        assert stage.session_works(person)

    def test_restricting_twice_is_done_and_then_already(self, stage: Stage) -> None:
        """A restricted account can still sign in and read, but not write; restoring lifts that."""
        needs(stage, Step.RESTRICT, Step.RESTORE)
        person, room = stage.person(), stage.public_room("Taman")
        stage.say(person, room, "halo")
        assert stage.adapter.restrict(person.account).kind is OutcomeKind.DONE
        assert state(stage, person) is AccountState.RESTRICTED
        assert stage.adapter.restrict(person.account).kind is OutcomeKind.ALREADY
        assert not stage.can_send(person, room)
        assert stage.session_works(person)
        assert stage.adapter.restore(person.account).kind is OutcomeKind.DONE
        assert state(stage, person) is AccountState.ACTIVE
        assert stage.can_send(person, room)
        assert stage.can_sign_in(person, person.password)

    def test_closing_ends_sessions_and_refuses_every_new_sign_in(self, stage: Stage) -> None:
        """The holder cannot use a closed account, whatever the server answered."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        assert stage.can_sign_in(person, person.password)
        assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
        assert state(stage, person) is AccountState.CLOSED
        assert not stage.can_sign_in(person, person.password)
        assert not stage.session_works(person)
        assert stage.exists(person.account)

    def test_closing_again_changes_nothing(self, stage: Stage) -> None:
        """A repeat is ALREADY, also for the step before it in the order."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        stage.adapter.close(person.account)
        assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY
        if stage.adapter.capabilities().can(Step.RESTRICT):
            assert stage.adapter.restrict(person.account).kind is OutcomeKind.ALREADY
        assert state(stage, person) is AccountState.CLOSED

    def test_restoring_a_closed_account_lets_its_holder_in_again(self, stage: Stage) -> None:
        """With the old password, or with the new one that only the holder gets; also from restricted and closed."""
        needs(stage, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        if stage.adapter.capabilities().can(Step.RESTRICT):
            stage.adapter.restrict(person.account)
        stage.adapter.close(person.account)
        restored = stage.adapter.restore(person.account)
        assert restored.kind is OutcomeKind.DONE
        assert state(stage, person) is AccountState.ACTIVE
        assert stage.can_sign_in(person, restored.secret or person.password)
        assert not restored.secret or restored.secret not in f"{restored!r}{restored.detail}"

    def test_restoring_again_is_already_and_still_tells_how_to_get_in(self, stage: Stage) -> None:
        """A worker killed after the effect loses nothing: the repeat returns the same password."""
        needs(stage, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        stage.adapter.close(person.account)
        first = stage.adapter.restore(person.account)
        second = stage.adapter.restore(person.account)
        assert second.kind is OutcomeKind.ALREADY
        assert second.secret == first.secret
        assert stage.can_sign_in(person, second.secret or person.password)

    def test_restoring_an_active_account_leaves_its_password_and_sessions_alone(self, stage: Stage) -> None:
        """An unnecessary restoration locks nobody out."""
        needs(stage, Step.RESTORE)
        person = stage.person()
        restored = stage.adapter.restore(person.account)
        assert (restored.kind, restored.secret) == (OutcomeKind.ALREADY, "")
        assert stage.session_works(person)
        assert stage.can_sign_in(person, person.password)

    def test_closing_and_restoring_can_be_done_over_and_over(self, stage: Stage) -> None:
        """The second closure works like the first."""
        needs(stage, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        for _ in range(2):
            assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
            assert state(stage, person) is AccountState.CLOSED
            assert stage.adapter.restore(person.account).kind is OutcomeKind.DONE

    def test_what_a_restoration_does_not_bring_back_was_said_beforehand(self, stage: Stage) -> None:
        """Sessions and password are tested; what does not work again is listed in `lost_on_undo`."""
        needs(stage, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        stage.adapter.close(person.account)
        assert stage.adapter.restore(person.account).kind is OutcomeKind.DONE
        closing = stage.adapter.capabilities().steps[Step.CLOSE]
        assert closing.reversible
        assert stage.session_works(person) == (LOST_DEVICES not in closing.lost_on_undo)
        assert stage.can_sign_in(person, person.password) == (LOST_PASSWORD not in closing.lost_on_undo)

    def test_what_the_platforms_own_people_closed_is_already_closed(self, stage: Stage) -> None:
        """No step acts on it, and each says what was observed; a restoration opens it, or says that others must open
        it.
        """
        needs(stage, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        stage.others_close(person)
        assert state(stage, person) is AccountState.CLOSED
        for step in (Step.RESTRICT, Step.CLOSE) if stage.adapter.capabilities().can(Step.RESTRICT) else (Step.CLOSE,):
            result = run(stage.adapter, step, person.account)
            assert (result.kind, result.readings != ()) == (OutcomeKind.ALREADY, True), step
        restored = stage.adapter.restore(person.account)
        assert restored.readings
        opened = restored.kind is OutcomeKind.DONE
        assert opened or restored.kind is OutcomeKind.REFUSED
        assert stage.can_sign_in(person, restored.secret or person.password) is opened

    def test_an_erased_account_is_named_as_what_it_is_and_never_made_anew(self, stage: Stage) -> None:
        """Closed if its id stays taken, missing if not; only a restoration touches it."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        stage.erase(person)
        seen, known = stage.adapter.observe(person.account), stage.exists(person.account)
        assert seen.state is (AccountState.CLOSED if known else AccountState.MISSING)
        closed = stage.adapter.close(person.account)
        assert closed.kind is (OutcomeKind.ALREADY if known else OutcomeKind.REFUSED)
        assert closed.readings
        assert stage.adapter.observe(person.account).state is seen.state
        assert not stage.can_sign_in(person, person.password)
        assert known or run(stage.adapter, Step.RESTORE, person.account).kind in {
            OutcomeKind.REFUSED,
            OutcomeKind.IMPOSSIBLE,
        }
        assert stage.exists(person.account) is known

    def test_an_account_that_people_name_is_the_one_that_is_closed(self, stage: Stage) -> None:
        """What a reporter pastes leads to the id that steps use: by parsing it, or by asking the platform.

        Otherwise every report would concern an account that the platform does not know, and close nothing.
        """
        needs(stage, Step.CLOSE)
        person, declared = stage.person(), stage.adapter.capabilities()
        assert is_stable(declared.stable_id, person.account.account_id)
        named = parse_account(declared.named_like or declared.adapter, stage.server_name, stage.called(person))
        assert named is not None
        if not is_stable(declared.stable_id, named):
            named = self._identified(stage, person, named)
        assert named == person.account.account_id
        assert stage.adapter.close(Account(person.account.platform, named)).kind is OutcomeKind.DONE
        assert not stage.can_sign_in(person, person.password)

    def _identified(self, stage: Stage, person: Person, named: str) -> str:
        assert isinstance(stage.adapter, Identifies), "stable_id is declared, so a name must be looked up: identify"
        platform, stable_id = person.account.platform, stage.adapter.capabilities().stable_id
        found = stage.adapter.identify(Account(platform, named))
        assert found is not None
        assert is_stable(stable_id, found.account_id)
        assert found.handle
        assert not is_stable(stable_id, found.handle), "a name that looks like an id is somebody else's door"
        assert stage.adapter.identify(found) == found
        assert stage.adapter.identify(Account(platform, f"tiada{named}")) is None
        assert run(stage.adapter, Step.CLOSE, Account(platform, named)).kind is OutcomeKind.REFUSED
        assert state(stage, person) is AccountState.ACTIVE
        return found.account_id

    @pytest.mark.parametrize("seconds", [1.0])
    def test_what_shows_late_is_waited_for_and_goes_out_once(self, stage: Stage, seconds: float) -> None:
        """On a platform that shows changes late, each step is observed as done, and a letter whose sender was killed
        before recording it is found, and not sent again.
        """
        if not hasattr(stage, "lagging"):
            pytest.skip("the stage shows everything at once")
        person = stage.person()
        with cast(LaggingStage, stage).lagging(seconds) as adapter:
            can = adapter.capabilities().can
            assert adapter.capabilities().lag >= seconds
            if can(Step.RESTRICT):
                assert adapter.restrict(person.account).kind is OutcomeKind.DONE
            if can(Step.DELIVER):
                assert [run(adapter, Step.DELIVER, person.account).kind for _ in range(2)] == [
                    OutcomeKind.DONE,
                    OutcomeKind.ALREADY,
                ]
            assert stage.received(person) == ([TEXT] if can(Step.DELIVER) else [])
            if can(Step.CLOSE):
                assert adapter.close(person.account).kind is OutcomeKind.DONE
                assert adapter.observe(person.account).state is AccountState.CLOSED

    def test_a_new_name_saves_nobody_and_costs_nobody_else(self, stage: Stage) -> None:
        """The id counts: an account that was renamed since the report is closed, and stays so."""
        needs(stage, Step.CLOSE)
        if not hasattr(stage, "rename"):
            pytest.skip("an account's name is its id there")
        person, other = stage.person(), stage.person()
        cast(NamingStage, stage).rename(person)
        assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
        assert not stage.can_sign_in(person, person.password)
        assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY
        assert stage.can_sign_in(other, other.password)

    @pytest.mark.parametrize("fault", AFTER_EFFECT)
    def test_an_answer_lost_after_the_effect_is_unknown_and_the_repeat_is_already(
        self,
        stage: Stage,
        fault: Fault,
    ) -> None:
        """Hung up, truncated, too late or nonsense: the platform did it, and the repeat finds it and does nothing."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        with needs_faults(stage).behind(Step.CLOSE, fault) as adapter:
            with pytest.raises(PlatformUnreachable):
                adapter.close(person.account)
            assert state(stage, person) is AccountState.CLOSED
            assert adapter.close(person.account).kind is OutcomeKind.ALREADY

    @pytest.mark.parametrize("fault", BEFORE_EFFECT)
    def test_a_failure_before_the_effect_is_unknown_and_the_repeat_does_it(self, stage: Stage, fault: Fault) -> None:
        """Dropped, half-open, failing or rate-limited: nothing happened, and nothing is claimed."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        with needs_faults(stage).behind(Step.CLOSE, fault) as adapter:
            with pytest.raises(PlatformUnreachable) as raised:
                adapter.close(person.account)
            assert person.account.account_id not in f"{raised.value}{raised.value.params}"
            assert state(stage, person) is AccountState.ACTIVE
            assert adapter.close(person.account).kind is OutcomeKind.DONE

    def test_a_platform_that_asks_for_a_pause_is_understood(self, stage: Stage) -> None:
        """HTTP 429 with Retry-After: the error contains the seconds."""
        needs(stage, Step.CLOSE)
        person = stage.person()
        faulty = needs_faults(stage)
        with faulty.behind(Step.CLOSE, Fault.RATE_LIMITED) as adapter, pytest.raises(PlatformUnreachable) as raised:
            adapter.close(person.account)
        assert raised.value.params["retry_after"] == RETRY_AFTER

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_closure_in_a_storm_ends_closed_and_is_told_once(self, stage: Stage, seed: int) -> None:
        """Every request or answer may be lost: repeated until it succeeds, each effect exists once."""
        needs(stage, Step.RESTRICT, Step.DELIVER, Step.CLOSE)
        if not hasattr(stage, "storm"):
            pytest.skip("the stage offers no storm")
        person = stage.person()
        with cast(StormyStage, stage).storm(seed) as adapter:
            insist(adapter, Step.RESTRICT, person.account)
            insist(adapter, Step.DELIVER, person.account)
            assert stage.received(person) == [TEXT]
            insist(adapter, Step.CLOSE, person.account)
        assert state(stage, person) is AccountState.CLOSED
        assert not stage.session_works(person)

    def test_the_statement_is_readable_while_held_and_is_sent_once(self, stage: Stage) -> None:
        """A repeat with the same key sends nothing; another key does."""
        needs(stage, Step.DELIVER, Step.RESTRICT)
        person = stage.person()
        stage.adapter.restrict(person.account)
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.DONE
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.ALREADY
        assert stage.received(person) == [TEXT]
        assert stage.adapter.deliver(person.account, "Surat kedua", "action-2").kind is OutcomeKind.DONE
        assert sorted(stage.received(person)) == sorted([TEXT, "Surat kedua"])

    def test_a_closed_account_gets_no_statement(self, stage: Stage) -> None:
        """It could not be read, so the result is IMPOSSIBLE, even if the server would answer yes."""
        needs(stage, Step.DELIVER, Step.CLOSE)
        person = stage.person()
        stage.adapter.close(person.account)
        assert stage.adapter.deliver(person.account, TEXT, "late").kind is OutcomeKind.IMPOSSIBLE

    def test_a_restored_account_can_be_written_to(self, stage: Stage) -> None:
        """The letter about the restoration reaches the holder on the platform."""
        needs(stage, Step.DELIVER, Step.CLOSE, Step.RESTORE)
        person = stage.person()
        stage.adapter.deliver(person.account, TEXT, "before")
        stage.adapter.close(person.account)
        stage.adapter.restore(person.account)
        assert stage.adapter.deliver(person.account, "Akun Anda dibuka lagi.", "after").kind is OutcomeKind.DONE

    def test_preserving_keeps_public_messages_and_never_private_ones(self, stage: Stage) -> None:
        """The profile and public messages, as JSON; nothing from a private room, no contact data."""
        needs(stage, Step.PRESERVE)
        person = stage.person()
        public, private = stage.public_room("Pasar"), stage.private_room("Rahasia", [person])
        stage.say(person, public, "tawaran umum")
        stage.say(person, private, "kata rahasia")
        materials = stage.adapter.preserve(person.account)
        assert {material.name for material in materials} == {"profile.json", "messages.json"}  # no media was shown
        assert all(json.loads(material.content) for material in materials)
        assert "tawaran umum" in said(materials)
        assert person.account.account_id in said(materials)
        for hidden in ("kata rahasia", "Rahasia", private, "127.0.0.1", "threepids", "last_seen"):
            assert hidden not in said(materials)

    def test_preserving_twice_gives_the_same_bytes(self, stage: Stage) -> None:
        """A repeat seals the same originals, and preserving is possible after the closure too."""
        needs(stage, Step.PRESERVE, Step.CLOSE)
        person, room = stage.person(), stage.public_room("Pasar")
        stage.say(person, room, "tawaran umum")
        first = stage.adapter.preserve(person.account)
        assert stage.adapter.preserve(person.account) == first
        stage.adapter.close(person.account)
        if getattr(stage, "hides_closed", False):  # the adapter sees no more of a closed account than anybody
            assert stage.adapter.preserve(person.account) == ()
        else:
            assert "tawaran umum" in said(stage.adapter.preserve(person.account))

    def test_redacting_takes_only_this_account_only_in_the_named_room(self, stage: Stage) -> None:
        """Other people's messages and other rooms stay; a repeat is ALREADY."""
        needs(stage, Step.REDACT)
        person, other = stage.person(), stage.person()
        named, unnamed = stage.public_room("Satu"), stage.public_room("Dua")
        stage.say(person, named, "iklan di satu")
        stage.say(person, unnamed, "iklan di dua")
        stage.say(other, named, "kata orang lain")
        assert stage.adapter.redact(person.account, (named,)).kind is OutcomeKind.DONE
        assert not stage.shows(named, "iklan di satu")
        assert stage.shows(named, "kata orang lain")
        assert stage.shows(unnamed, "iklan di dua")
        assert stage.adapter.redact(person.account, (named,)).kind is OutcomeKind.ALREADY

    def test_a_private_or_unnamed_room_is_never_redacted(self, stage: Stage) -> None:
        """One private room among the named ones refuses everything, and nothing is removed."""
        needs(stage, Step.REDACT)
        person = stage.person()
        public, private = stage.public_room("Satu"), stage.private_room("Tutup", [person])
        stage.say(person, public, "umum")
        stage.say(person, private, "pribadi")
        for rooms in ((public, private), (private,), (), ("!none:localhost",)):
            assert stage.adapter.redact(person.account, rooms).kind is OutcomeKind.REFUSED, rooms
        assert stage.shows(public, "umum")
        assert stage.shows(private, "pribadi")

    def test_the_feed_starts_at_the_present_and_then_gives_each_message_once(self, stage: Stage) -> None:
        """Nothing from before the first read, everything public after it, oldest first."""
        needs_rooms(stage)
        person, room = stage.person(), stage.public_room("Alun-alun")
        stage.say(person, room, "lama")
        start = stage.adapter.read_public(None)
        assert start.messages == ()
        stage.say(person, room, "baru satu")
        stage.say(person, room, "baru dua")
        feed = stage.adapter.read_public(start.cursor)
        assert [message.text for message in in_room(feed.messages, room)] == ["baru satu", "baru dua"]
        message = in_room(feed.messages, room)[0]
        assert (message.account_id, message.room_name) == (person.account.account_id, "Alun-alun")
        assert message.sent_at.utcoffset() is not None
        assert in_room(stage.adapter.read_public(feed.cursor).messages, room) == []
        again = stage.adapter.read_public(start.cursor)
        assert in_room(again.messages, room) == in_room(feed.messages, room)

    def test_a_room_opened_later_is_read_too(self, stage: Stage) -> None:
        """The watcher joins new public rooms by itself."""
        needs_rooms(stage)
        cursor = stage.adapter.read_public(None).cursor
        person, room = stage.person(), stage.public_room("Kios baru")
        cursor = stage.adapter.read_public(cursor).cursor
        stage.say(person, room, "ada yang baru")
        assert [m.text for m in in_room(stage.adapter.read_public(cursor).messages, room)] == ["ada yang baru"]

    def test_private_rooms_are_never_joined_not_even_on_invitation(self, stage: Stage) -> None:
        """An invitation to the watcher is not accepted, and nothing private is ever passed on."""
        needs_rooms(stage)
        person = stage.person()
        private = stage.private_room("Keluarga", [person])
        cursor = stage.adapter.read_public(None).cursor
        stage.invite_watcher(private)
        stage.say(person, private, "kata rahasia")
        feed = stage.adapter.read_public(cursor)
        assert in_room(feed.messages, private) == []
        assert private not in stage.watcher_rooms()

    def test_an_adapter_that_cannot_read_rooms_says_so(self, stage: Stage) -> None:
        """An empty feed would look as if nobody wrote."""
        if stage.has_rooms:
            pytest.skip("the adapter reads rooms")
        with pytest.raises(PlatformUnreachable):
            stage.adapter.read_public(None)


def in_room(messages: tuple[PublicMessage, ...], room: str) -> list[PublicMessage]:
    """The messages of one room: other tests use the same server."""
    return [message for message in messages if message.room_id == room]
