"""The notice pages: what a contact may see, what Jaga's staff may do, and what a refused form keeps."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, in_review, rows

from jaga.core.actors import CLI, Actor
from jaga.core.terms.cases import Step
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.core.terms.people import HostKind
from jaga.operators.models import Notice, Objection
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import open_notice
from jaga.people.verbs.people import claim_installation

Browsers = Callable[[Actor], Client]


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def test_a_contact_sees_nothing_of_another_operator(world: World, operator: Operator, browser_of: Browsers) -> None:
    """Neither in the list nor by number, and no notices that Jaga's staff carry out by hand."""
    notice = asked(world, operator)
    by_hand = make_operator("tangan", "manual")
    ticked = asked(world, by_hand, account="tamu-2")
    stranger, colleague = browser_of(operator.stranger), browser_of(by_hand.contact)
    assert "tamu-77" not in stranger.get("/console/notices/").content.decode()
    before = rows()
    for client, number in ((stranger, notice.number), (colleague, ticked.number), (stranger, "P999999")):
        assert client.get(f"/console/notices/{number}/").status_code == 404
        for verb in ("open", "answer", "objection"):
            assert client.post(f"/console/notices/{number}/{verb}/", {"kind": "done"}).status_code == 404
    assert rows() == before


def test_looking_at_the_list_or_the_gate_is_no_receipt(world: World, operator: Operator, browser_of: Browsers) -> None:
    """Only the button confirms receipt, so a mail program that opens links starts no clock."""
    notice = asked(world, operator)
    client = browser_of(operator.contact)
    client.get("/console/notices/")
    client.get(f"/console/notices/{notice.number}/")
    assert client.get(f"/console/notices/{notice.number}/open/").status_code == 405
    assert Notice.objects.get().state == NoticeState.SENT
    assert client.post(f"/console/notices/{notice.number}/open/").status_code == 302
    assert Notice.objects.get().state == NoticeState.RECEIVED


def test_a_refused_form_keeps_what_was_written(world: World, operator: Operator, browser_of: Browsers) -> None:
    """No choice, a refusal without a reason, or an objection of one word: 422, and the text is kept."""
    notice = asked(world, operator)
    open_notice(notice.pk, actor=operator.contact)
    client, address = browser_of(operator.contact), f"/console/notices/{notice.number}"
    for path, sent, kept in (
        ("answer", {"text": "Teks yang panjang."}, "Teks yang panjang."),
        ("answer", {"kind": "refused", "text": " "}, 'value="refused" checked'),
        ("answer", {"kind": "nonsense"}, "Choose one of the answers."),
        ("objection", {"objection": "Salah."}, "Salah."),
    ):
        answer = client.post(f"{address}/{path}/", sent)
        assert answer.status_code == 422
        assert kept in answer.content.decode()
    assert Notice.objects.get().state == NoticeState.RECEIVED


def test_an_objection_goes_to_a_supervisor_and_back(world: World, operator: Operator, browser_of: Browsers) -> None:
    """Filed by the contact, decided with reasons, read by the contact without the name of the decider."""
    notice = asked(world, operator)
    open_notice(notice.pk, actor=operator.contact)
    contact, supervisor = browser_of(operator.contact), browser_of(world.supervisor)
    ours, address = f"/console/operator-notices/{notice.number}/", f"/console/notices/{notice.number}/"
    assert supervisor.post(f"{ours}objection/", {"result": "accept"}).status_code == 404
    contact.post(f"{address}objection/", {"objection": "Toko ini terdaftar."})
    assert "Toko ini terdaftar." in supervisor.get(ours).content.decode()
    assert supervisor.post(f"{ours}objection/", {"reasons": "Iklannya jelas."}).status_code == 422
    assert (
        browser_of(world.reviewers[0])
        .post(f"{ours}objection/", {"result": "reject", "reasons": "Iklannya jelas."})
        .status_code
        == 403
    )
    supervisor.post(f"{ours}objection/", {"result": "reject", "reasons": "Iklannya jelas terlihat."})
    page = contact.get(address).content.decode()
    assert "Iklannya jelas terlihat." in page
    assert "Wulan" not in page
    assert Objection.objects.get().decided_by_id == world.supervisor.person_id


def test_a_supervisor_asks_again_and_withdraws(world: World, operator: Operator, browser_of: Browsers) -> None:
    """Refused, requested again under the same number, withdrawn; a second withdrawal is told that the state has
    changed.
    """
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.REFUSED, "Akun ini milik toko.", actor=operator.contact)
    supervisor, ours = browser_of(world.supervisor), f"/console/operator-notices/{notice.number}/"
    assert "Akun ini milik toko." in supervisor.get(ours).content.decode()
    assert supervisor.post(f"{ours}ask-again/", {"text": ""}).status_code == 422
    assert supervisor.post(f"{ours}ask-again/", {"text": "Lihat tanggal iklannya."}).status_code == 302
    assert supervisor.post(f"{ours}ask-again/", {"text": "Lihat tanggal iklannya."}).status_code == 409
    assert supervisor.post(f"{ours}withdraw/", {"reason": "Keputusannya dibatalkan."}).status_code == 302
    assert supervisor.post(f"{ours}withdraw/", {"reason": "Keputusannya dibatalkan."}).status_code == 409
    assert "withdrawn" in browser_of(operator.contact).get(f"/console/notices/{notice.number}/").content.decode()


