"""Requests of authorities (MR5 art. 14-16). Each names a registered officer; a missing field is refused by name."""

from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction

from jaga.casework.evidence import Upload, check_uploads, media_type, seal
from jaga.casework.intake import (
    FiledReport,
    check_conduct,
    check_subject,
    check_text,
    filed,
    find_subject,
    open_case_with,
)
from jaga.casework.names import keep_name
from jaga.core.actors import Actor
from jaga.core.clock import has_begun, today
from jaga.core.errors import N_, Conflict, FieldError, NotPermitted
from jaga.core.terms import Channel, EvidenceKind, OrganisationKind, ReportForm, Role
from jaga.policy import load_release
from jaga.records.codes import new_receipt, receipt_hash, source_key
from jaga.records.models import AuthorityRequest, Organisation, Person, Report

MAX_ANALYSIS = 20_000
_IMAGES_AND_PDF = ("image/png", "image/jpeg", "image/webp", "application/pdf")
_CHANNELS = {
    OrganisationKind.MINISTRY: Channel.MINISTRY,
    OrganisationKind.POLICE: Channel.POLICE,
    OrganisationKind.AGENCY: Channel.AGENCY,
}


class RequestRepeated(Conflict):
    """The letter's number was already used for this account and category: a repeat, or a replay."""

    code = "request_repeated"
    sentence = N_("A request with the number %(number)s for this account is already on record.")
    remedy = N_("Follow the first one, or send a new letter with a number of its own.")


@dataclass(frozen=True)
class NewRequest:
    """An authority's request on one account, with the fields of MR5 art. 16(4). The ministry's is an order."""

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


def _required(new: NewRequest) -> list[FieldError]:
    errors = []
    for name in ("letter_number", "legal_basis", "legal_analysis", "locator"):
        if not getattr(new, name).strip():
            errors.append(FieldError(name, "missing", N_("This field is required by MR5 art. 16(4).")))
    if new.letter_date is None:
        errors.append(FieldError("letter_date", "missing", N_("This field is required by MR5 art. 16(4).")))
    elif not has_begun(new.letter_date):
        errors.append(FieldError("letter_date", "in_the_future", N_("This day has not come yet.")))
    if new.letter is None:
        errors.append(FieldError("letter", "missing", N_("This field is required by MR5 art. 16(4).")))
    if not new.screenshots:
        errors.append(FieldError("screenshots", "missing", N_("This field is required by MR5 art. 16(4).")))
    if new.urgent and not new.urgent_reason.strip():
        errors.append(FieldError("urgent_reason", "missing", N_("Say why four hours are needed (MR5 art. 14(3)).")))
    return errors


def _content(new: NewRequest) -> list[FieldError]:
    errors = [
        *check_text("text", new.text), *check_text("legal_analysis", new.legal_analysis, MAX_ANALYSIS),
        *check_text("letter_number", new.letter_number, 120), *check_text("legal_basis", new.legal_basis, 60),
        *check_text("locator", new.locator, 500), *check_text("urgent_reason", new.urgent_reason),
        *check_text("court_order", new.court_order, 120), *check_conduct("conduct_on", new.conduct_on),
        *check_uploads("screenshots", new.screenshots, _IMAGES_AND_PDF),
    ]
    if new.letter:
        errors.extend(check_uploads("letter", (new.letter,), _IMAGES_AND_PDF))
    return errors


def _legal(new: NewRequest, kind: OrganisationKind) -> list[FieldError]:
    release = load_release()
    if new.category not in {known.key for known in release.categories} or not new.legal_basis.strip():
        return []  # said already, under the field itself
    errors = []
    known = {basis.key for basis in release.legal_bases_for(new.category, new.conduct_on or today(), kind)}
    if new.legal_basis not in known:
        errors.append(FieldError(
            "legal_basis", "does_not_fit",
            N_("This legal basis does not fit the category, the day of the conduct or your authority. "
               "Fitting: %(keys)s"),
            {"keys": ", ".join(sorted(known)) or "-"},
        ))
    if new.urgent and not release.may_be_urgent(new.category):
        errors.append(FieldError("urgent", "not_urgent", N_("The law knows no urgent request for this category.")))
    return errors


def _officer(actor: Actor) -> tuple[Person, OrganisationKind]:
    officer = Person.objects.select_related("organisation").get(pk=actor.require(Role.OFFICER))
    kind = OrganisationKind(officer.organisation.kind)
    if not kind.is_authority:
        raise NotPermitted
    return officer, kind


def check_request(new: NewRequest, *, actor: Actor) -> None:
    """What `file_request` would refuse, without storing anything. Raises InvalidInput naming each field.

    The API asks it too where a field could not even be read, so that one answer names every field.
    """
    _, kind = _officer(actor)
    errors = [*_required(new), *_content(new), *_legal(new, kind)]
    check_subject(new.platform, new.account, new.category, errors)


def file_request(new: NewRequest, *, actor: Actor) -> FiledReport:
    """Accept a registered officer's request or order; it becomes a report in the case of its subject and category.

    It is not obeyed blindly: people decide on the case as on any other. Raises InvalidInput naming each field,
    RequestRepeated for a number used before, NotPermitted for anybody but an officer of an authority.
    """
    officer, kind = _officer(actor)
    authority: Organisation = officer.organisation
    errors = [*_required(new), *_content(new), *_legal(new, kind)]
    platform, account_id = check_subject(new.platform, new.account, new.category, errors)
    assert new.letter_date
    receipt = new_receipt()
    try:
        with transaction.atomic():
            report = Report(
                subject=find_subject(platform, account_id, new.account.strip()),
                channel=_CHANNELS[kind],
                form=ReportForm.ORDER if kind is OrganisationKind.MINISTRY else ReportForm.REQUEST,
                category=new.category,
                text=new.text,
                language=officer.language,
                conduct_on=new.conduct_on or today(),
                source_key=source_key(f"organisation:{authority.pk}"),
                organisation=authority,
                officer=officer,
                receipt_hash=receipt_hash(receipt),
                origin_ref=new.letter_number.strip(),
            )
            case = open_case_with(report, load_release(), urgent=new.urgent)
            keep_name(case, report, account_id, actor=actor)
            AuthorityRequest.objects.create(
                report=report, organisation=authority, letter_number=new.letter_number.strip(),
                letter_date=new.letter_date, legal_basis=new.legal_basis, legal_analysis=new.legal_analysis,
                locator=new.locator, wants_export=new.wants_export, court_order=new.court_order.strip(),
                urgent_reason=new.urgent_reason,
            )
            for number, upload in enumerate(new.screenshots, 1):
                seal(case, report, EvidenceKind.SCREENSHOT, f"report-{report.pk}-screenshot-{number}", upload.content,
                     media=media_type(upload.content) or "application/octet-stream", actor=actor)
            if new.letter:
                seal(case, report, EvidenceKind.LETTER, f"report-{report.pk}-letter", new.letter.content,
                     media=media_type(new.letter.content) or "application/octet-stream", actor=actor)
            return filed(report, case, receipt, actor, verb="file_request", organisation=authority.pk,
                         legal_basis=new.legal_basis, urgent=report.urgent)
    except IntegrityError as refused:
        if "records_request_number_once" in str(refused):
            raise RequestRepeated(number=new.letter_number) from None
        raise
