"""A worker is killed with -9 between fetching a picture that a person asked for and recording it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.casework.screening.test_pictures import shot
from tests.factories import make_world
from tests.roles import owner_url
from tests.sources.site import running_site
from tests.watching import LOUD, running, seen

from jaga.app import config, keys
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.core.actors import SYSTEM
from jaga.core.observations import NamedMedia, ObservedBatch
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import MediaState, SourceKind
from jaga.queue.verbs import leases
from jaga.signals.verbs.triage import triage_case
from jaga.store import vault
from jaga.store.models import LedgerEntry
from jaga.watch.jobs import fetch_asked_media
from jaga.watch.models.kept import WatchMedia
from jaga.watch.verbs import reading
from jaga.watch.verbs.media import request_media

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_picture_is_fetched_again_and_recorded_once(
    transactional_db: None,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It stays asked for: neither bytes nor entry of the killed tries are left."""
    settings.JAGA_EVIDENCE = tmp_path / "home" / "evidence"
    reviewer, picture = make_world().reviewers[0], shot().content
    with running_site() as site:
        site.pages["/media/1.png"] = (200, {"Content-Type": "image/png"}, picture)
        number = running(kind=SourceKind.MASTODON, url=site.url, surfaces=("pasar",))
        reading.take_in(
            number, ObservedBatch((seen(LOUD, media=(NamedMedia(f"{site.url}/media/1.png"),)),), "c"), actor=SYSTEM
        )
        case = Case.objects.get()
        triage_case(case.pk, actor=SYSTEM)
        request_media(
            case.pk,
            leases.take_lease(case.pk, actor=reviewer).fence,
            WatchMedia.objects.get().pk,
            "Harga hanya ada di gambar; teksnya saja tidak cukup.",
            no_sign=True,
            actor=reviewer,
        )
        for tries, point in enumerate(("fetched", "recording"), 1):
            assert killed_worker(tmp_path / "home", point) == -signal.SIGKILL
            assert site.asked.count("/media/1.png") == tries
            assert WatchMedia.objects.get().state == MediaState.ASKED
            assert not Evidence.objects.filter(kind=EvidenceKind.SCREENSHOT).exists()
        assert (fetch_asked_media(), fetch_asked_media()) == (1, 0)
        assert site.asked.count("/media/1.png") == 3
    kept = Evidence.objects.get(kind=EvidenceKind.SCREENSHOT)
    assert vault.unseal(kept.sha256, kept.key_owner()) == picture
    assert LedgerEntry.objects.filter(verb="copy_media").count() == 1


def killed_worker(home: Path, point: str) -> int:
    """How a worker ended that kills itself there."""
    for name, place in (("secrets", keys.folder()), ("key-store", config.key_store())):
        home.mkdir(exist_ok=True)
        if not (home / name).exists():
            (home / name).symlink_to(place)
    environment = {
        **os.environ,
        "DATABASE_URL": owner_url(),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "JAGA_HOME": str(home),
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.jobs.watch.media_process", point],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    ).returncode
