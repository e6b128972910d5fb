"""The practice world: invented organisations, people, chat accounts and rooms. Making it again changes nothing.

No text is explicit, and everything here is marked as practice wherever it shows.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jaga.app.practice.chat import ChatAccount
from jaga.app.services.synapse import SynapseServer
from jaga.casework.people import (
    NewPerson,
    NewPlatform,
    create_organisation,
    create_person,
    issue_officer_key,
    register_platform,
)
from jaga.core.actors import CLI
from jaga.core.terms import OrganisationKind, Role
from jaga.platforms.registry import PlatformConfiguration, open_adapter, save_configuration
from jaga.records.models import Organisation, Person

PLATFORM = "obrolan"
OPERATOR = "Obrolan (latihan)"
MINISTRY, POLICE = "Kementerian Latihan", "Kepolisian Latihan"
REVIEWERS = ("sinta", "bayu", "tirta")
SUPERVISOR, ADMINISTRATOR, AUDITOR = "wulan", "admin", "dewi"
WATCHER, KEEPER = "jaga.watch", "pengelola"
ACCOUNTS = {
    "mawar.malam": "Mawar", "kenanga88": "Kenanga", "toko.sepeda": "Toko Sepeda", "pijat.urut": "Pijat Urut Bu Tin",
    "hadiah.cepat": "Hadiah Cepat", "lowongan.luar": "Lowongan Luar Negeri", "slot.bejo": "Bejo", "rani": "Rani",
}
ROOMS = {"pasar-yogya": "Pasar Yogya", "nongkrong": "Nongkrong"}


@dataclass(frozen=True)
class World:
    """What the story and the newcomer need. Passwords and keys are the practice ones of this machine alone."""

    rooms: dict[str, str]
    passwords: dict[str, str] = field(repr=False)
    officer_keys: dict[str, str] = field(repr=False)


def build(server: SynapseServer, home: Path) -> World:
    """Make what is missing of the practice world and return it whole."""
    kept = home / "practice"
    kept.mkdir(exist_ok=True, mode=0o700)
    operator = _organisation(OPERATOR, OrganisationKind.OPERATOR)
    staff = dict.fromkeys(REVIEWERS, (Role.REVIEWER,))
    staff |= {SUPERVISOR: (Role.SUPERVISOR,), ADMINISTRATOR: (Role.ADMINISTRATOR,),
              AUDITOR: (Role.AUDITOR,)}
    passwords = {name: _kept(kept / f"password-{name}") for name in staff}
    for name, roles in staff.items():
        _person(name, operator, roles, passwords[name])
    keys = {
        MINISTRY: _officer("petugas.kementerian", _organisation(MINISTRY, OrganisationKind.MINISTRY), kept),
        POLICE: _officer("petugas.polisi", _organisation(POLICE, OrganisationKind.POLICE), kept),
    }
    keeper = ChatAccount.sign_in(server, KEEPER, _kept(kept / f"chat-{KEEPER}"), "Pengelola ruang")
    watcher = ChatAccount.sign_in(server, WATCHER, _kept(kept / f"chat-{WATCHER}"), "Jaga (pemantau ruang umum)")
    rooms = {alias: keeper.public_room(alias, shown) for alias, shown in ROOMS.items()}
    for room in rooms.values():
        watcher.join(room)
    _platform(server, home, operator, watcher)
    return World(rooms, passwords, keys)


def chat_members(server: SynapseServer, home: Path, world: World) -> dict[str, ChatAccount]:
    """The invented accounts that the story is about, signed in and present in the public rooms."""
    members = {name: ChatAccount.sign_in(server, name, _kept(home / "practice" / f"chat-{name}"), shown)
               for name, shown in ACCOUNTS.items()}
    for member in members.values():
        for room in world.rooms.values():
            member.join(room)
    return members


def _platform(server: SynapseServer, home: Path, operator: Organisation, watcher: ChatAccount) -> None:
    configuration = PlatformConfiguration(
        PLATFORM, "synapse", server.base_url, server.server_name,
        credentials={"admin_token": server.admin_token, "watcher_token": watcher.token},
        options={"notices_account": server.user_id("pemberitahuan")},
    )
    save_configuration(home / "platforms.toml", configuration)
    register_platform(
        NewPlatform(PLATFORM, OPERATOR, operator.pk, server.server_name, open_adapter(configuration).capabilities(),
                    watched=True, practice=True),
        actor=CLI,
    )


def _organisation(name: str, kind: OrganisationKind) -> Organisation:
    known = Organisation.objects.filter(name=name).first()
    return known or create_organisation(name, kind, practice=True, actor=CLI)


def _person(username: str, organisation: Organisation, roles: tuple[Role, ...], password: str | None) -> Person:
    known = Person.objects.filter(username=username).first()
    return known or create_person(
        NewPerson(username, username.split(".")[0].capitalize(), organisation.pk, roles, password), actor=CLI)


def _officer(username: str, authority: Organisation, kept: Path) -> str:
    officer = _person(username, authority, (Role.OFFICER,), None)
    path = kept / f"key-{username}"
    if not path.exists():
        _write(path, issue_officer_key(officer.pk, actor=CLI).secret)
    return path.read_text()


def _kept(path: Path) -> str:
    if not path.exists():
        _write(path, "-".join(secrets.token_hex(2) for _ in range(4)))
    return path.read_text()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
