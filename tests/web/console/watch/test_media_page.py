"""The files that flagged texts name, on the page of their case."""

import re
from collections.abc import Callable

from django.test import Client
from tests.factories import World
from tests.roles import acting_as
from tests.watching import LOUD, seen, take_in

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.observations import NamedMedia
from jaga.signals.verbs.triage import triage_case
from jaga.watch.models.kept import WatchMedia
from jaga.watch.verbs import media

WHY = "Teksnya sama dengan iklan sepeda; gambarnya menentukan."


def test_the_page_asks_and_shows_where_it_stands(
    world: World,
    browser_of: Callable[[Actor], Client],
) -> None:
    """The form, its errors with what was typed, and the section that asks for itself; a stranger's number is no 500."""
    take_in("obrolan", [seen(LOUD, media=(NamedMedia("mxc://localhost/a"), NamedMedia("mxc://localhost/b")))])
    case_id = Case.objects.get().pk
    triage_case(case_id, actor=SYSTEM)
    client, other = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    place = f"/console/cases/K{case_id:06d}/"
    client.post(f"{place}take/")
    page = client.get(place).content.decode()
    assert "Ask for the file" in page
    assert "mxc:" not in page
    found = re.search(r'name="lease" value="(\w+)"', page)
    assert found
    sent = {"lease": found[1], "file": str(WatchMedia.objects.get(number=1).pk), "reason": WHY, "no_sign": "yes"}
    wrong = client.post(f"{place}media/ask/", {**sent, "no_sign": ""})
    assert (wrong.status_code, WHY in wrong.content.decode()) == (422, True)
    assert other.post(f"{place}media/ask/", sent).status_code == 409
    strange = [client.post(f"{place}media/ask/", {**sent, "file": one}).status_code for one in ("", "x", "99999")]
    assert strange == [404, 404, 404]
    assert client.post(f"{place}media/ask/", sent).status_code == 302
    assert client.post(f"{place}media/ask/", sent).status_code == 409
    section = client.get(f"{place}media/").content.decode()
    assert f'fx-action="{place}media/"' in section
    assert "is being copied" in section
    with acting_as("worker"):
        media.record_media(int(sent["file"]), media.FetchedMedia(why="HTTP 404"), actor=SYSTEM)
    section = client.get(f"{place}media/").content.decode()
    assert ("fx-action" in section, "HTTP 404" in section) == (False, True)
