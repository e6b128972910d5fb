"""A closure that Jaga cannot carry out itself: an operator's contact signs in for the first time; another's software
answers.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import make_operator
from tests.factories import World, decided_closure, make_world, the_action
from tests.journeys.installation import until
from tests.platforms.receiver import receiver

from jaga.actions.jobs import carry_out
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Letter, Statement
from jaga.core.actors import CLI, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import ActionState
from jaga.core.terms.outside import NoticeState
from jaga.operators.models import Notice, OutgoingMail
from jaga.people.models import Person
from jaga.people.verbs import people, second_factor
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import hook_keys

PASSWORD = "kata-sandi-latihan-panjang"


@pytest.fixture(autouse=True)
def _plain(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    cache.clear()


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., PlatformConfiguration]:
    """A platform's block in the worker's own configuration."""

    def save(name: str, adapter: str, base_url: str, **more: Any) -> PlatformConfiguration:
        made = PlatformConfiguration(name, adapter, base_url, f"{name}.example.id", **more)
        save_configuration(tmp_path / "platforms.toml", made, KeyFile(tmp_path / "secrets" / "platforms"))
        return made

    return save


def signed_in(actor: Actor) -> Client:
    """By the form, with a password from the administrator, who exempted this person."""
    assert actor.person_id is not None
    people.change_password(actor.person_id, PASSWORD, actor=CLI)
    second_factor.demand_no_factor(actor.person_id, actor=CLI)
    client = Client()
    name = Person.objects.get(pk=actor.person_id).username
    answer = client.post("/console/sign-in/", {"username": name, "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    return client


def test_a_contact_signs_in_for_the_first_time(world: World, configured: Callable[..., Any]) -> None:
    """Mail, first sign-in, receipt, deadline, a question, its answer, done, a check by another person, reporters
    told.
    """
    operator = make_operator()
    configured(operator.platform, "portal", "https://mengobrol.example.id")
    case_id = decided_closure(world, platform=operator.platform, account="tamu-77")
    carry_out(case_id)
    notice = Notice.objects.get()
    assert the_action(case_id).state == ActionState.WAITING
    assert OutgoingMail.objects.filter(person_id=operator.contact.person_id).count() == 1

    contact = signed_in(operator.contact)
    start = contact.get("/console/", follow=True)
    assert start.redirect_chain[-1][0] == "/console/notices/"
    text = start.content.decode()
    assert "Apa ini" in text
    assert notice.number in text
    assert "tamu-77" in text
    address = f"/console/notices/{notice.number}/"
    gate = contact.get(address).content.decode()
    assert "Dengan membuka, permintaan dianggap diterima" in gate
    assert "Iklan jasa" not in gate
    assert Notice.objects.get().due_at is None  # looking at the gate is no receipt
    opened = contact.post(f"{address}open/", follow=True).content.decode()
    assert "Iklan jasa terlihat" in opened
    assert "/appeal/" in opened
    assert not any(name in opened for name in ("Sinta", "Bayu", "open BO, nego"))
    due = Notice.objects.get().due_at
    assert due is not None

    asked = contact.post(f"{address}answer/", {"kind": "invalid_locator", "text": "Nama ini tidak ada."}, follow=True)
    assert "Waktu berhenti sampai kami menjawab" in asked.content.decode()
    reviewer = signed_in(world.reviewers[0])
    ours = f"/console/operator-notices/{notice.number}/"
    assert "Nama ini tidak ada." in reviewer.get(ours).content.decode()
    reviewer.post(f"{ours}clarify/", {"text": "Cari tamu-77 dengan tanda hubung."})
    carry_out(case_id)
    assert OutgoingMail.objects.filter(person_id=operator.contact.person_id).count() == 2
    again = contact.get(address).content.decode()
    assert "Ada yang baru tentang permintaan ini" in again
    opened = contact.post(f"{address}open/", follow=True).content.decode()
    assert "Cari tamu-77 dengan tanda hubung." in opened
    assert world.reviewers[0].name.title() not in opened
    assert not Notice.objects.get().left

    done = contact.post(f"{address}answer/", {"kind": "done", "text": "", "handed_over": "yes"}, follow=True)
    assert "Terima kasih" in done.content.decode()
    assert Case.objects.get(pk=case_id).state == CaseState.ACTING
    assert Statement.objects.get().delivered_at is not None
    assert not Letter.objects.exists()
    looker = signed_in(world.reviewers[2])
    assert notice.number in looker.get("/console/operator-notices/").content.decode()
    unfinished = looker.post(f"{ours}check/", {"state": "", "what": ""})
    assert unfinished.status_code == 422
    looker.post(f"{ours}check/", {"state": "closed", "what": "Profilnya tidak bisa dibuka lagi."})
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_close"


def test_a_late_contact_is_told_and_nothing_closes_by_itself(world: World, configured: Callable[..., Any]) -> None:
    """A day after the deadline: overdue for both sides, the account unchanged, an answer still possible."""
    operator = make_operator()
    configured(operator.platform, "portal", "https://mengobrol.example.id")
    case_id = decided_closure(world, platform=operator.platform, account="tamu-77")
    carry_out(case_id)
    notice = Notice.objects.get()
    contact, supervisor = signed_in(operator.contact), signed_in(world.supervisor)
    with frozen(now() - timedelta(hours=48)):
        contact.post(f"/console/notices/{notice.number}/open/")
    assert "terlambat" in contact.get("/console/notices/").content.decode()
    assert "Batas waktunya sudah lewat" in contact.get(f"/console/notices/{notice.number}/").content.decode()
    assert "terlambat di penyelenggara" in supervisor.get("/console/overview/").content.decode()
    carry_out(case_id)
    assert Notice.objects.get().state == NoticeState.RECEIVED
    assert the_action(case_id).state == ActionState.WAITING


def test_the_platforms_own_software_answers_later(
    world: World, live_server: Any, tmp_path: Path, configured: Callable[..., PlatformConfiguration]
) -> None:
    """A signed receipt starts the deadline; the signed answer reaches our web server; the public profile confirms
    it.
    """
    key = PrivateKey.generate()
    with receiver(tmp_path, key, "tamu-77", later=f"{live_server.url}/hooks/berkabar/") as found:
        public, url = found.public_key, found.url
        block = configured(
            "berkabar",
            "webhook",
            f"{url}/",
            credentials={"signing_key": key.text()},
            options={"answer_keys": public, "profile_url": f"{url}/u/{{account}}", "state_url": f"{url}/state"},
        )
        make_operator("berkabar", "webhook", observes=True, keys=hook_keys(block))
        case_id = decided_closure(world, platform="berkabar", account="tamu-77")
        carry_out(case_id)
        notice = Notice.objects.get()
        assert notice.due_at is not None
        assert not OutgoingMail.objects.exists()
        until("the signed answer", lambda: Notice.objects.get().state == NoticeState.ANSWERED)
        assert the_action(case_id).state == ActionState.PENDING
        carry_out(case_id)
        assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
        assert Letter.objects.get().key == "reporter_close"
        assert Platform.objects.get(name="berkabar").hook_keys == [public]
