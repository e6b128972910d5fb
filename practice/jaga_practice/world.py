"""The operator's practice world: invented organisations, people, chat accounts and rooms.

Idempotent.

No text is explicit, and everything is marked as practice wherever it shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jaga.core.terms.people import OrganisationKind, Role
from jaga.people.models import Organisation
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga_practice import making
from jaga_practice.chat import ChatAccount, Phone
from jaga_practice.officers import OfficerSecrets
from jaga_practice.synapse import SynapseServer, notices_name

PLATFORM = "obrolan"
OPERATOR = "Obrolan (latihan)"
MINISTRY, POLICE = "Kementerian Latihan", "Kepolisian Latihan"
REVIEWERS = ("sinta", "bayu", "tirta")
SUPERVISOR, ADMINISTRATOR, AUDITOR = "wulan", "admin", "dewi"
POLICE_OFFICER = "petugas.polisi"
OFFICERS = {"petugas.kementerian": "ministry", POLICE_OFFICER: "police"}
CLOSED_PLATFORM = "kabar"
NEW_CONTACT, CONTACT = "ratna", "yanti"  # the first is left for the newcomer, the second acts in the story
LEFT_TO_THE_NEWCOMER = "arisan-mawar"  # an account on the closed platform whose notice the story leaves unopened
KABAR = making.InventedOperator(
    name="Kabar Kita (latihan)",
    legal_entity="PT Kabar Kita Contoh",
    contacts=(NEW_CONTACT, CONTACT),
    website="https://kabar.example",
    promise="Kami menutup akun yang menawarkan jasa seksual, penipuan, pemerasan, atau perjudian dalam 24 jam sejak "
    "laporan resmi kami terima.",
    source="Surat PT Kabar Kita Contoh nomor 12/LATIHAN/2026",
    scope="Aplikasi Kabar Kita di Indonesia",
    made_on=date(2026, 2, 2),
    categories=("prostitution_advertising", "fraud", "extortion", "gambling"),
)
WATCHER, KEEPER = "jaga.watch", "pengelola"
ACCOUNTS = {
    "mawar.malam": "Mawar",
    "kenanga88": "Kenanga",
    "toko.sepeda": "Toko Sepeda",
    "pijat.urut": "Pijat Urut Bu Tin",
    "hadiah.cepat": "Hadiah Cepat",
    "lowongan.luar": "Lowongan Luar Negeri",
    "slot.bejo": "Bejo",
    "rani": "Rani",
    "melati.pijar": "Melati",
    "melati.baru": "Melati Baru",
    "promo.kilat": "Promo Kilat",
}
ROOMS = {"pasar-yogya": "Pasar Yogya", "nongkrong": "Nongkrong"}


@dataclass(frozen=True)
class World:
    """Rooms, passwords and keys for the story and the newcomer, valid on this machine only."""

    rooms: dict[str, str]
    passwords: dict[str, str] = field(repr=False)
    officer_keys: dict[str, OfficerSecrets] = field(repr=False)


def build(server: SynapseServer, home: Path) -> World:
    """Create what is missing of the practice world; returns all of it."""
    kept = home / "practice"
    kept.mkdir(exist_ok=True, mode=0o700)
    operator = making.organisation(OPERATOR, OrganisationKind.OPERATOR)
    staff: dict[str, tuple[Role, ...]] = dict.fromkeys(REVIEWERS, (Role.REVIEWER,))
    staff |= {
        SUPERVISOR: (Role.SUPERVISOR, Role.POLICY),
        ADMINISTRATOR: (Role.ADMINISTRATOR,),
        AUDITOR: (Role.AUDITOR,),
    }
    passwords = {name: making.password_of(name, kept) for name in (*staff, *KABAR.contacts, *OFFICERS)}
    for name, roles in staff.items():
        making.person(name, operator, roles, passwords[name])
    making.clear_for_child_safety(*REVIEWERS[:2], SUPERVISOR)
    keys = {
        MINISTRY: making.officer("petugas.kementerian", making.organisation(MINISTRY, OrganisationKind.MINISTRY), kept),
        POLICE: making.officer(POLICE_OFFICER, making.organisation(POLICE, OrganisationKind.POLICE), kept),
    }
    keeper = ChatAccount.sign_in(server, KEEPER, making.random_word(kept / f"chat-{KEEPER}"), "Pengelola ruang")
    watcher = ChatAccount.sign_in(
        server, WATCHER, making.random_word(kept / f"chat-{WATCHER}"), "Jaga (pemantau ruang umum)"
    )
    rooms = {alias: keeper.public_room(alias, shown) for alias, shown in ROOMS.items()}
    for room in rooms.values():
        watcher.join(room)
    _platform(server, home, operator, watcher)
    making.watch_rooms(PLATFORM, "Iklan jasa seksual dan judi di ruang umum.", SUPERVISOR, ADMINISTRATOR)
    making.closed_app(home, CLOSED_PLATFORM, making.make_operator(KABAR, kept))
    return World(rooms, passwords, keys)


class Members:
    """The invented accounts of the story, signed in and added to the public rooms when first used.

    Their sessions are stored, since an account that the story has closed can do neither when it continues.
    """

    def __init__(self, server: SynapseServer, home: Path, world: World, names: Mapping[str, str] = ACCOUNTS) -> None:
        self._server, self._kept, self._rooms, self._names = server, home / "practice", world.rooms.values(), names
        self._present: dict[str, ChatAccount] = {}
        self._phones: dict[str, Phone] = {}

    def __getitem__(self, name: str) -> ChatAccount:
        if name not in self._present:
            self._present[name] = self._who_came_before(name) or self._newcomer(name)
        return self._present[name]

    def phone(self, name: str) -> Phone:
        """The account's phone, on from now on and after a restart."""
        if name not in self._phones:
            self._phones[name] = self[name].phone(self._kept / f"phone-{name}")
        return self._phones[name]

    def turn_on_phones(self) -> None:
        """Turn on the phones of earlier runs. Call it before a worker runs, which may send them letters."""
        for file in sorted(self._kept.glob("phone-*")):
            self.phone(file.name.removeprefix("phone-"))

    def _who_came_before(self, name: str) -> ChatAccount | None:
        session = self._kept / f"session-{name}"
        if not session.exists():
            return None
        return ChatAccount(self._server.base_url, self._server.user_id(name), self._password(name), session.read_text())

    def _newcomer(self, name: str) -> ChatAccount:
        account = ChatAccount.newcomer(self._server, name, self._password(name), self._names[name], self._rooms)
        making.write(self._kept / f"session-{name}", account.token)
        return account

    def _password(self, name: str) -> str:
        return making.random_word(self._kept / f"chat-{name}")


def _platform(server: SynapseServer, home: Path, operator: Organisation, watcher: ChatAccount) -> None:
    configuration = PlatformConfiguration(
        PLATFORM,
        "synapse",
        server.base_url,
        server.server_name,
        credentials={"admin_token": server.admin_token, "watcher_token": watcher.token},
        options={"notices_account": server.user_id(notices_name())},
    )
    making.platform(home, configuration, OPERATOR, operator, watched=True)
