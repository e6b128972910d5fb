"""Reports of the public come in; `requests` and `watching` use the same way for authorities and watches.

Report, evidence, case, ledger entry and the promised triage are one commit; the receipt is given only after it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction

from jaga.casework.evidence import Upload, check_uploads, media_type, seal
from jaga.casework.names import keep_name
from jaga.casework.promises import TRIAGE, promise
from jaga.casework.proof import enter, promise_note
from jaga.casework.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import has_begun, now, today
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import BY_HANDLE, is_stable, parse_account
from jaga.core.terms import Channel, EvidenceKind, Language, ReportForm, SubjectKind
from jaga.policy import PolicyRelease, load_release
from jaga.records.codes import new_receipt, receipt_hash, source_key
from jaga.records.models import Case, Platform, Report, ReporterIdentity, Subject

MAX_TEXT = 5000
MAX_LINKS = 5


@dataclass(frozen=True)
class NewReport:
    """A public report as the form or a client gave it. Only platform, account and category are needed.

    With name, contact, screenshot, text and good faith it is a notice (MR5 art. 15(2)); otherwise a report, which is
    handled all the same. `source` is what makes its voice independent: a contact, or the network it came from.
    """

    platform: str
    account: str
    category: str
    source: str = field(repr=False)
    text: str = ""
    links: tuple[str, ...] = ()
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    good_faith: bool = False
    conduct_on: date | None = None
    language: Language = Language.INDONESIAN


@dataclass(frozen=True)
class FiledReport:
    """What the reporter is told: the receipt once, the deadline, and the signed promise of the ledger."""

    report_id: int
    case_id: int
    case_reference: str
    due_at: datetime
    form: ReportForm
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)


def find_platform(name: str) -> Platform | None:
    """The platform of that name."""
    return None if check_text("platform", name, 60) else Platform.objects.filter(name=name).first()


def check_subject(platform_name: str, account: str, category: str, errors: list[FieldError]) -> tuple[Platform, str]:
    """Platform and account id, or the errors that forbid them. Raises InvalidInput when neither can be made out."""
    platform = find_platform(platform_name)
    readable = platform and not check_text("account", account)
    account_id = parse_account(platform.adapter, platform.server_name, account) if platform and readable else None
    if platform is None:
        errors.append(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    elif not account.strip():
        errors.append(FieldError("account", "missing", N_("Say which account it is.")))
    elif account_id is None:
        errors.append(FieldError("account", "not_an_account",
                                 N_("This does not look like an account on %(platform)s. Copy its name or link."),
                                 {"platform": platform.display_name}))
    if category not in {known.key for known in load_release().categories}:
        errors.append(FieldError("category", "unknown", N_("Choose what happens from the list.")))
    if errors or platform is None or account_id is None:
        raise InvalidInput(*errors)
    return platform, account_id


def check_text(name: str, text: str, most: int = MAX_TEXT) -> list[FieldError]:
    """Refuse what PostgreSQL cannot store and what is too long to be read by a person."""
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return [FieldError(name, "not_text", N_("This contains characters that are not text."))]
    if len(text) > most:
        return [FieldError(name, "too_long", N_("At most %(most)s characters."), {"most": most})]
    return []


def check_conduct(name: str, conduct_on: date | None) -> list[FieldError]:
    """A conduct cannot lie in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def file_report(new: NewReport, *, actor: Actor) -> FiledReport:
    """Accept a public report, merge it into the open case of its subject and category, and promise its triage.

    Nothing accepted is lost: everything is one commit. Raises InvalidInput field by field; then nothing is stored.
    """
    release = load_release()
    errors = [*check_text("text", new.text), *check_uploads("screenshots", new.screenshots),
              *check_text("name", new.name, 120), *check_text("contact", new.contact, 200),
              *check_conduct("conduct_on", new.conduct_on)]
    if len(new.links) > MAX_LINKS:
        errors.append(FieldError("links", "too_many", N_("At most %(most)s links."), {"most": MAX_LINKS}))
    for link in new.links:
        errors.extend(check_text("links", link, 500))
    platform, account_id = check_subject(new.platform, new.account, new.category, errors)
    if new.screenshots and release.category(new.category).victim_first:
        raise InvalidInput(FieldError("screenshots", "not_here", N_(
            "For this kind of report pictures are not taken, to protect the person in them. Describe it in words.")))
    is_notice = bool(new.name and new.contact and new.screenshots and new.text and new.good_faith)
    receipt = new_receipt()
    with transaction.atomic():
        subject = find_subject(platform, account_id, new.account.strip())
        report = Report(
            subject=subject,
            channel=Channel.PUBLIC,
            form=ReportForm.NOTICE if is_notice else ReportForm.REPORT,
            category=new.category,
            text=new.text,
            place="\n".join(new.links),
            language=new.language,
            conduct_on=new.conduct_on or today(),
            source_key=source_key(new.source),
            receipt_hash=receipt_hash(receipt),
        )
        case = open_case_with(report, release)
        keep_name(case, report, account_id, actor=actor)
        if new.name or new.contact:
            ReporterIdentity.objects.create(report=report, name=new.name, contact=new.contact)
        for number, upload in enumerate(new.screenshots, 1):
            media = media_type(upload.content) or "application/octet-stream"
            seal(case, report, EvidenceKind.SCREENSHOT, f"report-{report.pk}-screenshot-{number}", upload.content,
                 media=media, actor=actor)
        if new.links:
            seal(case, report, EvidenceKind.LINK, f"report-{report.pk}-links.txt", "\n".join(new.links).encode(),
                 media="text/plain", actor=actor)
        return filed(report, case, receipt, actor)


