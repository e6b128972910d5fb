"""A notice says where, when and what is public, and which authority asked; it never tells of the public's reports."""

import io
import re
from collections.abc import Callable

import pytest
from django.test import Client
from PIL import Image
from tests.casework.operator_world import Operator, handed_over, make_operator
from tests.factories import World, new_request, report, the_action, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import SYSTEM, Actor
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import AnswerKind
from jaga.core.terms.reports import YouthAnswer
from jaga.operators.models import Notice
from jaga.operators.reads import portal
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import clarify_notice, open_notice, open_notice_picture
from jaga.queue.verbs import leases
from jaga.reporting.verbs.quotable_text import record_public_words
from jaga.signals.jobs import draw_picture
from jaga.signals.reads.pictures import PictureClosed
from jaga.signals.verbs import triage
from jaga.signals.verbs.pictures import answer_youth_check
from jaga.store.models import LedgerEntry

Browsers = Callable[[Actor], Client]
LETTER, PLACE, WORDS = "B/17/2026", "Kanal Pasar Malam, sejak 3 November 2026", "Tarif malam ini, cek katalog di kanal."


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def shot(colour: str) -> Upload:
    packed = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(packed, "PNG")
    return Upload(packed.getvalue())


def requested(world: World, operator: Operator, account: str, letter: str) -> int:
    """A case opened by a police letter with one picture, and with public words on record."""
    new = new_request(
        platform=operator.platform,
        account=account,
        letter_number=letter,
        locator="kanal Pasar Malam",
        screenshots=(shot("navy"),),
    )
    case_id = requests.file_request(new, actor=world.officer).case_id
    triage.triage_case(case_id, actor=SYSTEM)
    record_public_words(case_id, WORDS, PLACE, actor=world.reviewers[0])
    return case_id


def closed(world: World, case_id: int, operator: Operator) -> Notice:
    """Both vote for a closure after the pictures passed the youth check; the notice is sent and opened."""
    fence = leases.take_lease(case_id, actor=world.reviewers[0]).fence
    if Evidence.objects.filter(case=case_id, kind="screenshot").exists():
        answer_youth_check(case_id, fence, YouthAnswer.NO_SIGN, actor=world.reviewers[0])
    for number in Evidence.objects.filter(kind="screenshot").order_by("pk").values_list("pk", flat=True):
        draw_picture(number)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    notice = handed_over(the_action(case_id).pk)
    open_notice(notice.pk, actor=operator.contact)
    return notice


def read(notice: Notice, account: str, letter: str, client: Client) -> str:
    """The contact person's page, with what names this very case replaced, and without the holder's letter."""
    page = client.get(f"/console/notices/{notice.number}/").content.decode()
    for own, common in ((notice.number, "P"), (account, "A"), (letter, "L"), (notice.case.reference, "K")):
        page = page.replace(own, common)
    page = re.sub(r'<span class="side-nav__count">.*?</span></span>', "", page)  # how many notices wait in all
    page = re.sub(r'datetime="[^"]*"|[0-9]+ [A-Z][a-z]+ 20[0-9]{2} [0-9.:]{5}', "T", page)
    head, _, rest = page.partition('<p id="letter" class="letter preview">')
    return "\n".join(line for line in (head + rest.partition("</p>")[2]).splitlines() if "csrf" not in line)


def test_reports_by_the_public_leave_no_mark(world: World, operator: Operator, browser_of: Browsers) -> None:
    """The page of a case that members of the public also reported, with pictures and words, is the page of one that
    nobody but an authority reported.
    """
    alone = requested(world, operator, "tamu-1", "B/1/2026")
    joined = requested(world, operator, "tamu-2", "B/2/2026")
    for colour in ("red", "green"):
        report(
            platform=operator.platform,
            account="tamu-2",
            text=f"Dia menawari adik saya, {colour}.",
            screenshots=(shot(colour),),
        )
    assert Case.objects.get(pk=joined).reports.filter(form="report").count() == 2
    client = browser_of(operator.contact)
    pages = []
    for case_id, account, letter in ((alone, "tamu-1", "B/1/2026"), (joined, "tamu-2", "B/2/2026")):
        notice = closed(world, case_id, operator)
        if case_id == joined:
            report(platform=operator.platform, account=account, text="Saya juga.")
        pages.append(read(notice, account, letter, client))
        seen = portal.access_opened(notice.pk, actor=operator.contact)
        assert (len(seen.pictures), len(seen.sources.quotes), len(seen.sources.authorities)) == (1, 1, 1)
    assert pages[0] == pages[1]
    for said in (WORDS, PLACE, "Polisi Contoh", "kanal Pasar Malam", "Open picture 1", "The picture shows another"):
        assert said in pages[0], said


