"""Private messages are quoted in no outgoing text: neither words, nor days, nor places."""

from datetime import date, timedelta

import pytest
from tests.casework.operator_world import handed_over, make_operator
from tests.casework.operators.test_escalation import text_of
from tests.factories import CATEGORY, World, ballot, in_review, new_request, rows, the_action, vote

from jaga.actions.verbs.attempts import holder_text
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Letter, Statement
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import HOLDER, PUBLIC
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import AnswerKind, EscalationStage
from jaga.decisions.verbs import voting
from jaga.operators.models import Notice, NoticeEntry, OperatorLetter, OutgoingMail
from jaga.operators.verbs import answers, notices
from jaga.operators.verbs import notices as objections
from jaga.operators.verbs.escalation import prepare_letter, release_letter
from jaga.policy.local_time import today
from jaga.queue.verbs import leases
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.quotable_text import record_public_words
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry
from jaga.store.vault import unseal
from jaga.webhooks.models import WebhookDelivery

ALONE = "Temui aku di warung Kenari jam sembilan, bawa paspormu"
PLACE = "https://obrolan.example/pribadi/77-kenari"
KIND = "Akun ini memaksa orang bertemu dan mengancam."
CLOSE, RESTRICT = DecisionKind.CLOSE, DecisionKind.RESTRICT


def written_to_one() -> int:
    """A case about a message that only the reporter received, some time ago."""
    return in_review(
        text=f'Dia menulis kepada saya: "{ALONE}". Saya takut. Nomornya 0812-5550-9911.',
        links=(PLACE,),
        conduct_on=today() - timedelta(days=9),
        good_faith=False,
    )


def refused(case_id: int, facts: str, world: World) -> str:
    """The words that were found; asserts that nothing changed."""
    fence = leases.take_lease(case_id, actor=world.reviewers[0]).fence
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        voting.cast_vote(case_id, fence, ballot(case_id, CLOSE, facts=facts), actor=world.reviewers[0])
    assert rows() == before
    (error,) = refusal.value.errors
    assert (error.field, error.code) == ("facts", "quotes_private")
    return str(error.params["words"])