def find_subject(platform: Platform, account_id: str, handle: str, *, by_handle: bool = True) -> Subject:
    """The subject, made at its first report.

    A handle leads to the account that last had it, which is a guess: it may be somebody else's since. So whose it is
    now is looked up for each report before it counts (`casework.identify`); where nobody looks it up, say
    `by_handle=False`, and the handle stands for itself until then.
    """
    if by_handle and not is_stable(platform.adapter, account_id):
        had_it = Subject.objects.filter(platform=platform, kind=SubjectKind.ACCOUNT, handle=account_id)
        known = next((one for one in had_it.order_by("-pk") if is_stable(platform.adapter, one.account_id)), None)
        if known:
            return known
    named = account_id not in handle or platform.adapter not in BY_HANDLE  # an id in a link is not what people call it
    subject, _ = Subject.objects.get_or_create(
        platform=platform, kind=SubjectKind.ACCOUNT, account_id=account_id,
        defaults={"handle": handle[:300] if named else "", "first_seen_at": now()},
    )
    return subject


def open_case_with(report: Report, release: PolicyRelease, *, urgent: bool = False) -> Case:
    """Save the report into the open case of its subject and category, or into a new one.

    The case is locked until the commit, so that two reports at once end in one case with the right counts.
    """
    moment = now()
    deadline = release.deadline(Channel(report.channel), report.category, urgent=urgent, received=moment)
    case = _open_case(report, deadline.due_at, moment, release)
    report.case, report.received_at = case, moment
    report.due_at, report.urgent = deadline.due_at, deadline.urgent
    report.save(force_insert=True)
    case.reports_count += 1
    case.sources_count = case.reports.values("source_key").distinct().count()
    case.due_at = min(case.due_at, deadline.due_at)
    case.urgent = case.urgent or deadline.urgent
    case.save(update_fields=["reports_count", "sources_count", "due_at", "urgent"])
    return case


def move_report(report: Report, subject: Subject, release: PolicyRelease) -> Case:
    """Put a filed report right: it is about this account. Returns its new case, locked, as `open_case_with` does.

    The report keeps its number, its receipt and its clock. The case that it leaves is to be counted anew.
    """
    report.subject = subject
    report.case = _open_case(report, report.due_at, report.received_at, release)
    report.save(update_fields=["subject", "case"])
    count_reports(report.case)
    return report.case


def count_reports(case: Case) -> None:
    """Reports, independent voices and the earliest deadline of a locked case, from its reports.

    A case that no report is left in keeps its deadline.
    """
    reports = list(case.reports.values_list("source_key", "due_at", "urgent"))
    case.reports_count = len(reports)
    case.sources_count = len({bytes(source) for source, _, _ in reports})
    case.due_at = min((due_at for _, due_at, _ in reports), default=case.due_at)
    case.urgent = any(urgent for _, _, urgent in reports)
    case.save(update_fields=["reports_count", "sources_count", "due_at", "urgent"])


def _open_case(report: Report, due_at: datetime, moment: datetime, release: PolicyRelease) -> Case:
    def existing() -> Case | None:
        found = (
            Case.objects.filter(subject=report.subject, category=report.category, state__in=JOINABLE_STATES)
            .values_list("pk", flat=True).first()
        )
        case = locked_case(found) if found else None
        return case if case and case.state in JOINABLE_STATES else None  # it may have ended while we waited

    category = release.category(report.category)
    case = existing()
    if case:
        return case
    try:
        with transaction.atomic():
            return Case.objects.create(
                subject=report.subject,
                category=report.category,
                channel=report.channel,
                severity=category.severity,
                victim_first=category.victim_first,
                conduct_on=report.conduct_on,
                opened_at=moment,
                due_at=due_at,
                rank_at=due_at,
            )
    except IntegrityError:  # another report opened it at this very moment
        case = existing()
        if case is None:
            raise
        return case


def filed(report: Report, case: Case, receipt: str, actor: Actor, *, verb: str = "file_report",
          **more: object) -> FiledReport:
    """The end of every filing: the promised triage, the ledger entry, and what the sender is told."""
    promise(TRIAGE, lock=f"case:{case.pk}", case_id=case.pk)
    row = enter(
        verb,
        {"report": report.pk, "channel": report.channel, "form": report.form, "category": report.category, **more},
        actor=actor, case_id=case.pk,
    )
    return FiledReport(report.pk, case.pk, case.reference, report.due_at, ReportForm(report.form), receipt,
                       promise_note(row))
