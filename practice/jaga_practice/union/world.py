"""The practice world of the release `eu`: an operator, an authority, chat accounts and a room. All of it is invented.

Idempotent, as `jaga_practice.world`.
"""

from pathlib import Path

from jaga.core.terms.people import OrganisationKind, Role
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga_practice import making
from jaga_practice.chat import ChatAccount
from jaga_practice.synapse import SynapseServer, notices_name
from jaga_practice.world import World

PLATFORM, OPERATOR, AUTHORITY = "chatter", "Chatter (practice)", "Practice Authority"
REVIEWERS = ("anna", "ben", "clara")
SUPERVISOR, ADMINISTRATOR, AUDITOR, OFFICER = "erik", "admin", "dora", "officer"
WATCHER, KEEPER = "jaga.watch", "keeper"
ACCOUNTS = {
    "parcel.desk": "Parcel Desk",
    "bikes.kim": "Kim's Bikes",
    "work.offers": "Work Offers",
    "prize.now": "Prize Now",
    "lucky.spin": "Lucky Spin",
}
ROOMS = {"market": "Market"}


def build(server: SynapseServer, home: Path) -> World:
    """Create what is missing of the practice world; returns all of it."""
    kept = home / "practice"
    kept.mkdir(exist_ok=True, mode=0o700)
    operator = making.organisation(OPERATOR, OrganisationKind.OPERATOR)
    staff = dict.fromkeys(REVIEWERS, (Role.REVIEWER,))
    staff |= {SUPERVISOR: (Role.SUPERVISOR,), ADMINISTRATOR: (Role.ADMINISTRATOR,), AUDITOR: (Role.AUDITOR,)}
    passwords = {name: making.password_of(name, kept) for name in (*staff, OFFICER)}
    for name, roles in staff.items():
        making.person(name, operator, roles, passwords[name])
    keys = {AUTHORITY: making.officer(OFFICER, making.organisation(AUTHORITY, OrganisationKind.MINISTRY), kept)}
    keeper = ChatAccount.sign_in(server, KEEPER, making.random_word(kept / f"chat-{KEEPER}"), "Keeper of the rooms")
    watcher = ChatAccount.sign_in(
        server, WATCHER, making.random_word(kept / f"chat-{WATCHER}"), "Jaga (watches public rooms)"
    )
    rooms = {alias: keeper.public_room(alias, shown) for alias, shown in ROOMS.items()}
    for room in rooms.values():
        watcher.join(room)
    configuration = PlatformConfiguration(
        PLATFORM,
        "synapse",
        server.base_url,
        server.server_name,
        credentials={"admin_token": server.admin_token, "watcher_token": watcher.token},
        options={"notices_account": server.user_id(notices_name())},
    )
    making.platform(home, configuration, OPERATOR, operator, watched=True)
    making.watch_rooms(PLATFORM, "Adverts for sexual services and gambling in public rooms.", SUPERVISOR, ADMINISTRATOR)
    return World(rooms, passwords, keys)
