"""Media on a real Synapse: hashes as evidence, quarantine with the messages that showed them, release afterwards."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from tests.platforms.fake import Fault
from tests.platforms.proxy import Proxy, proxied
from tests.platforms.stage import Person
from tests.platforms.synapse_stage import CLIENT, SynapseStage

from jaga.core.platforms import PlatformUnreachable, StepResult
from jaga.core.terms.cases import OutcomeKind
from jaga.platforms.synapse import media

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
def stage(synapse: Any) -> Iterator[SynapseStage]:
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


@pytest.fixture
def proxy(stage: SynapseStage) -> Iterator[Proxy]:
    with proxied(stage.base_url) as made:
        yield made


def picture() -> bytes:
    """Invented bytes that no other test uploads: Synapse quarantines by content."""
    return b"gambar uji " + secrets.token_bytes(16)


def listed(stage: SynapseStage, person: Person) -> dict[str, dict[str, Any]]:
    """The preserved list of media, by address."""
    materials = {material.name: material.content for material in stage.adapter.preserve(person.account)}
    kept = json.loads(materials["media.json"])
    assert kept["complete"] is True
    return {item["address"]: item for item in kept["media"]}


def said_of(result: StepResult, route: str) -> str:
    return next((reading.answer for reading in result.readings if reading.route == route), "")


def test_what_was_shown_publicly_is_kept_as_hashes_and_nothing_private_is(stage: SynapseStage) -> None:
    """Picture, thumbnail, inline picture, edit and avatar with type, size and SHA-256; no content, no private file."""
    person = stage.person()
    public, private = stage.public_room("Pasar"), stage.private_room("Rahasia", [person])
    files = {name: picture() for name in ("shown", "thumb", "inline", "edit", "avatar", "hidden", "unsent")}
    at = {name: stage.upload(person, content) for name, content in files.items()}
    first = stage.say(person, public, "lihat")
    shown = stage.show(person, public, at["shown"], info={"thumbnail_url": at["thumb"]})
    stage.show(person, public, "bukan alamat", formatted_body=f'<img src="{at["inline"]}">')
    stage.show(
        person,
        public,
        "http://elsewhere/x",
        **{
            "m.new_content": {"msgtype": "m.image", "body": "x", "url": at["edit"]},
            "m.relates_to": {"rel_type": "m.replace", "event_id": first},
        },
    )
    stage.show(person, private, at["hidden"])
    path = f"{CLIENT}/profile/{person.account.account_id}/avatar_url"
    assert stage.call("PUT", path, person.session, {"avatar_url": at["avatar"]}).status_code == 200
    kept = listed(stage, person)
    assert set(kept) == {at[name] for name in ("shown", "thumb", "inline", "edit", "avatar")}
    for name in ("shown", "thumb", "inline", "edit", "avatar"):
        item = kept[at[name]]
        assert item["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert (item["hash_basis"], item["media_type"], item["size"]) == ("downloaded", "image/png", len(files[name]))
        assert item["uploaded_by_account"] is True
    assert kept[at["shown"]]["shown_in"] == [shown]
    assert kept[at["avatar"]]["shown_in"] == ["avatar"]


def test_the_list_of_media_is_the_same_bytes_at_a_repeat_and_after_the_closure(stage: SynapseStage) -> None:
    """So a repeated step seals the same original."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "lihat")
    for _ in range(3):
        stage.show(person, room, stage.upload(person, picture()))
    first = stage.adapter.preserve(person.account)
    assert [material.name for material in first] == ["profile.json", "messages.json", "media.json"]
    assert stage.adapter.preserve(person.account) == first
    stage.adapter.close(person.account)
    assert stage.adapter.preserve(person.account)[2] == first[2]