def test_the_checklist_by_hand(world: World, browser_of: Browsers) -> None:
    """One button at a time; the person who carried it out is not offered the check."""
    notice = asked(world, make_operator("tangan", "manual"))
    sinta, bayu = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    ours = f"/console/operator-notices/{notice.number}/"
    page = sinta.get(ours).content.decode()
    assert page.count("I have done this") == 1
    assert "/appeal/" in page
    assert sinta.post(f"{ours}tick/", {"step": "close"}).status_code == 422
    assert sinta.post(f"{ours}tick/", {"step": "nonsense"}).status_code == 404
    for step in (Step.OBSERVE, Step.DELIVER, Step.CLOSE):
        assert sinta.post(f"{ours}tick/", {"step": step.value}).status_code == 302
    assert "somebody else checks" in sinta.get(ours).content.decode()
    refused = sinta.post(f"{ours}check/", {"state": "closed", "what": "Sudah tidak ada."})
    assert (refused.status_code, "somebody else checks" in refused.content.decode()) == (403, True)
    assert "Look for yourself" in bayu.get(ours).content.decode()
    assert bayu.post(f"{ours}check/", {"state": "closed", "what": "Sudah tidak ada."}).status_code == 302
    assert sinta.post(f"{ours}answer/", {"kind": "already"}).status_code == 409


def test_what_cannot_be_done_by_hand_is_said(world: World, operator: Operator, browser_of: Browsers) -> None:
    """A question or a refusal takes the place of the checklist, but not for a notice that the operator's contacts
    answer.
    """
    by_hand, other = asked(world, make_operator("tangan", "manual")), asked(world, operator, account="tamu-3")
    client = browser_of(world.reviewers[0])
    address = f"/console/operator-notices/{by_hand.number}/answer/"
    assert client.post(address, {"kind": "invalid_locator", "text": "Tidak ditemukan."}).status_code == 302
    assert Notice.objects.get(pk=by_hand.pk).state == NoticeState.ASKED_BACK
    assert client.post(address, {}).status_code == 422
    assert client.post(f"/console/operator-notices/{other.number}/answer/", {"kind": "already"}).status_code == 404


def test_only_an_authority_gets_the_form_for_data(world: World, operator: Operator, browser_of: Browsers) -> None:
    """An authority's supervisor asks and returns to the lists; missing fields are named one by one."""
    case_id = in_review(platform=operator.platform, account="tamu-4")
    client, address = browser_of(world.supervisor), f"/console/cases/K{case_id:06d}/data/"
    assert client.get(address).status_code == 403
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    assert "5 days" in client.get(address).content.decode()
    sent = {
        "authority": "Polisi Contoh",
        "purpose": "Mencari korban",
        "description": "Data pelanggan",
        "content": "yes",
        "offence": "UU 21/2007 Pasal 2",
    }
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "court" in refused.content.decode()
    assert "Mencari korban" in refused.content.decode()
    assert client.post(address, {**sent, "court_order": "12/Pen/2026"}).status_code == 302
    made = Notice.objects.get()
    contact = browser_of(operator.contact)
    contact.post(f"/console/notices/{made.number}/open/")
    assert "12/Pen/2026" in contact.get(f"/console/notices/{made.number}/").content.decode()


def test_empty_lists_say_so(world: World, operator: Operator, browser_of: Browsers) -> None:
    """Both sides read that nothing waits, and a new contact sees an explanation."""
    page = browser_of(operator.contact).get("/console/notices/").content.decode()
    assert "Nothing waits for you" in page
    assert "What happens next" in page
    assert "Nothing waits for us" in browser_of(world.reviewers[0]).get("/console/operator-notices/").content.decode()


def test_a_colleagues_receipt_does_not_make_a_newcomer_known(
    world: World, operator: Operator, browser_of: Browsers
) -> None:
    """The explanation is open for each contact who has opened no notice, even if colleagues have."""
    notice = asked(world, operator)
    known, unknown = browser_of(operator.contact), browser_of(operator.colleague)
    known.post(f"/console/notices/{notice.number}/open/")
    assert '<details class="card" open>' in unknown.get("/console/notices/").content.decode()
    assert '<details class="card">' in known.get("/console/notices/").content.decode()


def test_the_overview_says_what_is_late_and_which_mail_waits(
    world: World, operator: Operator, browser_of: Browsers
) -> None:
    """Without a mail server, mails are kept and shown."""
    asked(world, operator)
    page = browser_of(world.supervisor).get("/console/overview/").content.decode()
    assert "mails not sent" in page
    assert "no mail server is set" in page
