"""The pages of retention: what goes tomorrow, the clock in doubt, holds by two people, and the case page."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance, Role
from jaga.policy.local_time import today
from jaga.privacy.models import LegalHold, RetentionClock, RetentionDue, RetentionPostponement
from jaga.privacy.verbs.holds import clock_is_right
from jaga.privacy.verbs.sweep import sweep_retention

Open = Callable[[Actor], Client]
DAY = timedelta(days=1)


def _closed(world: World, days_ago: int, account: str) -> str:
    case_id = in_review(account=account)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    Case.objects.filter(pk=case_id).update(resolved_at=now() - days_ago * DAY)
    return f"K{case_id:06d}"


def _sweep() -> None:
    for _ in range(3):
        sweep_retention()


def test_the_preview_counts_by_rule_and_lists_only_what_one_may_see(
    world: World, staff: Staff, browser_of: Open
) -> None:
    """A case that needs a clearance is counted, and not named."""
    seen, hidden = _closed(world, 89, "@lama:localhost"), _closed(world, 5000, "@rahasia:localhost")
    Case.objects.filter(pk=int(hidden[1:])).update(clearance=Clearance.CHILD_SAFETY)
    _sweep()
    page = browser_of(staff.by_role[Role.SUPERVISOR]).get("/console/retention/").content.decode()
    assert seen in page
    assert hidden not in page
    assert "1 case that you may not see" in page
    assert "Names and contacts of reporters" in page
    assert "only plans" in page


def test_a_clock_in_doubt_is_shown_and_confirmed(world: World, staff: Staff, browser_of: Open) -> None:
    """By a supervisor; an auditor sees it."""
    _sweep()
    RetentionClock.objects.update(seen_at=now() - 30 * DAY)
    assert not clock_is_right()
    auditor, supervisor = browser_of(staff.by_role[Role.AUDITOR]), browser_of(staff.by_role[Role.SUPERVISOR])
    assert "the clock may be wrong" in auditor.get("/console/retention/").content.decode()
    assert auditor.post("/console/retention/clock/").status_code == 403
    assert supervisor.post("/console/retention/clock/").status_code == 302
    assert "the clock may be wrong" not in supervisor.get("/console/retention/").content.decode()
    assert supervisor.post("/console/retention/clock/").status_code == 409


def test_a_hold_is_asked_for_confirmed_and_ended_on_its_page(world: World, staff: Staff, browser_of: Open) -> None:
    """With clear errors for what is missing, and none of it for a reviewer."""
    case = _closed(world, 1, "@lama:localhost")
    first = browser_of(staff.by_role[Role.SUPERVISOR])
    second, reviewer = browser_of(staff.by_role[Role.ADMINISTRATOR]), browser_of(staff.by_role[Role.REVIEWER])
    empty = first.post("/console/legal-holds/", {"case": "K999999", "owner": "", "reason": "", "until": "32"})
    assert empty.status_code == 422
    assert "There is no such case" in empty.content.decode()
    wrong = first.post("/console/legal-holds/", {"case": case, "owner": "nobody", "reason": "x", "until": ""})
    assert wrong.status_code == 422
    for sentence in ("only a supervisor or auditor", "at least 10 characters", "Choose the last day"):
        assert sentence in wrong.content.decode()
    asked = {
        "case": case,
        "owner": "a-supervisor",
        "reason": "A court asked for it.",
        "until": (today() + 30 * DAY).isoformat(),
    }
    assert first.post("/console/legal-holds/", asked).status_code == 302
    hold = LegalHold.objects.get()
    assert first.post(f"/console/legal-holds/{hold.pk}/confirm/").status_code == 403
    assert second.post(f"/console/legal-holds/{hold.pk}/confirm/").status_code == 302
    assert "A court asked for it." in reviewer.get(f"/console/cases/{case}/").content.decode()
    assert reviewer.get("/console/legal-holds/").status_code == 403
    assert "at least 10 characters" in second.post(f"/console/legal-holds/{hold.pk}/end/", {"why": ""}).content.decode()
    assert second.post(f"/console/legal-holds/{hold.pk}/end/", {"why": "The court is done."}).status_code == 302
    assert second.post(f"/console/legal-holds/{hold.pk}/confirm/").status_code == 409
    over = first.get("/console/legal-holds/").content.decode()
    assert "ended early" in over
    assert "Nothing is deleted before" in over
    assert first.post("/console/legal-holds/", asked).status_code == 302
    again = first.post("/console/legal-holds/", asked)
    assert again.status_code == 409
    assert "let another supervisor or administrator ask" in again.content.decode()


def test_a_closed_case_counts_down_and_can_be_postponed(world: World, staff: Staff, browser_of: Open) -> None:
    """Once by each person, with a day within the limit; an open case shows no countdown."""
    case = _closed(world, 80, "@lama:localhost")
    browser = browser_of(staff.by_role[Role.REVIEWER])
    page = browser.get(f"/console/cases/{case}/").content.decode()
    assert "10 days more" in page
    late = browser.post(f"/console/cases/{case}/postpone/", {"reason": "We still read it.", "until": "2099-01-01"})
    assert late.status_code == 422
    assert "For longer, ask for a legal hold" in late.content.decode()
    sent = {"reason": "We still read it.", "until": (today() + 100 * DAY).isoformat()}
    assert browser.post(f"/console/cases/{case}/postpone/", sent).status_code == 302
    assert RetentionPostponement.objects.count() == 1
    page = browser.get(f"/console/cases/{case}/").content.decode()
    assert "101 days more" in page
    assert browser.post(f"/console/cases/{case}/postpone/", sent | {"until": today().isoformat()}).status_code == 409
    open_case = f"K{in_review(account='@buka:localhost'):06d}"
    assert "days more" not in browser.get(f"/console/cases/{open_case}/").content.decode()


def test_what_was_deleted_is_said_on_the_case_page(world: World, staff: Staff, browser_of: Open) -> None:
    """By which rule and when; the page still opens when everything is gone."""
    case = _closed(world, 5000, "@lama:localhost")
    _sweep()
    assert RetentionDue.objects.get().due_on is not None
    with frozen(now() + DAY):
        _sweep()
    page = browser_of(staff.by_role[Role.REVIEWER]).get(f"/console/cases/{case}/")
    assert page.status_code == 200
    assert "(rule identity)" in page.content.decode()
    assert "open BO" not in page.content.decode()
    assert (
        "Deleted in the last two weeks"
        in browser_of(staff.by_role[Role.SUPERVISOR]).get("/console/retention/").content.decode()
    )


def test_the_public_page_names_every_period(client: Client, db: None) -> None:
    """In plain words, with the days and the source."""
    page = client.get("/policy/", headers={"accept-language": "en"}, follow=True).content.decode()
    assert "How long data is kept" in page or "Berapa lama data disimpan" in page
    assert "1825" in page