def spoken(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


@pytest.mark.parametrize(
    "facts",
    [
        f"Akun ini menulis: {ALONE}.",
        "Ia berkata TEMUI   aku di Warung kenari.",
        "Ia meminta orang: bawa paspormu, lalu datang. Nomor +62 8125 5509 911 dan 081255509911.",
        f"Buktinya ada di {PLACE} dan jelas.",
        "day",
    ],
)
def test_a_private_message_is_not_quoted_in_facts(world: World, facts: str) -> None:
    """However it is written; also its day, its link and a number in it. The voter sees what was found."""
    case_id = written_to_one()
    if facts == "day":
        facts = f"Pada {spoken(Case.objects.get(pk=case_id).conduct_on)} akun ini mengancam."
    assert refused(case_id, facts, world)


def test_the_kind_of_conduct_can_always_be_said(world: World) -> None:
    """And so can words that are in no report."""
    case_id = written_to_one()
    assert vote(case_id, CLOSE, world.reviewers[0], facts=KIND)


def test_what_a_reporter_wrote_later_or_picked_from_a_chat_counts_too(world: World) -> None:
    """The mailbox, and selected messages, of which only the original is stored."""
    picked = "besok malam kamu harus ikut aku ke pelabuhan"
    case_id = in_review(text="Tolong.", picked=(picked,))
    mailbox.write_back(Report.objects.get().pk, ALONE, actor=PUBLIC)
    assert refused(case_id, f"Katanya: {picked}.", world) in picked
    assert refused(case_id, f"Katanya: {ALONE}.", world)


def test_recorded_public_words_may_be_quoted_and_name_who_recorded_them(world: World) -> None:
    """One person on the case read them in public; the ledger has who, and the original no name."""
    case_id = written_to_one()
    advert = "temui aku di warung kenari"
    facts = f"Di profil publik tertulis: {advert}, setiap hari."
    assert refused(case_id, facts, world) == advert
    with pytest.raises(InvalidInput):
        record_public_words(case_id, "", "", actor=world.reviewers[1])
    number = record_public_words(case_id, advert.title(), "Profil publik, dibaca hari ini", actor=world.reviewers[1])
    assert vote(case_id, CLOSE, world.reviewers[0], facts=facts)
    entry = LedgerEntry.objects.get(verb="record_public_words")
    assert (entry.actor, entry.payload["evidence"]) == (f"person:{world.reviewers[1].person_id}", number)
    assert str(world.reviewers[1].person_id) not in Evidence.objects.get(pk=number).name


def test_what_one_person_got_stands_in_nothing_that_goes_out(world: World) -> None:
    """Through a whole case: two votes, notice and portal, mail, escalation with its PDF, objection, appeal, officer,
    reporters.
    """
    operator = make_operator()
    case_id = in_review(
        platform=operator.platform,
        account="tamu-77",
        links=(PLACE,),
        text=f'Dia menulis kepada saya: "{ALONE}". Saya takut.',
        conduct_on=today() - timedelta(days=9),
    )
    requests.file_request(
        new_request(platform=operator.platform, account="tamu-77", category=CATEGORY, locator="tamu-77"),
        actor=world.officer,
    )
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, facts=KIND)
    action, code = the_action(case_id), appeal_code(Decision.objects.get().pk)
    notice = handed_over(action.pk, received=True)
    with pytest.raises(InvalidInput):
        notices.withdraw_notice(notice.pk, f"Sebab: {ALONE}.", actor=world.supervisor)
    answers.answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Akun yang mana?", actor=operator.contact)
    with pytest.raises(InvalidInput):
        notices.clarify_notice(notice.pk, f"Yang menulis: {ALONE}.", actor=world.reviewers[0])
    notices.clarify_notice(notice.pk, "Akun yang disebut di atas.", actor=world.reviewers[0])
    number = objections.object_to(notice.pk, "Menurut kami keliru.", actor=operator.contact)
    with pytest.raises(InvalidInput):
        objections.decide_objection(number, accept=False, reasons=f"Ia menulis {ALONE}.", actor=world.supervisor)
    objections.decide_objection(number, accept=False, reasons="Pelanggarannya jelas.", actor=world.supervisor)
    with frozen(now() + timedelta(days=9)):
        letter = prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        release_letter(letter, actor=world.supervisor)
    appeal = appeals.file_appeal(code, "Saya tidak berbuat apa-apa.", actor=HOLDER)
    with pytest.raises(InvalidInput):
        appeals.decide_appeal(appeal.pk, overturn=False, reasons=f"Anda menulis {ALONE}.", actor=world.reviewers[2])
    appeals.decide_appeal(appeal.pk, overturn=False, reasons="Bukti sudah diperiksa lagi.", actor=world.reviewers[2])
    appeal.refresh_from_db()
    out = [holder_text(action.pk)[0], appeal.reasons, str(notices.message_of(notice.pk))]
    out += [text_of(unseal(one.pdf_sha256, one.notice.case.key_owner())) for one in OperatorLetter.objects.all()]
    for model, fields in (
        (Statement, ("body_id", "body_en")),
        (Letter, ("body",)),
        (Notice, ("facts", "data_wanted")),
        (NoticeEntry, ("text",)),
        (OperatorLetter, ("body_id", "body_en")),
        (OutgoingMail, ("subject", "body")),
        (WebhookDelivery, ("body",)),
    ):
        out += [str(value) for row in model._default_manager.values_list(*fields) for value in row]
    assert len(out) > 15
    day = Report.objects.order_by("pk")[0].conduct_on
    for text in out:
        for secret in ("kenari", "paspor", "sembilan", PLACE, spoken(day), day.isoformat()):
            assert secret not in text.casefold(), (secret, text)
