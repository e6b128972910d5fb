"""An observer of everything public, at each moment: a victim-first case looks like any other, and like none at all."""

from collections import Counter
from pathlib import Path

from django.test import Client
from tests.casework.ledger.conftest import Hour
from tests.factories import World, in_review, report, vote

from jaga.core.terms.cases import DecisionKind
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry

Shape = Counter[tuple[str, int]]


def public(client: Client, folder: Path) -> dict[str, bytes]:
    """All that anybody can fetch of the log, and the page that names its newest head."""
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    found = {name: client.get(f"/ledger/{name}").content for name in sorted(names)}
    page = client.get("/key/").content.decode()
    return found | {"key": page.partition('id="main"')[2].encode()}


def added(before: dict[str, bytes], after: dict[str, bytes]) -> Shape:
    """What an hour added: kinds of files and their sizes. Numbers of files and of the hour are left out."""
    new = [name for name in after if name not in before and ".p/" not in name]
    return Counter((name.rpartition("/")[0], len(after[name])) for name in new)


def test_a_victim_first_case_is_seen_by_nobody(world: World, client: Client, folder: Path, hour: Hour) -> None:
    """Within the hour nothing changes; its head adds the same number of files and bytes, and no leaf repeats."""
    report()
    link_entries()
    hour()
    shapes: dict[str, Shape] = {}
    seen, counted = public(client, folder), LedgerEntry.objects.count()
    for category, kind, people in (
        ("gambling", DecisionKind.DISMISS, 1),
        ("trafficking", DecisionKind.PRESERVE, 2),
        ("", None, 0),
    ):
        if kind is not None:
            case_id = in_review(account=f"@{category}:localhost", category=category)
            link_entries()
            assert public(client, folder) == seen
            for reviewer in world.reviewers[:people]:
                vote(case_id, kind, reviewer)
            link_entries()
            assert public(client, folder) == seen
            assert LedgerEntry.objects.count() > counted
        hour()
        now = public(client, folder)
        assert now.keys() >= seen.keys() - {name for name in seen if ".p/" in name}
        assert all(now[name] == seen[name] for name in seen if "/tile/" in f"/{name}")
        shapes[category] = added(seen, now)
        seen, counted = now, LedgerEntry.objects.count()
    assert shapes["trafficking"] == shapes["gambling"] == shapes[""]
    assert sum(shapes[""].values()) == 2
    leaves = [
        content[at + 2 : at + 34]
        for name, content in seen.items()
        if "entries" in name
        for at in range(0, len(content), 34)
    ]
    assert len(leaves) == len(set(leaves)) == 4 * 256
