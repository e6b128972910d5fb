"""Pages separate what accounts published from what others say; reporters' sentences are quoted with consent."""

import re
from collections.abc import Callable

from django.test import Client
from tests.factories import PLATFORM, World, in_review, report, resolved_closure
from tests.watching import seen, take_in

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import HOLDER, SYSTEM, Actor
from jaga.reporting.models import QuoteConsent
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]
ALONE = "Temui aku di warung Kenari jam sembilan, bawa paspormu"
ADVERT = "open BO, nego, wa 0812-3456-7890"


def blocks(page: str) -> dict[str, str]:
    """The text of each labelled block of the case page, by kind; one of each."""
    block = r'<div class="report-text report-text--(\w+)">\s*<h3[^>]*>([^<]*)</h3>\s*<p class="quote"[^>]*>(.*?)</p>'
    found = re.findall(block, page, re.S)
    return {kind: f"{label}: {re.sub('<[^>]+>', '', text)}" for kind, label, text in found}


def test_three_kinds_stand_in_three_labelled_blocks(world: World, browser_of: Open) -> None:
    """Only the observed text is marked; what the sender wrote and pasted is labelled as such."""
    case_id = in_review(text=f"Dia menipu saya, {ADVERT}", excerpt=f"{ADVERT} ya")
    (filed,) = take_in(PLATFORM, (seen(ADVERT),))
    assert filed.case_id == case_id
    triage.triage_case(case_id, actor=SYSTEM)
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case_id:06d}/").content.decode()
    found = blocks(page)
    assert found["published"].startswith("What the account published, as it was seen: open BO")
    assert found["words"] == f"What the sender of the report wrote: Dia menipu saya, {ADVERT}"
    assert found["excerpt"].startswith("What the account published, as the sender says; nobody has seen it there yet")
    published = page.partition('report-text--published">')[2].partition("</div>")[0]
    assert page.count("<mark>") == published.count("<mark>") > 0


def test_a_victim_first_case_shows_none_of_them(world: World, browser_of: Open) -> None:
    """Neither the account's words, the reporter's, nor a form that asks about them."""
    case_id = in_review(category="trafficking", text=ALONE, excerpt=ADVERT, published=ADVERT)
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert not blocks(page)
    assert ADVERT not in page
    assert "Kenari" not in page
    assert "/consent/" not in page


def test_a_reporter_is_asked_on_the_page_and_answers_in_the_mailbox(world: World, browser_of: Open) -> None:
    """Asked, agreed, withdrawn, and a second answer refused, on the pages alone."""
    filed = report(text=f"Dia menulis: {ALONE}.")
    triage.triage_case(filed.case_id, actor=SYSTEM)
    address, number = f"/console/cases/K{filed.case_id:06d}/", filed.report_id
    team, reporter = browser_of(world.reviewers[0]), Client()
    wrong = team.post(f"{address}reports/{number}/consent/", {"sentence": "Tidak pernah ditulis siapa pun"})
    assert (wrong.status_code, "Copy a sentence as the reporter wrote it" in wrong.content.decode()) == (422, True)
    sent = team.post(f"{address}reports/{number}/consent/", {"sentence": ALONE})
    assert (sent.status_code, sent["Location"]) == (302, f"{address}#consents-{number}")
    assert "asked, no answer yet" in team.get(address).content.decode()
    assert team.post(f"{address}reports/{number}/consent/", {"sentence": ALONE}).status_code == 409
    reporter.cookies["jaga_language"] = "en"
    page = reporter.post("/follow/", {"receipt": filed.receipt}, follow=True).content.decode()
    assert ALONE in page
    assert "Whoever wrote the sentence to you may recognise you by it" in page
    asked = QuoteConsent.objects.get().pk
    for step, shown in (("yes", "It was not used yet"), ("withdraw", "You took your yes back")):
        answer = reporter.post("/follow/report/", {"step": "consent", "consent": str(asked), "says": step}, follow=True)
        assert shown in answer.content.decode()
    again = reporter.post("/follow/report/", {"step": "consent", "consent": str(asked), "says": "yes"})
    assert again.status_code == 409
    for odd in ("", "x", "9" * 40, str(asked + 1)):
        assert reporter.post("/follow/report/", {"step": "consent", "consent": odd, "says": "yes"}).status_code == 404
    assert "consent taken back" in team.get(address).content.decode()


def test_public_words_are_recorded_from_an_appeals_page(world: World, browser_of: Open) -> None:
    """By whoever may decide the appeal; from then on the answer may quote them."""
    case_id = resolved_closure(world, text=f"Dia menulis: {ALONE}.")
    made = appeals.file_appeal(
        appeal_code(Decision.objects.get(case_id=case_id).pk), "Bukan saya yang menulis.", actor=HOLDER
    )
    address = f"/console/appeals/{made.pk}/"
    assert "Record public words" not in browser_of(world.reviewers[0]).get(address).content.decode()
    client = browser_of(world.reviewers[2])
    assert "Record public words" in client.get(address).content.decode()
    answer = {"result": "uphold", "reasons": f"Di profil tertulis: {ALONE}."}
    assert client.post(address, answer).status_code == 422
    empty = client.post(f"{address}words/", {"public_words": "", "public_where": ""})
    assert (empty.status_code, "Copy the words as they stand there." in empty.content.decode()) == (422, True)
    sent = client.post(f"{address}words/", {"public_words": ALONE, "public_where": "Profil, dibaca hari ini"})
    assert (sent.status_code, sent["Location"]) == (302, address)
    assert ALONE in client.get(address).content.decode()
    assert Evidence.objects.filter(case=case_id, name="public-words.txt").count() == 1
    assert Report.objects.filter(case=case_id).count() == 1  # a decided case is screened no more
    assert client.post(address, answer).status_code == 302


def test_what_waits_apart_has_a_list_of_its_own(world: World, browser_of: Open) -> None:
    """The queue's page shows how many there are, and why a case is placed where it is."""
    for number in range(3):
        report(
            account=f"@banjir{number}:localhost",
            category="trafficking",
            network="203.0.113.0",
            source="203.0.113.0",
            text="",
        )
    Subject.objects.filter(account_id="@banjir2:localhost").update(absent=True)
    for case in Case.objects.order_by("pk"):
        triage.triage_case(case.pk, actor=SYSTEM)
    client = browser_of(world.reviewers[0])
    page = client.get("/console/queue/").content.decode()
    assert "1 urgent case waits apart" in page
    assert "Taking turns: 1 of the same network, or with the same words, come before it." in page
    assert "It has no words of its own" in page
    rows = re.findall(r'queue__number">(K\d+)<', page)
    assert rows == [Case.objects.get(subject__account_id=f"@banjir{number}:localhost").reference for number in (0, 1)]
    apart = client.get("/console/queue/?apart=1").content.decode()
    assert "account not known there" in apart
    assert re.findall(r'queue__number">(K\d+)<', apart) == [
        Case.objects.get(subject__account_id="@banjir2:localhost").reference
    ]
