"""Orders: an authority's letter and the accounts it names (MR5 art. 14-16).

A ministry's letter is an order in law.

Each account becomes a report in its own case, decided by people as usual. All accounts are filed or none; errors are
returned for each account.

Clarification of an authority's request: we ask what cannot be found, and the officer corrects it.

The legal deadline continues meanwhile. Messages are those of `reporting.verbs.mailbox`.

Requests on one account (MR5 art. 14-16), handled as orders with one account.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from jaga.authorities.models import LocatorVersion, Order
from jaga.authorities.verbs.validation import (
    CheckedAccount,
    NewAccount,
    NewOrder,
    check_letter_and_accounts,
    content_of,
    letter_is_changed,
)
from jaga.cases.models.reports import AuthorityRequest
from jaga.cases.verbs.accounts import FiledReport, find_subject, keep_name
from jaga.cases.verbs.evidence import Upload, media_type, seal
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.outside import HeldReason, ProofKind
from jaga.core.terms.people import OrganisationKind, RegistrationStatus, Role
from jaga.core.terms.reports import Channel, MessageKind, ReportForm
from jaga.people.models import Organisation, Person
from jaga.people.reads.roster import registration_status
from jaga.people.verbs.api_keys import STEPPED_UP, NotProven, OrderProof, use_up, was_used
from jaga.policy.release import load_release
from jaga.reporting.verbs.filing import draw_numbers
from jaga.reporting.verbs.mailbox import MailboxClosed, ReportWithdrawn, withdraw_report, write_back, write_to_reporter
from jaga.reporting.verbs.merging import filed, open_case_with
from jaga.reporting.verbs.new_reports import report_of_authority
from jaga.store import vault
from jaga.store.codes import new_receipt, receipt_hash
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_text, required_text
from jaga.store.key_numbers import number_key

ASKED = (MessageKind.INVALID_LOCATOR, MessageKind.WRONG_SCREENSHOT, MessageKind.QUESTION)


@transaction.atomic
def ask_officer(report_id: int, kind: MessageKind, text: str, *, actor: Actor) -> int:
    """Ask the officer of a request: invalid locator, wrong screenshot, or a question.

    Returns the message's id.

    Raises NotFound for a report that is not a request, InvalidInput, and as `mailbox.write_to_reporter`.
    """
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    if not AuthorityRequest.objects.filter(report_id=report_id).exists():
        raise NotFound
    if kind not in ASKED:
        raise InvalidInput(FieldError("kind", "unknown", N_("Choose what is unclear from the list.")))
    return write_to_reporter(report_id, text, kind=kind, actor=actor)


@transaction.atomic
def answer_clarification(report_id: int, text: str, locator: str = "", *, actor: Actor, proof: OrderProof) -> int:
    """Store the officer's answer, and a corrected locator if given; earlier locators are kept.

    Returns the message's id.

    Raises NotFound for another officer's request, NotProven, InvalidInput, and as `mailbox.write_back`; then nothing is
    stored.
    """
    person = actor.require(Role.OFFICER)
    request = AuthorityRequest.objects.filter(report_id=report_id, report__officer_id=person).first()
    if request is None:
        raise NotFound
    if registration_status(person) is not RegistrationStatus.ACTIVE:
        raise NotProven(HeldReason.NOT_IN_STANDING)
    corrected = locator.strip()
    errors = check_text("locator", locator, 500)
    if errors:
        raise InvalidInput(*errors)
    use_up(person, proof)
    answer = f"{text.strip()}\n\n{corrected}" if corrected and text.strip() else text
    message = write_back(report_id, answer, actor=actor)
    if corrected:
        LocatorVersion.objects.create(request=request, locator=corrected, by_id=person, at=now())
        append(
            "correct_locator", {"report": report_id, "message": message}, actor=actor, case_id=request.report.case_id
        )
    return message


_CHANNELS = {
    OrganisationKind.MINISTRY: Channel.MINISTRY,
    OrganisationKind.POLICE: Channel.POLICE,
    OrganisationKind.AGENCY: Channel.AGENCY,
}


class RequestRepeated(Conflict):
    """The same letter with the same accounts was filed before, for instance after a lost response."""

    code = "request_repeated"
    sentence = N_("A letter with the number %(number)s is already on record, as it stands here: %(order)s.")
    remedy = N_("Follow the first one, or send a new letter with a number of its own.")


class AlreadyWithdrawn(Conflict):
    """The order was withdrawn before."""

    code = "already_withdrawn"
    sentence = N_("This order was withdrawn before.")
    remedy = N_("Nothing needs to be done.")


class AllDecided(Conflict):
    """Every account of the order is decided."""

    code = "all_decided"
    sentence = N_("Each account of this order is decided, so there is nothing left to withdraw.")
    remedy = N_("Where a decision was wrong, write to the operator; the account holder can appeal.")


@dataclass(frozen=True)
class FiledOrder:
    """The acknowledgement, with one report for each account in the order given."""

    order_id: int
    number: str
    form: ReportForm
    reports: tuple[FiledReport, ...]


def check_order(new: NewOrder, *, actor: Actor) -> None:
    """Validate an order as `file_order` does, without storing it. Raises InvalidInput, NotPermitted."""
    _, kind = _officer(actor)
    check_letter_and_accounts(new, kind)


def file_order(new: NewOrder, *, actor: Actor, proof: OrderProof) -> FiledOrder:
    """File a registered officer's letter: one report in a case for each account, in one commit.

    An order is not executed automatically; people decide on each account. Raises InvalidInput with the errors of each
    account, RequestRepeated, NotPermitted for anybody but an authority's officer, and NotProven if the proof fails;
    then nothing is stored, and `authorities.verbs.held_requests` may hold it.
    """
    officer, kind = _officer(actor)
    if registration_status(officer.pk) is not RegistrationStatus.ACTIVE:
        raise NotProven(HeldReason.NOT_IN_STANDING)
    checked = check_letter_and_accounts(new, kind)
    content = content_of(new, checked)
    _refuse_repeat(officer, new, content)
    if was_used(officer.pk, proof):
        raise NotProven(HeldReason.REPLAYED_MESSAGE)
    if proof.kind is not ProofKind.CALL_BACK:  # after a call-back the supervisor knows which letter it is
        if letter_is_changed(new):
            raise NotProven(HeldReason.CHANGED_LETTER)
        if _earlier(officer.organisation_id, new).exists():
            _refuse_repeat(officer, new, content)  # sent twice concurrently
            raise NotProven(HeldReason.REPLAYED_NUMBER)
    try:
        with transaction.atomic():
            use_up(officer.pk, proof)
            return _file(new, checked, content, officer, kind, proof, actor)
    except IntegrityError as refused:
        if "records_letter_number_once" not in str(refused):
            raise
        _refuse_repeat(officer, new, content)  # sent twice concurrently
        raise NotProven(HeldReason.REPLAYED_NUMBER) from None


def _file(
    new: NewOrder,
    checked: list[CheckedAccount],
    content: str,
    officer: Person,
    kind: OrganisationKind,
    proof: OrderProof,
    actor: Actor,
) -> FiledOrder:
    assert new.letter
    assert new.letter_date
    form = ReportForm.ORDER if kind is OrganisationKind.MINISTRY else ReportForm.REQUEST
    letter = vault.seal(new.letter.content, None)
    order = Order.objects.create(
        organisation=officer.organisation,
        officer=officer,
        form=form,
        letter_number=new.letter_number.strip(),
        number_key=number_key(new.letter_number),
        copy=_copy(officer.organisation_id, new, proof),
        letter_date=new.letter_date,
        letter_sha256=letter,
        content_sha256=content,
        legal_basis=new.legal_basis,
        legal_analysis=new.legal_analysis,
        urgent=new.urgent,
        urgent_reason=new.urgent_reason,
        wants_export=new.wants_export,
        court_order=new.court_order.strip(),
        proof=proof.kind,
        signing_key_id=proof.key_id,
        message_id=proof.message_id,
        signed_at=proof.signed_at,
        signature=proof.signature,
        body_sha256=vault.seal(proof.body, None) if proof.body else "",
        held_id=proof.held_id,
        filed_at=now(),
    )
    # In one order, so that two orders on the same accounts cannot deadlock.
    places = sorted(
        range(len(checked)), key=lambda at: (checked[at].platform.pk, checked[at].account_id, checked[at].new.category)
    )
    reports = {at: _file_account(order, new, checked[at], officer, kind, actor) for at in places}
    append(
        "file_order",
        {
            "order": order.pk,
            "form": form,
            "organisation": order.organisation_id,
            "accounts": len(reports),
            "proof": proof.kind,
            "letter": letter,
            "signed_by": proof.key_id,
            "held": proof.held_id,
        },
        actor=actor,
        case_id=None,
    )
    return FiledOrder(order.pk, order.number, form, tuple(reports[at] for at in range(len(checked))))


def _file_account(
    order: Order, new: NewOrder, one: CheckedAccount, officer: Person, kind: OrganisationKind, actor: Actor
) -> FiledReport:
    assert new.letter
    authority: Organisation = officer.organisation
    (drawn,) = draw_numbers(1)
    receipt = new_receipt(drawn.report)
    report = report_of_authority(
        find_subject(one.platform, one.account_id, one.new.account.strip()),
        one.new.category,
        channel=_CHANNELS[kind],
        form=ReportForm(order.form),
        source=f"organisation:{authority.pk}",
        origin_ref=order.letter_number if order.copy == 1 else f"{order.letter_number} ({order.copy})",
        text=one.new.text,
        conduct_on=one.new.conduct_on,
    )
    report.pk, report.receipt_hash, report.language = drawn.report, receipt_hash(receipt), officer.language
    report.organisation, report.officer = authority, officer
    case = open_case_with(report, load_release(), urgent=new.urgent)
    keep_name(case, report, one.account_id, actor=actor)
    AuthorityRequest.objects.create(
        report=report,
        order=order,
        organisation=authority,
        letter_number=order.letter_number,
        letter_date=order.letter_date,
        legal_basis=order.legal_basis,
        legal_analysis=order.legal_analysis,
        locator=one.new.locator,
        wants_export=order.wants_export,
        court_order=order.court_order,
        urgent_reason=order.urgent_reason,
    )
    for number, upload in enumerate(one.new.screenshots, 1):
        seal(
            case,
            report,
            EvidenceKind.SCREENSHOT,
            f"report-{report.pk}-screenshot-{number}",
            upload.content,
            media=media_type(upload.content) or "application/octet-stream",
            actor=actor,
        )
    seal(
        case,
        report,
        EvidenceKind.LETTER,
        f"report-{report.pk}-letter",
        new.letter.content,
        media=media_type(new.letter.content) or "application/octet-stream",
        actor=actor,
    )
    return filed(
        report,
        case,
        receipt,
        actor,
        verb="file_request",
        organisation=authority.pk,
        order=order.pk,
        legal_basis=order.legal_basis,
        urgent=report.urgent,
    )


def withdraw_order(order_id: int, why: str, *, actor: Actor, proof: OrderProof) -> int:
    """Withdraw the undecided accounts of the officer's own order; returns how many.

    Irreversible.

    They no longer count as sources; each case continues. Raises NotFound for another officer's order, AlreadyWithdrawn,
    AllDecided, InvalidInput, NotProven.
    """
    with transaction.atomic():
        order = _own_order(order_id, actor)
        if order.withdrawn_at is not None:
            raise AlreadyWithdrawn
        required_text("why", why, least=1, most=2000)
        use_up(order.officer_id, proof)
        withdrawn = sum(
            _withdraw(number, why, actor)
            for number in order.requests.order_by("report_id").values_list("report_id", flat=True)
        )
        if not withdrawn:
            raise AllDecided
        order.withdrawn_at, order.withdrawn_why = now(), why.strip()
        order.save(update_fields=["withdrawn_at", "withdrawn_why"])
        append("withdraw_order", {"order": order.pk, "accounts": withdrawn}, actor=actor, case_id=None)
    return withdrawn


def _withdraw(report_id: int, why: str, actor: Actor) -> bool:
    try:
        withdraw_report(report_id, why, actor=actor)
    except (MailboxClosed, ReportWithdrawn):  # decided meanwhile, so it stands
        return False
    return True


def _own_order(order_id: int, actor: Actor) -> Order:
    person = actor.require(Role.OFFICER)
    if registration_status(person) is not RegistrationStatus.ACTIVE:
        raise NotProven(HeldReason.NOT_IN_STANDING)
    order = Order.objects.select_for_update().filter(pk=order_id, officer_id=person).first()
    if order is None:
        raise NotFound
    return order


def _officer(actor: Actor) -> tuple[Person, OrganisationKind]:
    officer = Person.objects.select_related("organisation").get(pk=actor.require(Role.OFFICER))
    kind = OrganisationKind(officer.organisation.kind)
    if kind not in _CHANNELS:
        raise NotPermitted
    return officer, kind


def _earlier(organisation_id: int, new: NewOrder) -> QuerySet[Order]:
    return Order.objects.filter(organisation_id=organisation_id, number_key=number_key(new.letter_number))


def _copy(organisation_id: int, new: NewOrder, proof: OrderProof) -> int:
    if proof.kind is not ProofKind.CALL_BACK:
        return 1
    last = _earlier(organisation_id, new).order_by("-copy").values_list("copy", flat=True).first()
    return (last or 0) + 1


def _refuse_repeat(officer: Person, new: NewOrder, content: str) -> None:
    same = _earlier(officer.organisation_id, new).filter(officer=officer, content_sha256=content).first()
    if same is not None:
        raise RequestRepeated(number=new.letter_number.strip(), order=same.number)


@dataclass(frozen=True)
class NewRequest:
    """A request on one account, with the fields of MR5 art. 16(4). A ministry's is an order."""

    platform: str
    account: str
    category: str
    letter_number: str
    letter_date: date | None
    legal_basis: str
    legal_analysis: str
    locator: str
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    letter: Upload | None = field(default=None, repr=False)
    text: str = ""
    conduct_on: date | None = None
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""
    letter_sha256: str = ""


def as_order(new: NewRequest) -> NewOrder:
    """The request as an order whose errors name the fields of a request."""
    account = NewAccount(
        new.platform, new.account, new.category, new.locator, new.screenshots, new.text, new.conduct_on
    )
    return NewOrder(
        new.letter_number,
        new.letter_date,
        new.legal_basis,
        new.legal_analysis,
        (account,),
        new.letter,
        new.letter_sha256,
        new.urgent,
        new.urgent_reason,
        new.wants_export,
        new.court_order,
        single=True,
    )


def check_request(new: NewRequest, *, actor: Actor) -> None:
    """Validate a request as `file_request` does, without storing it.

    Raises InvalidInput, NotPermitted.

    The API also calls it when a field could not be parsed, so that one response names all errors.
    """
    check_order(as_order(new), actor=actor)


def file_request(new: NewRequest, *, actor: Actor, proof: OrderProof = STEPPED_UP) -> FiledReport:
    """File a registered officer's request or order on one account.

    Raises as `authorities.verbs.orders.file_order`.

    The caller has verified `proof`. The default is the console's: a second factor was confirmed just before.
    """
    (report,) = file_order(as_order(new), actor=actor, proof=proof).reports
    return report
