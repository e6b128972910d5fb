"""The practice world of an authority: a ministry's installation without any platform's credentials but signing keys.

Three invented operators have promised something; two are reached in the portal, one by signed messages. Making it again
changes nothing.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jaga.app.practice import making, receiver
from jaga.app.services.children import Child
from jaga.casework.people import NewPlatform, register_platform
from jaga.core.actors import CLI
from jaga.core.terms import AccountState, ActionState, DecisionKind, OrganisationKind, Role
from jaga.platforms.registry import KeyFile, PlatformConfiguration, hook_keys, open_adapter, save_configuration
from jaga.records.access.in_force import decisions_in_force

HOST, POLICE = "Kementerian Latihan", "Kepolisian Latihan"
REVIEWERS = ("sinta", "bayu", "tirta")
SUPERVISOR, ADMINISTRATOR, AUDITOR = "wulan", "admin", "dewi"
DEKAT, GEMA, SAHUT = "dekat", "gema", "sahut"
SAHUT_ACCOUNTS = ("kopi.manis", "untung.terus", "kedai.rini")
_ALL = ("prostitution_advertising", "fraud", "extortion", "gambling")

OPERATORS: Mapping[str, making.InventedOperator] = {
    DEKAT: making.InventedOperator(
        name="Dekat (latihan)", legal_entity="PT Dekat Rasa Contoh", contact="ratna", website="https://dekat.example",
        promise="Akun yang disalahgunakan untuk menawarkan jasa seksual kami tutup jika dilaporkan oleh kementerian, "
                "kepolisian, atau masyarakat.",
        source="Pengumuman bersama kementerian, 20 Maret 2026 (latihan)",
        scope="Aplikasi Dekat di Indonesia; laporan dari kementerian, kepolisian, dan masyarakat",
        made_on=date(2026, 3, 20), categories=("prostitution_advertising",)),
    GEMA: making.InventedOperator(
        name="Gema (latihan)", legal_entity="PT Gema Obrol Contoh", contact="yusuf", website="https://gema.example",
        promise="Permintaan resmi kami jawab dalam 24 jam, dan dalam 4 jam jika mendesak.",
        source="Surat PT Gema Obrol Contoh nomor 7/LATIHAN/2026", scope="Aplikasi Gema di Indonesia",
        made_on=date(2026, 1, 12), categories=_ALL),
    SAHUT: making.InventedOperator(
        name="Sahut (latihan)", legal_entity="PT Sahut Cepat Contoh", contact="mira", website="https://sahut.example",
        promise="Perangkat lunak kami menjawab permintaan bertanda tangan digital dalam 24 jam.",
        source="Perjanjian teknis PT Sahut Cepat Contoh, 2 Juni 2026 (latihan)", scope="Aplikasi Sahut di Indonesia",
        made_on=date(2026, 6, 2), categories=_ALL),
}


@dataclass(frozen=True)
class Ministry:
    """What the story and the newcomer need. Passwords and keys are the practice ones of this machine alone."""

    passwords: dict[str, str] = field(repr=False)
    police_key: str = field(repr=False)


def build(home: Path) -> Ministry:
    """Make what is missing of organisations and people, and return them whole."""
    kept = home / "practice"
    kept.mkdir(exist_ok=True, mode=0o700)
    host = making.organisation(HOST, OrganisationKind.MINISTRY)
    staff = {ADMINISTRATOR: Role.ADMINISTRATOR, SUPERVISOR: Role.SUPERVISOR, AUDITOR: Role.AUDITOR,
             **dict.fromkeys(REVIEWERS, Role.REVIEWER)}
    contacts = [operator.contact for operator in OPERATORS.values()]
    passwords = {name: making.password_of(name, kept) for name in (*staff, *contacts)}
    for name, role in staff.items():
        making.person(name, host, (role,), passwords[name])
    police = making.officer("petugas.polisi", making.organisation(POLICE, OrganisationKind.POLICE), kept)
    for name in (DEKAT, GEMA):
        _portal(home, name, making.make_operator(OPERATORS[name], kept).pk)
    return Ministry(passwords, police)


def open_sahut(parts: ExitStack, home: Path, base_url: str) -> Child:
    """Start Sahut's own server and agree on keys with it; returns the process, to be watched."""
    held = decisions_in_force().filter(subject__platform__name=SAHUT, actions__state=ActionState.DONE).order_by("pk")
    states = dict.fromkeys(SAHUT_ACCOUNTS, AccountState.ACTIVE.value)
    for account, kind in held.values_list("subject__account_id", "kind"):
        states[account] = (AccountState.CLOSED if kind == DecisionKind.CLOSE else AccountState.RESTRICTED).value
    running = receiver.start(parts, home, f"{base_url}/hooks/{SAHUT}/", states)
    configuration = PlatformConfiguration(
        SAHUT, "webhook", f"{running.url}/", "sahut.example", credentials={"signing_key": running.jaga_key},
        options={"answer_keys": running.public_key, "look_url": f"{running.url}/u/{{account}}",
                 "state_url": f"{running.url}/state"})
    _register(home, configuration, OPERATORS[SAHUT].name, making.make_operator(OPERATORS[SAHUT], home / "practice").pk)
    return running.child


def _portal(home: Path, name: str, operator_id: int) -> None:
    _register(home, PlatformConfiguration(name, "portal", f"https://{name}.example", f"{name}.example"),
              OPERATORS[name].name, operator_id)


def _register(home: Path, configuration: PlatformConfiguration, shown: str, operator_id: int) -> None:
    save_configuration(home / "platforms.toml", configuration, KeyFile(home / "secrets" / "platforms"))
    register_platform(
        NewPlatform(configuration.name, shown, operator_id, configuration.server_name,
                    open_adapter(configuration).capabilities(), practice=True, hook_keys=hook_keys(configuration)),
        actor=CLI)
