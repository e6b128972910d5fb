"""Several accounts on the case page: added by a form, selected one by one, each with its own outcome."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from tests.factories import ACCOUNT, FACTS, World, ballot, in_review, vote
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.actions.verbs import attempts
from jaga.cases.models.cases import Case, LinkedAccount
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import DecisionKind, OutcomeKind, Step
from jaga.people.models import Organisation
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.queue.verbs import linked_accounts

Open = Callable[[Actor], Client]
ROSA = "rosa@localhost"
WHY = "Kedua akun memberi nomor telepon yang sama."


@pytest.fixture(autouse=True)
def _surat(world: World) -> None:
    """A second platform of the same operator, which can close but not restrict."""
    able = {Step.CLOSE: Capability(True, lost_on_undo=("room memberships",)), Step.RESTRICT: Capability(False)}
    register_platform(
        NewPlatform(
            "surat",
            "Surat Contoh",
            Organisation.objects.get(name="Operator Contoh").pk,
            "localhost",
            Capabilities("prosody", able),
            practice=True,
        ),
        actor=CLI,
    )


def _address(case_id: int, step: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{step}"


def _add(client: Client, case_id: int, **changes: str) -> Any:
    return client.post(_address(case_id, "accounts/"), {"platform": "surat", "account": ROSA, "why": WHY, **changes})


def _cast(client: Client, case_id: int, kind: str, *named: int, **changes: str) -> Any:
    client.post(_address(case_id, "take/"))
    token = client.get(_address(case_id)).context["form"].token
    whole = ballot(case_id, DecisionKind.CLOSE)
    return client.post(
        _address(case_id, "decide/"),
        {
            "lease": token,
            "kind": kind,
            "legal_basis": whole.legal_basis,
            "facts": FACTS,
            "step": "cast",
            "elements": list(whole.elements),
            "accounts": [str(number) for number in named],
            **changes,
        },
    )


def _both(case_id: int) -> tuple[int, int]:
    return Case.objects.get(pk=case_id).subject_id, LinkedAccount.objects.get(case_id=case_id).subject_id


def _ticks(page: str) -> list[bool]:
    """The accounts that the form shows, in order, and whether each is selected."""
    return ["checked" in tag for tag in re.findall(r'<input type="checkbox" name="accounts"[^>]*>', page)]


def test_an_account_is_added_and_taken_out_by_plain_forms(world: World, browser_of: Open) -> None:
    """A refused form keeps its text; an added account is shown with its reason; one button removes it."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    refused = _add(client, case_id, why="sama <b>")
    assert refused.status_code == 422
    assert 'id="link-why-error"' in refused.content.decode()
    assert "sama &lt;b&gt;" in refused.content.decode()
    assert not LinkedAccount.objects.exists()
    assert _add(client, case_id)["Location"].endswith("#linked")
    page = client.get(_address(case_id)).content.decode()
    assert ROSA in page
    assert WHY in page
    removed = client.post(_address(case_id, f"accounts/{LinkedAccount.objects.get().pk}/remove/"))
    assert removed.status_code == 302
    assert ROSA not in client.get(_address(case_id)).content.decode()


def test_only_an_account_that_stands_alone_is_ticked_already(world: World, browser_of: Open) -> None:
    """With a second account each is selected by hand, and there is no "select all"."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    client.post(_address(case_id, "take/"))
    assert _ticks(client.get(_address(case_id)).content.decode()) == [True]
    _add(client, case_id)
    page = client.get(_address(case_id)).content.decode()
    assert _ticks(page) == [False, False]
    assert "all" not in re.findall(r'name="accounts" value="([^"]+)"', page)


def test_a_vote_without_a_tick_is_not_cast(world: World, browser_of: Open) -> None:
    """A vote without a selection, with an unknown number or without a number is refused; the selection is kept."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    _add(client, case_id)
    own, other = _both(case_id)
    for named in ((), (other,), (own, 999_999)):
        answer = _cast(client, case_id, "close", *named)
        assert answer.status_code == 422
        assert 'href="#accounts"' in answer.content.decode()
        assert _ticks(answer.content.decode()) == [own in named, other in named]
    answer = client.post(
        _address(case_id, "decide/"),
        {
            "lease": client.get(_address(case_id)).context["form"].token,
            "kind": "close",
            "facts": FACTS,
            "step": "cast",
            "legal_basis": ballot(case_id, DecisionKind.CLOSE).legal_basis,
            "accounts": ["x", "9" * 5000],
        },
    )
    assert answer.status_code == 422
    assert not Vote.objects.exists()
    assert _cast(client, case_id, "close", own).status_code == 302


