"""Journey h: messages in public rooms are seen within seconds; messages in private rooms never are."""

import time
from functools import partial
from urllib.parse import quote

import httpx
import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.people import Cast

from jaga_practice.world import WATCHER

pytestmark = pytest.mark.synapse
ADVERT = "Open BO malam ini, nego, kontak lewat japri ya"
OTHER = "Avail BO area stasiun, syarat dan tarif lewat chat, tidak pakai DP kak"
"""Not the first one's words: copies stand in one line of the queue."""


def test_an_advert_in_a_public_room_becomes_a_case_and_in_a_private_one_does_not(
    installation: Installation,
    cast: Cast,
) -> None:
    """The private room got it first, and after two rounds over the public ones nobody knows of it."""
    hidden, guest, shown, later = (installation.newcomer(name) for name in ("pribadi", "tamu", "umum", "susulan"))
    private = hidden.private_room("Berdua", guest)
    hidden.say(private, ADVERT)
    public = installation.world.rooms["pasar-yogya"]
    for account, said in ((shown, ADVERT), (later, OTHER)):
        began = time.monotonic()
        account.say(public, said)
        case_id = until("a case from the watch", partial(cast.staff["sinta"].reviewer.sees, account.user_id))
        print(f"a case {time.monotonic() - began:.1f} s after it was said")
        assert installation.one("SELECT channel FROM records_case WHERE id = %s", case_id) == "watch"
    assert (
        installation.rows("SELECT 1 FROM records_subject WHERE account_id IN (%s, %s)", hidden.user_id, guest.user_id)
        == []
    )
    for account in (shown, later):
        seen = """SELECT count(*) FROM records_report r JOIN records_subject s ON s.id = r.subject_id
            WHERE r.channel = 'watch' AND s.account_id = %s"""
        assert installation.one(seen, account.user_id) == 1

    server = installation.synapse
    members = (
        httpx.get(
            f"{server.base_url}/_synapse/admin/v1/rooms/{quote(private)}/members",
            timeout=10,
            headers={"Authorization": f"Bearer {server.admin_token}"},
        )
        .raise_for_status()
        .json()["members"]
    )
    assert sorted(members) == sorted([hidden.user_id, guest.user_id])
    assert server.user_id(WATCHER) not in members
