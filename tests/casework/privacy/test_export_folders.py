"""Folders of exports that no rule reaches: without a record, and made after those of their case were deleted."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.casework.privacy.conftest import days_later, deleted, sweep_as_the_worker
from tests.factories import World, in_review, new_request, vote

from jaga.appeals.models import Disclosure
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.privacy import DataKind
from jaga.privacy.verbs.person_search import UNRECORDED_KEPT


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def test_a_folder_without_a_record_goes_after_a_week(world: World, home: Path, database_roles: object) -> None:
    """What a killed export left; nothing of anybody else's in that folder."""
    sweep_as_the_worker()
    left, strange = home / "exports" / "K000001-1-20261129T101112131415", home / "exports" / "KEEP"
    for folder in (left, strange):
        folder.mkdir(parents=True)
        (folder / "evidence").write_text("x")
        os.utime(folder, (now().timestamp(),) * 2)
    with days_later(UNRECORDED_KEPT.days - 1):
        sweep_as_the_worker()
        assert left.exists()
    with days_later(UNRECORDED_KEPT.days + 1):
        sweep_as_the_worker()
        assert (left.exists(), strange.exists()) == (False, True)


def test_an_export_made_after_the_others_were_deleted_has_its_own_days(
    world: World, home: Path, database_roles: object
) -> None:
    """Counted from the day on which it was made."""
    case_id = in_review()
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    assert filed.case_id == case_id
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    sweep_as_the_worker()
    with days_later(4000):
        sweep_as_the_worker()
        assert DataKind.EXPORTS in deleted(case_id)
        disclosures.make_export(AuthorityRequest.objects.get().pk, actor=world.supervisor)
        folder = home / "exports" / Disclosure.objects.get().folder
    with days_later(4000 + 300):
        sweep_as_the_worker()
        assert folder.exists()
    with days_later(4000 + 402):
        sweep_as_the_worker()
        sweep_as_the_worker()
        assert not folder.exists()