def test_without_an_authority_no_picture_and_no_channel_is_told(
    world: World, operator: Operator, browser_of: Browsers
) -> None:
    """A member of the public sent a picture: the portal offers none, nor an answer about one."""
    filed = report(platform=operator.platform, account="tamu-3", screenshots=(shot("red"),))
    triage.triage_case(filed.case_id, actor=SYSTEM)
    notice = closed(world, filed.case_id, operator)
    page = browser_of(operator.contact).get(f"/console/notices/{notice.number}/").content.decode()
    assert "Our own procedure" in page
    for hidden in ("The picture shows another", "picture 1", "Request of"):
        assert hidden not in page, hidden
    with pytest.raises(NotFound):
        open_notice_picture(notice.pk, 1, actor=operator.contact)


def test_an_authoritys_picture_opens_behind_the_gate(world: World, operator: Operator, browser_of: Browsers) -> None:
    """One by one, on record, to the notice's own contact person, under a name that carries no number of ours."""
    notice = closed(world, requested(world, operator, "tamu-4", LETTER), operator)
    client, address = browser_of(operator.contact), f"/console/notices/{notice.number}/pictures/1/"
    assert client.get(address).status_code == 409
    with pytest.raises(NotFound):
        open_notice_picture(notice.pk, 1, actor=operator.stranger)
    with pytest.raises(NotPermitted):
        open_notice_picture(notice.pk, 1, actor=world.reviewers[0])
    assert client.post(f"{address}open/").status_code == 302
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Content-Disposition"] == f'attachment; filename="picture-{notice.number}-1.webp"'
    assert browser_of(operator.colleague).get(address).status_code == 409
    assert LedgerEntry.objects.get(verb="open_picture").payload["notice"] == notice.pk
    answer_notice(notice.pk, AnswerKind.DONE, "", actor=operator.contact)
    assert client.get(address).status_code == 404  # answered: nothing is looked at any more


def test_a_picture_that_may_show_a_minor_stays_closed(world: World, operator: Operator) -> None:
    """Also to the operator's people, who do not even learn that it exists."""
    notice = closed(world, requested(world, operator, "tamu-5", LETTER), operator)
    Case.objects.filter(pk=notice.case_id).update(victim_state="proposed", victim_first=True)
    seen = portal.access_opened(notice.pk, actor=operator.contact)
    assert (seen.pictures, seen.sources.quotes) == ((), ())
    with pytest.raises(PictureClosed):
        open_notice_picture(notice.pk, 1, actor=operator.contact)


def test_hashes_are_not_those_of_the_publics_pictures(world: World, operator: Operator) -> None:
    """Where only hashes are shown, their number would count the reporters."""
    case_id = requested(world, operator, "tamu-6", LETTER)
    report(platform=operator.platform, account="tamu-6", screenshots=(shot("red"),))
    notice = closed(world, case_id, operator)
    Case.objects.filter(pk=case_id).update(victim_state="proposed", victim_first=True)
    (hash_,) = portal.access_opened(notice.pk, actor=operator.contact).hashes
    assert hash_ == Evidence.objects.get(report__form="request", kind="screenshot").sha256


def test_words_recorded_later_come_with_the_correction(world: World, operator: Operator) -> None:
    """What a notice says does not change under its reader; a correction brings what was recorded since."""
    notice = closed(world, requested(world, operator, "tamu-7", LETTER), operator)
    record_public_words(notice.case_id, "Kamar 12, hari ini saja.", PLACE, actor=world.reviewers[0])
    answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Tidak ditemukan.", actor=operator.contact)
    assert len(portal.access_opened(notice.pk, actor=operator.contact).sources.quotes) == 1
    clarify_notice(notice.pk, "Lihat kanal yang disebut.", actor=world.reviewers[0])
    open_notice(notice.pk, actor=operator.contact)
    assert len(portal.access_opened(notice.pk, actor=operator.contact).sources.quotes) == 2
