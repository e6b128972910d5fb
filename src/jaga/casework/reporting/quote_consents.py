"""Consent of a reporter to quote a sentence, asked in the mailbox, one sentence at a time.

Whoever wrote the sentence recognises it, and with it the reporter. So the reporter is told this and must agree. Consent
can be withdrawn until the sentence is used in an outgoing text. A refusal or silence has no effect on the report.
"""

from django.db import transaction
from django.utils.translation import gettext, override

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_text
from jaga.casework.reporting.mailbox import NobodyThere, open_report, write_message
from jaga.casework.reporting.quotable_text import occurs_in_report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.reports import MessageKind
from jaga.records.models import QuoteConsent, Report

LONGEST_SENTENCE = 500
MOST_ASKED = 10
ASKED = N_(
    "May we quote this sentence of yours in our letters to the account's holder or the app's operator?\n\n"
    "“%(sentence)s”\n\nWhoever wrote it to you may recognise you by it. You need not allow it: your report "
    "counts the same. Answer with “Yes” or “No” below."
)


class ConsentAskedBefore(Conflict):
    """The reporter was asked about this sentence before."""

    code = "consent_asked_already"
    sentence = N_("The reporter was asked about this sentence before.")
    remedy = N_("Go by the answer; without one, say only the kind of conduct.")


class ConsentSettled(Conflict):
    """The consent was answered or withdrawn before, or the sentence was used."""

    code = "consent_settled"
    sentence = N_("This was settled before: the sentence was answered about, taken back, or used already.")
    remedy = N_("Look at the page again.")


@transaction.atomic
def ask_consent(report_id: int, sentence: str, *, actor: Actor) -> int:
    """Ask the sender of this report whether a sentence may be quoted; returns the consent's id.

    Not in victim-first cases, whose contents stay closed. Raises NotPermitted, NotFound, NobodyThere,
    ConsentAskedBefore, ReportWithdrawn, MailboxClosed, InvalidInput (field `sentence`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    report = open_report(report_id, actor=actor)
    if report.case is None:
        raise NotFound
    if report.receipt_hash is None or report.officer_id is not None or report.case.victim_first:
        raise NobodyThere
    text = sentence.strip()
    errors = check_text("sentence", text, LONGEST_SENTENCE)
    if not text or not occurs_in_report(text, report):
        errors.append(FieldError("sentence", "not_theirs", N_("Copy a sentence as the reporter wrote it to us.")))
    if errors:
        raise InvalidInput(*errors)
    asked = list(report.consents.values_list("sentence", flat=True))
    if text in asked:
        raise ConsentAskedBefore
    if len(asked) >= MOST_ASKED:
        raise InvalidInput(
            FieldError("sentence", "too_many", N_("At most %(most)s sentences of one report."), {"most": MOST_ASKED})
        )
    row = QuoteConsent.objects.create(report=report, sentence=text, asked_by_id=person, asked_at=now())
    with override(report.language):
        write_message(report, MessageKind.NOTE, gettext(ASKED) % {"sentence": text}, by=person)
    append("ask_consent", {"report": report.pk, "consent": row.pk}, actor=actor, case_id=report.case.pk)
    return row.pk


@transaction.atomic
def answer_consent(report_id: int, consent_id: int, *, agreed: bool, actor: Actor) -> None:
    """Store the reporter's answer, once. Raises NotFound, ConsentSettled."""
    row = _own(report_id, consent_id)
    if row.agreed is not None or row.report.withdrawn_at is not None:
        raise ConsentSettled
    row.agreed, row.answered_at = agreed, now()
    row.save(update_fields=["agreed", "answered_at"])
    append("answer_consent", {"consent": row.pk, "agreed": agreed}, actor=actor, case_id=row.report.case_id)


@transaction.atomic
def withdraw_consent(report_id: int, consent_id: int, *, actor: Actor) -> None:
    """Withdraw a consent, even after the decision, unless the sentence was used.

    Irreversible.

    Raises NotFound, ConsentSettled.
    """
    row = _own(report_id, consent_id)
    if not row.may_be_quoted or row.used_at is not None:
        raise ConsentSettled
    row.withdrawn_at = now()
    row.save(update_fields=["withdrawn_at"])
    append("withdraw_consent", {"consent": row.pk}, actor=actor, case_id=row.report.case_id)


def _own(report_id: int, consent_id: int) -> QuoteConsent:
    """The consent, locked, of a report whose receipt the caller has checked.

    Raises NotFound; officers are not asked.
    """
    Report.objects.select_for_update(of=("self",)).filter(pk=report_id).first()
    row = (
        QuoteConsent.objects.select_for_update(of=("self",))
        .select_related("report")
        .filter(pk=consent_id, report_id=report_id, report__receipt_hash__isnull=False)
        .first()
    )
    if row is None:
        raise NotFound
    return row
