"""What reporters and holders read after a restore, in a real browser: both languages, phone and desktop, axe on
each.
"""

import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.browser import Walk, browsing, walking
from tests.web.public.conftest import World

from jaga.core.actors import CLI
from jaga.core.terms.people import HostKind, Language, OrganisationKind, Role
from jaga.people.verbs import people
from jaga.people.verbs.people import claim_installation, create_organisation
from jaga.store.codes import appeal_code, appeal_hash, new_receipt
from jaga.store.kernel import epochs
from jaga.store.models import LostCode

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("numbers_go_back")]
SIZES = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1280, "height": 900}}


@pytest.fixture
def restored(world: World, settings: Any, tmp_path: Path) -> tuple[int, str]:
    """An installation whose newest reports and letters are lost: the number of a report, and the code of a letter."""
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    ours = create_organisation("Operator Kedua", OrganisationKind.OPERATOR, actor=CLI)
    people.create_person(people.NewPerson("sari", "Sari", ours.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    last = world.report().report_id
    epochs.begin_epoch("sari", "Cakram rusak.", actor=CLI)
    lost = set(LostCode.objects.values_list("hash", flat=True))
    return last + 1, next(code for code in map(appeal_code, range(1, 100_000)) if appeal_hash(code) in lost)


def test_what_is_lost_is_said_on_the_page(
    restored: tuple[int, str], live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """The receipt of a lost report, the code of a lost letter, and the page of the key: both languages, both sizes."""
    with browsing(chromium, chromium_arguments) as browser:
        for language, (size, viewport) in product(Language, SIZES.items()):
            with walking(browser, live_server.url, viewport=viewport, java_script_enabled=False) as walk:
                _look_at_what_is_lost(walk, restored, language, f"{language}-{size}")


def _look_at_what_is_lost(walk: Walk, restored: tuple[int, str], language: Language, name: str) -> None:
    shots = os.environ.get("SHOTS")
    page = walk.page
    page.goto(f"/language/?to={language}&next=/follow/")
    for address, field, typed in (("/follow/", "receipt", new_receipt(restored[0])), ("/appeal/", "code", restored[1])):
        page.goto(address)
        page.fill(f"#{field}", typed)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#{field}-error")
        assert ("hilang" if language == "id" else "was lost") in page.inner_text(f"#{field}-error")
        walk.look()
        if shots:
            page.screenshot(path=f"{shots}/{field}-{name}.png", full_page=True)
    page.goto("/key/")
    walk.look()
    if shots:
        page.screenshot(path=f"{shots}/key-{name}.png", full_page=True)
    walk.complaints[:] = [line for line in walk.complaints if "410" not in line]  # which is the right answer here
