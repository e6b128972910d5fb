"""What a victim's controller reads on the page of the code: nothing that other cases' pages do not say too."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.web.public.conftest import World

from jaga.appeals.models import ReasonsAsked
from jaga.appeals.reads.statement import ANSWERED_WITHIN, ReasonsStand, access_statement
from jaga.appeals.verbs import reasons as reasons_in_person
from jaga.appeals.verbs.reasons import ask_for_reasons
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Decision
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind, HolderCheckKind, VictimSay
from jaga.decisions.verbs import voting
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.store.codes import appeal_code


@pytest.fixture(autouse=True)
def waits(settings: Any) -> None:
    settings.REASONS_WAIT_SECONDS = None


def restrict(world: World, category: str, account: str) -> str:
    """Restrict the account for a week, in a trafficking case as a possible victim's; returns the holder's code."""
    Platform.objects.update(capabilities={"deliver": {"supported": True}, "restrict": {"supported": True}})
    case_id = world.report(account=account, category=category, text="Tolong diperiksa, saya khawatir.").case_id
    victim = VictimSay.CONFIRM if category == "trafficking" else None
    basis = load_release().legal_bases_for(category, now().date())[0].key
    for reviewer in world.reviewers[:2]:
        lease = leases.take_lease(case_id, actor=reviewer)
        ballot = voting.Ballot(
            DecisionKind.RESTRICT, basis, "Iklan jasa terlihat di ruang publik.", restrict_days=7, victim=victim
        )
        if voting.cast_vote(case_id, lease.fence, ballot, actor=reviewer).decision_ids:
            break
    return appeal_code(Decision.objects.get(case_id=case_id).pk)


def shown(client: Client, code: str, step: str = "", **more: str) -> str:
    """The page without its own number, code, token and times."""
    page = client.post("/appeal/", {"code": code, "step": step, **more}).content.decode()
    page = page.split("<main")[1].split("</main")[0]
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    page = re.sub(r"K\d{6}", "K", page.replace(code, "CODE"))
    return re.sub(r"\d{1,2} \w+ \d{4}( \d\d\.\d\d)?", "MOMENT", page)


def test_the_pages_of_a_restriction_are_the_same_until_the_time_for_an_answer_is_over(
    client: Client,
    world: World,
) -> None:
    """First opened, asked, asked again, appealed: for gambling and a possible victim the pages are identical."""
    moment = now()
    with frozen(moment):
        codes = [restrict(world, "gambling", "@satu:contoh.test"), restrict(world, "trafficking", "@dua:contoh.test")]
        for step, more in (
            ("", {}),
            ("ask", {}),
            ("ask", {}),
            ("access", {}),
            ("file", {"text": "Akun saya dibajak orang."}),
            ("", {}),
        ):
            one, other = (shown(client, code, step, **more) for code in codes)
            assert one == other, step
            for word in ("judi", "ambl", "korban", "ictim", "orban", "Fakta", "Iklan", "dibajak", "@satu", "laporan"):
                assert word not in one, word
    ReasonsAsked.objects.update(shown_from=moment + ANSWERED_WITHIN)
    with frozen(moment + ANSWERED_WITHIN - timedelta(minutes=1)):
        one, other = (shown(client, code) for code in codes)
        assert one == other


def test_the_answer_comes_within_twelve_hours_at_a_moment_that_chance_draws(client: Client, world: World) -> None:
    """In an ordinary case the reasons appear; where somebody may be a victim, the page says what it says elsewhere
    too.
    """
    ordinary, victim = (
        restrict(world, "gambling", "@satu:contoh.test"),
        restrict(world, "trafficking", "@dua:contoh.test"),
    )
    for code in (ordinary, victim):
        ask_for_reasons(code, actor=HOLDER)
    drawn = ReasonsAsked.objects.get(decision=Decision.objects.get(case__category="gambling"))
    assert timedelta(hours=1) <= drawn.shown_from - drawn.asked_at <= ANSWERED_WITHIN
    with frozen(drawn.shown_from + timedelta(seconds=1)):
        assert "Iklan jasa terlihat" in shown(client, ordinary)
    with frozen(now() + ANSWERED_WITHIN + timedelta(minutes=1)):
        page = shown(client, victim)
        assert "Alasannya tidak ada di halaman ini." in page
        assert "Iklan" not in page


def test_whoever_wants_the_reasons_from_a_person_has_the_page_of_a_victim(client: Client, world: World) -> None:
    """So the choice reveals nothing. A person can then give the reasons after a check."""
    ordinary, victim = (
        restrict(world, "gambling", "@satu:contoh.test"),
        restrict(world, "trafficking", "@dua:contoh.test"),
    )
    shown(client, ordinary, "keep")
    ask_for_reasons(victim, actor=HOLDER)
    with frozen(now() + ANSWERED_WITHIN + timedelta(minutes=1)):
        assert shown(client, ordinary) == shown(client, victim)
    assert access_statement(ordinary).reasons is ReasonsStand.KEPT
    decision = Decision.objects.get(case__category="gambling")
    reasons_in_person.check_holder(
        decision.pk,
        reasons_in_person.NewCheck(
            HolderCheckKind.POST, "Surat ke alamat yang kami tahu sejak 2024.", "Akun dipakai menawarkan taruhan."
        ),
        actor=world.reviewers[0],
    )


def test_a_closure_shows_its_reasons_at_once(client: Client, world: World) -> None:
    """A closure is never of a possible victim: two people confirmed that."""
    code = world.close(world.report().case_id)
    assert "Iklan jasa terlihat" in client.post("/appeal/", {"code": code}).content.decode()
    assert not ReasonsAsked.objects.exists()
    for step in ("ask", "keep"):
        client.post("/appeal/", {"code": code, "step": step})
    assert not ReasonsAsked.objects.exists()
    assert not Case.objects.get().victim_first
