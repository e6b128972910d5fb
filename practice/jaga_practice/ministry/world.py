"""The practice world of an authority: a ministry's installation without platform credentials except signing keys.

Three invented operators have made pledges; two are reached in the portal, one by signed messages. Idempotent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jaga.core.terms.people import OrganisationKind, Role
from jaga_practice import making, sahut
from jaga_practice.officers import OfficerSecrets

HOST, POLICE = "Kementerian Latihan", "Kepolisian Latihan"
REVIEWERS = ("sinta", "bayu", "tirta")
SUPERVISOR, ADMINISTRATOR, AUDITOR = "wulan", "admin", "dewi"
DEKAT, GEMA, SAHUT = "dekat", "gema", sahut.PLATFORM
_ALL = ("prostitution_advertising", "fraud", "extortion", "gambling")

OPERATORS: Mapping[str, making.InventedOperator] = {
    DEKAT: making.InventedOperator(
        name="Dekat (latihan)",
        legal_entity="PT Dekat Rasa Contoh",
        contacts=("ratna",),
        website="https://dekat.example",
        promise="Akun yang disalahgunakan untuk menawarkan jasa seksual kami tutup jika dilaporkan oleh kementerian, "
        "kepolisian, atau masyarakat.",
        source="Pengumuman bersama kementerian, 20 Maret 2026 (latihan)",
        scope="Aplikasi Dekat di Indonesia; laporan dari kementerian, kepolisian, dan masyarakat",
        made_on=date(2026, 3, 20),
        categories=("prostitution_advertising",),
    ),
    GEMA: making.InventedOperator(
        name="Gema (latihan)",
        legal_entity="PT Gema Obrol Contoh",
        contacts=("yusuf",),
        website="https://gema.example",
        promise="Permintaan resmi kami jawab dalam 24 jam, dan dalam 4 jam jika mendesak.",
        source="Surat PT Gema Obrol Contoh nomor 7/LATIHAN/2026",
        scope="Aplikasi Gema di Indonesia",
        made_on=date(2026, 1, 12),
        categories=_ALL,
    ),
    SAHUT: sahut.OPERATOR,
}


@dataclass(frozen=True)
class Ministry:
    """Passwords and keys for the story and the newcomer, valid on this machine only."""

    passwords: dict[str, str] = field(repr=False)
    police_key: OfficerSecrets = field(repr=False)


def build(home: Path) -> Ministry:
    """Create missing organisations and people; returns all of them."""
    kept = home / "practice"
    kept.mkdir(exist_ok=True, mode=0o700)
    host = making.organisation(HOST, OrganisationKind.MINISTRY)
    staff = {
        ADMINISTRATOR: Role.ADMINISTRATOR,
        SUPERVISOR: Role.SUPERVISOR,
        AUDITOR: Role.AUDITOR,
        **dict.fromkeys(REVIEWERS, Role.REVIEWER),
    }
    contacts = [name for operator in OPERATORS.values() for name in operator.contacts]
    passwords = {name: making.password_of(name, kept) for name in (*staff, *contacts)}
    for name, role in staff.items():
        making.person(name, host, (role,), passwords[name])
    making.clear_for_child_safety(*REVIEWERS, SUPERVISOR)
    police = making.officer("petugas.polisi", making.organisation(POLICE, OrganisationKind.POLICE), kept)
    for name in (DEKAT, GEMA):
        making.closed_app(home, name, making.make_operator(OPERATORS[name], kept))
    return Ministry(passwords, police)
