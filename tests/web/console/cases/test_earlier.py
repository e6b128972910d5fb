"""Earlier decisions and strikes stay closed until the person has read this report, so they prejudge no sealed vote."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from tests.casework.operator_world import handed_over, make_operator
from tests.factories import (
    World,
    carry_through,
    decided_closure,
    in_review,
    lose_clearance_of,
    resolved_closure,
    the_action,
    vote,
)

from jaga.appeals.models import Appeal
from jaga.appeals.verbs.appeals import file_appeal
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.case_view import CaseStage, kept_back
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.reports import IndicatorKind
from jaga.quality.models import AccessEvent
from jaga.queue.verbs.leases import take_lease
from jaga.queue.verbs.linked_accounts import link_account
from jaga.referrals.models import Referral
from jaga.signals.models import AccountIndicator
from jaga.signals.reads.at_a_glance import COLUMNS, at_a_glance, over_time
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]
CONTACT = "open BO, wa 0812-3456-7890"
ASKED = "Show earlier decisions and strikes"


def _page(client: Client, case_id: int, more: str = "") -> str:
    return client.get(f"/console/cases/K{case_id:06d}/{more}").content.decode()


def test_earlier_decisions_open_after_reading_and_at_once_after_ones_own_vote(world: World, browser_of: Open) -> None:
    """Before: no outcome, no strike, no suggestion on the page, only that a matter was decided. Whoever has not opened
    the case is led to it; afterwards the key's page shows them, as an access of its own. After one's vote they are
    open.
    """
    closed = resolved_closure(world)
    case_id, (second, _, first) = in_review(category="trafficking", source="198.51.100.9"), world.reviewers
    assert Case.objects.get(pk=case_id).subject_id == Case.objects.get(pk=closed).subject_id
    client, address = browser_of(first), f"/console/cases/K{case_id:06d}/earlier/"
    assert client.get(address).headers["Location"] == f"/console/cases/K{case_id:06d}/"
    closed_page = _page(client, case_id)
    assert ASKED in closed_page
    assert f"K{closed:06d}" in closed_page  # the matter itself is no secret
    assert "Close the account</strong>" not in closed_page
    assert "counts until" not in closed_page
    assert "The policy suggests" not in closed_page
    opened = client.get(address).content.decode()
    assert "<strong>Close the account</strong>" in opened
    assert "counts until" in opened
    assert AccessEvent.objects.filter(person_id=first.person_id, case=case_id, what=AccessKind.EARLIER).count() == 1
    assert ASKED in _page(browser_of(second), case_id)
    vote(case_id, DecisionKind.DISMISS, first)
    assert "counts until" in _page(client, case_id)


def test_search_keeps_decisions_back_as_the_case_page_does(world: World, browser_of: Open) -> None:
    """Whoever may still vote about the account finds its decided case without what was decided; the key opens it
    there too, and a vote does. A linked account is kept back like the reported one.
    """
    closed = resolved_closure(world, published=CONTACT)
    case_id = in_review(category="fraud", source="198.51.100.9")
    alike = in_review(account="@lain:localhost", published=CONTACT, source="198.51.100.8")

    def seen(client: Client) -> bool:
        page = client.get("/console/search/?q=since:2020-01-01").content.decode()
        found = page.partition("<main")[2].partition("</main")[0]
        assert f"K{closed:06d}" in found
        return "Close the account" in found

    first, second = (browser_of(one) for one in world.reviewers[:2])
    assert not seen(first)
    first.get(f"/console/cases/K{case_id:06d}/")
    first.get(f"/console/cases/K{case_id:06d}/earlier/")
    assert seen(first)
    assert not seen(second)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    assert seen(second)
    subject = Case.objects.get(pk=closed).subject_id
    assert kept_back([subject], actor=world.reviewers[0]) == frozenset()
    take_lease(alike, actor=world.reviewers[2])
    link_account(alike, "obrolan", "@mawar:localhost", "Nomor yang sama.", actor=world.reviewers[2])
    assert kept_back([subject], actor=world.reviewers[0]) == {subject}
    assert not seen(first)


def test_no_way_in_tells_a_closed_account_from_one_that_was_cleared(world: World, browser_of: Open) -> None:
    """Two accounts are reported again: one is being closed, the other was dismissed. Until a reviewer has read the new
    report and asked, no filter of the search, no count in the palette and no page tells which is which.
    """
    reader = world.reviewers[2]
    measure = decided_closure(world)
    cleared = in_review(account="@lain:localhost", source="198.51.100.8")
    vote(cleared, DecisionKind.DISMISS, world.reviewers[0])
    waits = [
        in_review(category="fraud", account=account, source="198.51.100.9")
        for account in ("@mawar:localhost", "@lain:localhost")
    ]
    client, both = browser_of(reader), {f"K{number:06d}" for number in (measure, cleared)}

    def found(typed: str) -> set[str]:
        text = client.get("/console/search/", {"q": typed}).content.decode()
        offered = client.get("/console/palette/", {"q": typed}).content.decode()
        names = {one for one in both if one in text}
        assert names == {one for one in both if one in offered}, typed
        return names

    states = ["open", *(stage.value for stage in CaseStage)]
    assert [found(f"state:{state}") for state in states] == [both if one == "resolved" else set() for one in states]
    assert found("keadaan:terbuka since:2020-01-01") == set()
    for number, waiting in zip((measure, cleared), waits, strict=True):
        for page in ("", "history/"):
            refused = client.get(f"/console/cases/K{number:06d}/{page}")
            assert refused.status_code == 409
            assert f"K{waiting:06d}" in refused.content.decode()
    assert client.get("/console/search/", {"q": f"K{measure:06d}"}).status_code == 409
    refused = client.post(f"/console/cases/K{measure:06d}/take/")  # whose refusal would show the page
    assert "Close the account" not in refused.content.decode()
    for page in ("", "earlier/"):
        _page(client, waits[0], page)
    assert found("state:open") == found("state:acting") == {f"K{measure:06d}"}
    assert found("state:resolved") == {f"K{cleared:06d}"}
    assert "Close the account" in _page(client, measure)
    voter = browser_of(world.reviewers[0])  # who knows what they voted
    assert voter.get(f"/console/cases/K{cleared:06d}/").status_code == 200


def test_lists_of_work_about_decisions_keep_them_back(world: World, browser_of: Open, settings: Any) -> None:
    """An appeal, a notice and a referral about an account whose newer case waits unread are counted, not shown; their
    pages lead to that case. The key on its page opens them. An urgent referral names that case in the list, too.
    """
    settings.JAGA_SMTP, settings.JAGA_RECEIVER_MAIL = True, {"child_protection_office": "uptd@contoh.example"}
    operator = make_operator()
    closed = decided_closure(world, platform=operator.platform, account="tamu-77")
    notice = handed_over(the_action(closed).pk)
    file_appeal(appeal_code(Decision.objects.get(case=closed).pk), "Bukan saya itu.", actor=HOLDER)
    referred = in_review(category="violence_against_children", account="@lain:localhost", source="198.51.100.8")
    for reviewer in world.reviewers[:2]:
        vote(referred, DecisionKind.REFER, reviewer)
    carry_through(referred)
    pages = {
        "appeals": f"/console/appeals/{Appeal.objects.get().pk}/",
        "operator-notices": f"/console/operator-notices/{notice.number}/",
        "referrals": f"/console/referrals/R{Referral.objects.get().pk:06d}/",
    }
    client = browser_of(world.reviewers[2])

    def seen() -> list[tuple[bool, bool, int]]:
        lists = {name: client.get(f"/console/{name}/").content.decode() for name in pages}
        return [
            (page in lists[name], "One more is kept back" in lists[name], client.get(page).status_code)
            for name, page in pages.items()
        ]

    assert seen() == [(True, False, 200)] * 3
    waits = [
        in_review(category="fraud", platform=operator.platform, account="tamu-77", source="198.51.100.9"),
        in_review(category="fraud", account="@lain:localhost", source="198.51.100.9"),
    ]
    assert seen() == [(False, True, 409)] * 3
    named = f"Read case K{waits[1]:06d} first"
    assert named in client.get("/console/referrals/").content.decode()
    Referral.objects.update(urgent=False)
    assert named not in client.get("/console/referrals/").content.decode()
    for waiting in waits:
        _page(client, waiting), _page(client, waiting, "earlier/")
    assert seen() == [(True, False, 200)] * 3


def test_the_account_at_a_glance(world: World) -> None:
    """Age as its platform says, reports over time with sources, and contacts that other accounts share, masked; what
    one reporter says of two accounts is marked.
    """
    case_id = in_review(published="wa 0812-3456-7890")
    in_review(account="@lain:localhost", published="wa 0812-3456-7890")  # the same reporter
    case = Case.objects.get(pk=case_id)
    Subject.objects.filter(pk=case.subject_id).update(since=now() - timedelta(days=40))
    seen = at_a_glance(Case.objects.get(pk=case_id), actor=world.reviewers[0])
    assert seen.since is not None
    assert seen.over_time.all == sum(one.reports for one in seen.over_time.spans) == 1
    assert at_a_glance(Case.objects.get(pk=case_id), (), actor=world.reviewers[0]).contacts == ()
    (contact,) = seen.contacts
    assert (contact.accounts, contact.one_reporter, contact.common) == (1, True, False)
    assert "***" in contact.masked
    third = in_review(account="@ketiga:localhost", published="wa 0812-3456-7890", source="198.51.100.7")
    (contact,) = at_a_glance(Case.objects.get(pk=case_id), actor=world.reviewers[0]).contacts
    assert (contact.accounts, contact.one_reporter) == (2, False)
    Case.objects.filter(pk=third).update(clearance="child_safety")
    lose_clearance_of(world.reviewers[0])
    (contact,) = at_a_glance(Case.objects.get(pk=case_id), actor=world.reviewers[0]).contacts
    assert contact.accounts == 1
    assert AccountIndicator.objects.filter(kind=IndicatorKind.CONTACT).count() == 3


def test_reports_fall_into_days_weeks_or_months() -> None:
    """The shortest spans that hold all of them; nothing is lost at either edge but what is older than a year."""
    moment = now()
    for age, days in ((0, 1), (11, 1), (30, 7), (200, 31)):
        found = over_time([(moment, 1.0), (moment - timedelta(days=age), 0.5)], moment)
        assert (found.days, len(found.spans)) == (days, COLUMNS)
        assert sum(one.reports for one in found.spans) == 2
        assert found.spans[-1].reports >= 1
    old = over_time([(moment - timedelta(days=900), 1.0), (moment, 1.0)], moment)
    assert (old.all, sum(one.reports for one in old.spans)) == (2, 1)