def test_the_number_keys_of_a_dismissal_need_no_tick(world: World, browser_of: Open) -> None:
    """Rejecting stays one key and Enter, with or without added accounts."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    _add(client, case_id)
    assert _cast(client, case_id, "dismiss", facts="").status_code == 302
    assert Decision.objects.get().subject_id == _both(case_id)[0]


def test_what_is_possible_and_what_is_lost_is_said_beforehand(world: World, browser_of: Open) -> None:
    """The page shows what each account's platform can do; a measure that it cannot take names the account in the
    refusal.
    """
    case_id, client = in_review(), browser_of(world.reviewers[0])
    _add(client, case_id)
    client.post(_address(case_id, "take/"))
    page = client.get(_address(case_id)).content.decode()
    rosa = page[
        page.index(ROSA, page.index('name="accounts"')) : page.index("</fieldset>", page.index('id="accounts"'))
    ]
    assert "Not possible there: Restrict the account" in rosa
    assert re.search(r"Close the account: undoing it does not bring back\s+room memberships\.", rosa)
    assert "undoing it brings everything back." in page
    answer = _cast(client, case_id, "restrict", *_both(case_id))
    assert answer.status_code == 422
    assert f"{ROSA}: Surat Contoh cannot do this" in answer.content.decode()


def test_a_length_is_of_a_restriction_and_of_the_list(world: World, browser_of: Open) -> None:
    """A forged duration is refused and never means “without an end”; with a closure the field is ignored."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    own = Case.objects.get().subject_id
    for days in ("8", "x", "-7", "９"):
        answer = _cast(client, case_id, "restrict", own, restrict_days=days)
        assert answer.status_code == 422
        assert 'href="#restrict_days"' in answer.content.decode()
    assert _cast(client, case_id, "restrict", own, restrict_days="7").status_code == 302
    made = Decision.objects.get()
    assert made.ends_at is not None
    assert (made.ends_at - made.decided_at).days == 7
    assert "until " in client.get(_address(case_id)).content.decode()
    other = in_review(account="@kenanga:localhost")
    assert _cast(client, other, "close", Case.objects.get(pk=other).subject_id, restrict_days="7").status_code == 302


def test_each_account_has_its_own_outcome_wherever_it_is_told(world: World, browser_of: Open) -> None:
    """The voted page, the person's own votes, the case page and its history show each account's outcome."""
    case_id, (first, second, _) = in_review(), world.reviewers
    one, two = browser_of(first), browser_of(second)
    _add(one, case_id)
    own, other = _both(case_id)
    _cast(one, case_id, "close", own, other)
    sealed = one.get(_address(case_id, "voted/")).content.decode()
    assert ROSA in sealed
    assert "nothing happens to it" not in sealed
    _cast(two, case_id, "close", own, other)
    attempts.mark_stuck(Action.objects.get(decision__subject=other).pk, OutcomeKind.REFUSED, actor=SYSTEM)
    for path in (_address(case_id, "voted/"), "/console/votes/"):
        page = one.get(path).content.decode()
        assert re.search(rf"{re.escape(ACCOUNT)}.*?Close the account.*?under way", page, re.DOTALL)
        assert re.search(rf"{ROSA}.*?Close the account.*?stuck", page, re.DOTALL)
    page = two.get(_address(case_id)).content.decode()
    assert f'<span class="account"><bdi>{ROSA}</bdi></span> · The action is stuck' in page
    assert f'<span class="account"><bdi>{ACCOUNT}</bdi></span> · Two people decided alike' in page
    assert "Another account of the same holder was added" in page
    assert ROSA not in two.get(_address(case_id, "history/")).content.decode()  # that page names no account at all