def test_limits_of_size_and_number_are_said(stage: SynapseStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file too large has the hash that the server states; a list too long says that it is incomplete."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "lihat")
    content = picture()
    address = stage.upload(person, content)
    stage.show(person, room, address)
    monkeypatch.setattr(media, "LARGEST", 5)
    kept = json.loads(stage.adapter.preserve(person.account)[2].content)
    assert kept["complete"] is False
    assert kept["media"][0]["hash_basis"] == "stated by the server"
    assert kept["media"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(media, "ITEMS", 0)
    assert json.loads(stage.adapter.preserve(person.account)[2].content)["complete"] is False


def test_addresses_that_lead_nowhere_are_named_without_a_hash(stage: SynapseStage) -> None:
    """Other servers are not asked, missing files are no failure, and an invalid address is ignored."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "lihat")
    for address in ("mxc://elsewhere.invalid/abc", "mxc://localhost/tidakada", "mxc://localhost/../../x", "mxc://", 7):
        stage.show(person, room, address)  # type: ignore[arg-type]
    kept = listed(stage, person)
    assert set(kept) == {"mxc://elsewhere.invalid/abc", "mxc://localhost/tidakada"}
    assert {item["sha256"] for item in kept.values()} == {None}


def test_redacting_quarantines_the_media_of_exactly_these_messages(stage: SynapseStage) -> None:
    """Other rooms' pictures, private ones and other people's stay; a repeat is ALREADY."""
    person, other = stage.person(), stage.person()
    named, unnamed = stage.public_room("Satu"), stage.public_room("Dua")
    private = stage.private_room("Rahasia", [person])
    at = {name: stage.upload(person, picture()) for name in ("named", "thumb", "unnamed", "private", "unsent")}
    theirs = stage.upload(other, picture())
    stage.say(person, named, "halo")
    stage.say(person, unnamed, "halo")
    stage.show(person, named, at["named"], info={"thumbnail_url": at["thumb"]})
    stage.show(person, named, theirs)  # naming somebody else's picture must not take it from them
    stage.show(person, unnamed, at["unnamed"])
    stage.show(person, private, at["private"])
    result = stage.adapter.redact(person.account, (named,))
    assert result.kind is OutcomeKind.DONE
    assert said_of(result, "media") == "2 quarantined, 0 before, 0 missed, 1 left alone"
    assert {name: stage.downloads(address) for name, address in at.items()} == {
        "named": False,
        "thumb": False,
        "unnamed": True,
        "private": True,
        "unsent": True,
    }
    assert stage.downloads(theirs)
    assert stage.adapter.redact(person.account, (named,)).kind is OutcomeKind.ALREADY


def test_restoring_releases_what_jaga_quarantined_and_nothing_else(stage: SynapseStage, proxy: Proxy) -> None:
    """Another administrator's quarantine stays; the messages stay removed; a repeat has nothing left to do."""
    person, room = stage.person(), stage.public_room("Satu")
    ours, theirs = stage.upload(person, picture()), stage.upload(person, picture())
    stage.say(person, room, "halo")
    stage.show(person, room, ours)
    by_hand = f"/_synapse/admin/v1/media/quarantine/{theirs.removeprefix('mxc://')}"
    colleague = stage.administrator()
    assert stage.call("POST", by_hand, colleague, {}).status_code == 200
    stage.adapter.redact(person.account, (room,))
    stage.adapter.close(person.account)
    result = stage.adapter.restore(person.account)
    assert (result.kind, said_of(result, "media")) == (OutcomeKind.DONE, "1 released, 0 left")
    assert stage.downloads(ours)
    assert not stage.downloads(theirs)
    assert not stage.shows(room, "gambar")
    assert stage.adapter.restore(person.account).kind is OutcomeKind.ALREADY


def test_restoring_an_open_account_still_releases_its_media(stage: SynapseStage, proxy: Proxy) -> None:
    """Also after a lost answer: the repeat finds the rest."""
    person, room = stage.person(), stage.public_room("Satu")
    address = stage.upload(person, picture())
    stage.say(person, room, "halo")
    stage.show(person, room, address)
    stage.adapter.redact(person.account, (room,))
    adapter = stage.adapter_at(proxy.base_url)
    proxy.faults = [("/unquarantine/", Fault.ERROR_BEFORE_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.restore(person.account)
    assert not stage.downloads(address)
    proxy.faults = [("/unquarantine/", Fault.LIE)]
    result = adapter.restore(person.account)
    assert (result.kind, said_of(result, "media")) == (OutcomeKind.UNKNOWN, "0 released, 1 left")
    assert adapter.restore(person.account).kind is OutcomeKind.DONE
    assert stage.downloads(address)
    assert stage.session_works(person)


def test_no_message_goes_before_its_media_are_held_back(stage: SynapseStage, proxy: Proxy) -> None:
    """A removed message no longer shows its media: lost answers and lies leave it there for the repeat."""
    person, room = stage.person(), stage.public_room("Satu")
    address = stage.upload(person, picture())
    stage.say(person, room, "halo")
    stage.show(person, room, address)
    adapter = stage.adapter_at(proxy.base_url)
    proxy.faults = [("/media/quarantine/", Fault.LIE)]
    result = adapter.redact(person.account, (room,))
    assert (result.kind, said_of(result, "rooms")) == (OutcomeKind.UNKNOWN, "2 messages left")
    assert stage.shows(room, "gambar")
    proxy.faults = [("/media/quarantine/", Fault.TIMEOUT_AFTER_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.redact(person.account, (room,))
    assert stage.shows(room, "gambar")
    result = adapter.redact(person.account, (room,))
    assert (result.kind, said_of(result, "media")) == (
        OutcomeKind.DONE,
        "0 quarantined, 1 before, 0 missed, 0 left alone",
    )
    assert not stage.downloads(address)
    assert not stage.shows(room, "gambar")


def test_a_protected_file_is_left_alone(stage: SynapseStage) -> None:
    """An administrator marked it as safe: the message is removed, the file stays."""
    person, room = stage.person(), stage.public_room("Satu")
    address = stage.upload(person, picture())
    stage.say(person, room, "halo")
    stage.show(person, room, address)
    stage.admin_post(f"/v1/media/protect/{address.rpartition('/')[2]}")
    assert stage.adapter.redact(person.account, (room,)).kind is OutcomeKind.DONE
    assert stage.downloads(address)


def test_every_copy_of_a_quarantined_file_goes_with_it(stage: SynapseStage) -> None:
    """As the capabilities say: Synapse quarantines by content. The release restores all copies."""
    person, other, room = stage.person(), stage.person(), stage.public_room("Satu")
    content = picture()
    address, copy = stage.upload(person, content), stage.upload(other, content)
    stage.say(person, room, "halo")
    stage.show(person, room, address)
    stage.adapter.redact(person.account, (room,))
    assert not stage.downloads(copy)
    stage.adapter.restore(person.account)
    assert stage.downloads(copy)
