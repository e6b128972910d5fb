"""The page about the independent sources of a case, and the judgement of bad faith."""

from collections.abc import Callable

from django.test import Client
from tests.factories import World, in_review, report, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.cases import DecisionKind
from jaga.reporting.models import BadFaith
from jaga.signals.verbs.triage import triage_case

Open = Callable[[Actor], Client]
STORY = "Akun ini menjual jasa dan menipu banyak orang di kota kami, tolong segera ditutup sekarang juga ya admin"


def test_reviewers_see_the_estimate_with_its_reasons_in_both_languages(world: World, browser_of: Open) -> None:
    """Also on the case page and in the queue; nothing reveals who sent a report."""
    case_id = in_review(text=STORY, source="rahasia@contoh.example", contact="rahasia@contoh.example")
    report(text=STORY + "!!", source="lain")
    triage_case(case_id, actor=SYSTEM)
    reference = Case.objects.get(pk=case_id).reference
    client = browser_of(world.reviewers[0])
    page = client.get(f"/console/cases/{reference}/sources/").content.decode()
    assert "2 reports, about 1 independent" in page
    assert "nearly the same words as before" in page
    assert "rahasia" not in page
    for address in (f"/console/cases/{reference}/", "/console/queue/"):
        assert "2 reports, about 1 independent" in client.get(address).content.decode()
    client.cookies["jaga_language"] = "id"
    page = client.get(f"/console/cases/{reference}/sources/").content.decode()
    assert "2 laporan, dari sekitar 1 sumber berbeda" in page


def test_a_report_of_a_dismissed_case_is_marked_with_reasons_and_a_supervisor_takes_it_back(
    world: World,
    browser_of: Open,
) -> None:
    """An empty reason is refused and the form stays; an open case has no such form."""
    case_id = in_review(text=STORY)
    case = Case.objects.get(pk=case_id)
    client = browser_of(world.reviewers[0])
    address = f"/console/cases/{case.reference}/sources/"
    number = case.reports.get().pk
    assert "Mark as bad faith" not in client.get(address).content.decode()
    refused = client.post(f"{address}reports/{number}/", {"reasons": "Cerita ini disalin dari laporan palsu."})
    assert (refused.status_code, BadFaith.objects.count()) == (409, 0)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    assert "Mark as bad faith" in client.get(address).content.decode()
    empty = client.post(f"{address}reports/{number}/", {"reasons": "  "})
    assert empty.status_code == 422
    assert "Say why, in a sentence." in empty.content.decode()
    assert client.post(f"{address}reports/{number + 99}/", {"reasons": "Tidak ada laporan ini."}).status_code == 404
    assert (
        client.post(f"{address}reports/{number}/", {"reasons": "Cerita ini disalin dari laporan palsu."}).status_code
        == 302
    )
    page = client.get(address).content.decode()
    assert "Cerita ini disalin" in page
    assert "Take the mark back" not in page
    mark = BadFaith.objects.get()
    supervisor = browser_of(world.supervisor)
    assert "Take the mark back" in supervisor.get(address).content.decode()
    assert client.post(f"{address}marks/{mark.pk}/withdraw/").status_code == 403
    assert supervisor.post(f"{address}marks/{mark.pk}/withdraw/").status_code == 302
    assert "Cerita ini disalin" not in client.get(address).content.decode()