def test_what_only_one_named_is_said_to_stay(world: World, browser_of: Open) -> None:
    """The voter reads that nothing happens to an account that only one of the two selected."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    _add(client, case_id)
    _cast(client, case_id, "close", *_both(case_id))
    vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    assert "not agreed, so nothing happens to it" in client.get("/console/votes/").content.decode()


def test_a_link_does_not_tell_who_made_it_before_the_decision(world: World, browser_of: Open) -> None:
    """Whoever added the account may have voted, so name and entry are hidden until the decision."""
    case_id, second = in_review(), browser_of(world.reviewers[1])
    _add(browser_of(world.reviewers[0]), case_id)
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0], accounts=_both(case_id))
    page = second.get(_address(case_id)).content.decode()
    assert ROSA in page
    assert "Sinta" not in page
    assert "was added to the case" not in page
    vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    page = second.get(_address(case_id)).content.decode()
    assert "Sinta" in page
    assert "was added to the case" in page


def test_a_sealed_vote_is_not_told_by_a_refused_link(world: World, browser_of: Open) -> None:
    """The second person adds accounts as on an untouched case; the first voter cannot, and the refusal reveals no
    vote.
    """
    case_id, (first, second, _) = in_review(), world.reviewers
    vote(case_id, DecisionKind.CLOSE, first)
    assert _add(browser_of(second), case_id).status_code == 302
    assert _add(browser_of(first), case_id, account="lain@localhost").status_code == 403
    assert "Add an account" not in browser_of(first).get(_address(case_id)).content.decode()


def test_other_cases_of_a_linked_account_are_shown(world: World, browser_of: Open) -> None:
    """Both the linked account's own case and the case that it was linked to are shown."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    own_case = in_review(account="@rosa:localhost")
    _add(client, case_id, platform="obrolan", account="@rosa:localhost")
    assert f"K{own_case:06d}" in client.get(_address(case_id)).content.decode()
    assert f"K{case_id:06d}" in client.get(_address(own_case)).content.decode()


def test_a_victim_first_case_names_no_account_among_the_votes(world: World, browser_of: Open) -> None:
    """A name may point to a victim, so the list of votes gives the platform only."""
    case_id, client = in_review(category="trafficking"), browser_of(world.reviewers[0])
    vote(case_id, DecisionKind.PRESERVE, world.reviewers[0])
    page = client.get("/console/votes/").content.decode()
    assert ACCOUNT not in page
    assert "Obrolan Contoh" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_accounts_are_judged_in_a_browser_without_a_mouse(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
    viewport: Any,
) -> None:
    """Elements by keys, accounts by Tab and Space; accessible; no wider than the screen, however long a name is."""
    long = f"rosa.{'sangat.panjang.' * 6}sekali@localhost"
    case_id = in_review()
    linked_accounts.link_account(case_id, "surat", long, WHY, actor=world.reviewers[2])
    with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport) as page:
        page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
        _sign_in(page, "a-reviewer")
        page.goto(_address(case_id))
        page.click("[data-take]")
        page.wait_for_selector("[data-decide]")
        assert fits(page)
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        for key in "fgvb":
            page.keyboard.press(key)
        page.focus("#kind")
        page.keyboard.press("5")
        assert not page.locator("#restrict_days").is_visible()
        page.keyboard.press("Tab")
        for _ in range(2):
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
        assert page.locator("[name=accounts]:checked").count() == 2
        page.select_option("#legal_basis", index=1)
        page.fill("#facts", "Iklan jasa terlihat di ruang umum.")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/voted/")
        assert "sangat.panjang" in page.inner_text("main")
        assert fits(page)
    assert Vote.objects.get().accounts == sorted(_both(case_id))
