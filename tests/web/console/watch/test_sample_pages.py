"""The pages of the people sample: judging blind, measures, a rule switched on again, and what everybody sees."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.sampling import LATER, MONDAY, judge_all, judges, watched_week
from tests.watching import LOUD, pair

from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import frozen
from jaga.core.terms.people import Role
from jaga.people.verbs import people
from jaga.policy.release import load_release
from jaga.watch.models.watches import RuleSuspension, SampledText
from jaga.watch.verbs import people_sample as rule_suspensions

Open = Callable[[Actor], Client]
CALM = "Sepeda masih ada? Bisa nego."
pytestmark = pytest.mark.usefixtures("world")


def test_a_reviewer_judges_text_after_text_without_knowing_what_was_flagged(
    monkeypatch: pytest.MonkeyPatch, browser_of: Open
) -> None:
    """The page of a flagged text has what the page of an unflagged one has, but for the words."""
    (one,) = judges(1)
    client = browser_of(one)
    empty = client.get("/console/sample/").content.decode()
    assert "No week was drawn yet" in empty
    assert "data-take" not in empty  # no button where nothing waits
    assert client.post("/console/sample/take/")["Location"].endswith("?none=1")
    watched_week(monkeypatch, [LOUD, CALM])
    with frozen(LATER):
        pages = []
        address = client.post("/console/sample/take/")["Location"]
        for _ in range(2):
            pages.append(client.get(address).content.decode())
            refused = client.post(address, {})
            assert refused.status_code == 422
            assert "Choose an answer from the list." in refused.content.decode()
            answer = client.post(address, {"answer": "none"})
            assert answer.status_code == 302
            assert client.post(address, {"answer": "gambling"}).status_code == 409
            address = answer["Location"]
    assert address.endswith("?done=1")
    assert {words for words in (LOUD, CALM) if any(words in page for page in pages)} == {LOUD, CALM}
    bare = [
        re.sub(r'value="[^"]{40,}"|/sample/\d+/|nonce="[^"]+"', "", page.replace(LOUD, "").replace(CALM, ""))
        for page in pages
    ]
    assert bare[0].partition("<main")[2] == bare[1].partition("<main")[2]
    assert "mawar" not in "".join(pages)
    assert list(SampledText.objects.values_list("settled_at", flat=True)) == [None, None]


def test_measures_a_stopped_rule_and_the_public_figures(
    monkeypatch: pytest.MonkeyPatch, browser_of: Open, client: Client
) -> None:
    """A policy officer switches it on with a reason; the public sees it once nothing of the week waits."""
    supervisor, _ = pair("obrolan")
    officer = people.actor_for(
        people.create_person(
            people.NewPerson(
                "kebijakan", "Kebijakan", Platform.objects.get(name="obrolan").operator_id, (Role.POLICY,)
            ),
            actor=CLI,
        )
    )
    assert "Nothing is measured yet" in browser_of(officer).get("/console/rules/").content.decode()
    assert "Belum ada yang ditampilkan" in client.get("/watches/").content.decode()
    drawn = load_release().screening.sampled_flagged
    reviewers = judges(2)
    for week in range(3):
        watched_week(monkeypatch, [f"{LOUD} {week}-{at}" for at in range(drawn)], MONDAY + timedelta(weeks=week))
        for person in reviewers:
            judge_all([person], "", MONDAY + timedelta(weeks=week + 1, hours=1))
    with frozen(MONDAY + timedelta(weeks=3, hours=2)):
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 1
        row = RuleSuspension.objects.get()
        console = browser_of(officer)
        page = console.get("/console/rules/").content.decode()
        assert "makes no cases" in page
        assert "0 % (0–12)" in page
        assert page.count("<svg") >= 4
        assert '"rules_off": ["' in client.get("/health/ready", REMOTE_ADDR="127.0.0.1").content.decode()
        public = client.get("/watches/").content.decode()
        assert "30+" in public
        assert "0 % (0–12)" in public
        refused = console.post(f"/console/rules/{row.pk}/switch-on/", {"why": "ya"})
        assert refused.status_code == 422
        assert f'id="why-{row.pk}-error"' in refused.content.decode()
        why = {"why": "Pengecualian ditambahkan."}
        assert console.post(f"/console/rules/{row.pk}/switch-on/", why).status_code == 302
        assert browser_of(supervisor).post(f"/console/rules/{row.pk}/switch-on/", why).status_code == 409
        assert "Pengecualian ditambahkan." in console.get("/console/rules/").content.decode()
