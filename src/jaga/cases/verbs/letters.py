"""Letters: the holder's letter, the statement of reasons, and notifications to reporters and officers.

Texts come from the policy release, in the recipient's language. `write_statement` and `text_for_holder` serve the
account holder; the `tell_…` functions notify the reporters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime
from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext, override

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Action, Decision, Letter, Statement
from jaga.cases.models.reports import Report
from jaga.cases.reads.decisions import lost_on_undo
from jaga.cases.reads.reports import shown_publicly
from jaga.cases.verbs.appeal_window import appeal_days, day_in_letter, last_moment, latest_start
from jaga.cases.verbs.held_letters import letters_are_held
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, DecisionKind, Ground, OutcomeKind, PendingEnd, Step
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReportForm
from jaga.policy.letters import RenderedLetter
from jaga.policy.limits import UNDERAGE_ACCOUNT
from jaga.policy.local_time import day_of, local_zone, zone_label
from jaga.policy.release import PolicyRelease, load_release
from jaga.referrals.reads import is_passed_on
from jaga.store.codes import appeal_code, appeal_hash
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.reads import host_name

MOST_QUOTED = 5
LONGEST_QUOTED = 300  # characters
_FRESH = timedelta(days=1)  # how long a letter that could not be delivered keeps its date


def say_moment(moment: datetime, language: Language) -> str:
    """Format a moment in local time, for letters."""
    local_time = format_datetime(moment, "d MMMM y HH.mm", tzinfo=local_zone(), locale=language.value)
    return f"{local_time} {zone_label(moment, local_zone())}"


def say_day(moment: datetime, language: Language) -> str:
    """Format the local day of a moment, for letters."""
    return format_date(day_of(moment), "d MMMM y", locale=language.value)


def appeal_link() -> str:
    """The address of the page where an appeal code is entered."""
    return f"{settings.BASE_URL}/appeal/"


def _basis(key: str, release: PolicyRelease, language: Language) -> str:
    if not key:
        return release.wording("legal_basis_terms", language)
    basis = release.legal_basis(key)
    return f"{basis.citation} ({basis.title.say(language)})"


@dataclass(frozen=True)
class Closing:
    """The closure that a restriction precedes. `announced` means that the platform cannot restrict accounts."""

    at: datetime
    announced: bool = False


def measure_in(
    language: Language, kind: DecisionKind, ends_at: datetime | None, *, redacted: bool, closing: Closing | None = None
) -> dict[str, str]:
    """The letter's fields for the measure and its duration. `redacted`: the same vote removes messages."""
    release = load_release()
    if closing is not None:
        wording = "restriction_announced" if closing.announced else f"restriction_{kind}"
        return {
            "restriction": release.wording(wording, language),
            "duration": f"{release.wording('duration_closes', language)} {say_moment(closing.at, language)}.",
        }
    kinds = (kind, DecisionKind.REDACT) if redacted else (kind,)
    return {
        "restriction": " ".join(release.wording(f"restriction_{one}", language) for one in kinds),
        "duration": (
            f"{release.wording('duration_until', language)} {say_moment(ends_at, language)}."
            if ends_at
            else release.wording(f"duration_{kind}", language)
        ),
    }


def letter_in(
    language: Language,
    subject: Subject,
    kind: DecisionKind,
    *,
    reference: str,
    decided_at: datetime,
    code: str,
    appeal_until: datetime,
    ends_at: datetime | None = None,
    redacted: bool = False,
    closing: Closing | None = None,
) -> RenderedLetter:
    """The letter to the holder.

    Its text is the same in all categories, since whoever controls a victim may read it.

    It states the measure, its duration, where to read the reasons and where to get help, but nothing about the case.
    The console's preview uses this function too.
    """
    release = load_release()
    return release.letter("measure", language).render(
        **measure_in(language, kind, ends_at, redacted=redacted, closing=closing),
        reference=reference,
        platform=subject.platform.display_name,
        decided_on=say_moment(decided_at, language),
        appeal_link=appeal_link(),
        appeal_code=code,
        appeal_until=say_day(appeal_until, language),
        helplines=release.helplines(language),
        host=host_of(subject),
    )


def statement_in(
    language: Language,
    case: Case,
    kind: DecisionKind,
    *,
    legal_basis: str,
    facts: str,
    ground: Ground,
    automated: bool,
    decided_at: datetime,
    subject: Subject | None = None,
    ends_at: datetime | None = None,
    rooms: tuple[str, ...] = (),
    closing: Closing | None = None,
) -> RenderedLetter:
    """The statement of reasons (DSA art. 17(3)), shown on the code's page and never sent.

    `subject` is the account, by default the case's own; `rooms` are the rooms in which the same vote removes its
    messages; `ends_at` is the end of a restriction, if any. It is not shown in a victim-first case
    (`appeals.reads.statement`).
    """
    release, subject = load_release(), subject or case.subject
    return release.letter("statement_of_reasons", language).render(
        reference=case.reference,
        platform=subject.platform.display_name,
        account=subject.account_id,
        **measure_in(language, kind, ends_at, redacted=bool(rooms), closing=closing),
        scope=_scope(release, kind, language, rooms),
        facts=facts,
        source=release.wording(f"source_{Channel(case.channel)}", language),
        automation=release.wording("automation_detection" if automated else "automation_none", language),
        ground=release.wording(
            "ground_not_old_enough" if case.category == UNDERAGE_ACCOUNT else f"ground_{ground}", language
        ),  # being a child is not an offence
        rule=release.rule(case.category).for_holder.say(language),
        public_words=_public_words(case, subject, release, language),
        legal_basis=_basis_with_days(legal_basis, release, language),
        decided_on=say_moment(decided_at, language),
        operator=subject.platform.operator.name,
        host=host_of(subject),
    )


def _public_words(case: Case, subject: Subject, release: PolicyRelease, language: Language) -> str:
    """What the account published openly, with place and day; never anything private."""
    shown = shown_publicly(case)[-MOST_QUOTED:] if subject.pk == case.subject_id else ()
    quotes = [f"“{_shortened(one.text)}”\n({one.where_and_when})" for one in shown]
    return "\n".join(quotes) or release.wording("public_words_none", language)


def _shortened(text: str) -> str:
    whole = " ".join(text.split())
    return whole if len(whole) <= LONGEST_QUOTED else f"{whole[:LONGEST_QUOTED].rstrip()} …"


def _basis_with_days(key: str, release: PolicyRelease, language: Language) -> str:
    """The provision, with the dates of conduct to which it applies."""
    if not key:
        return _basis(key, release, language)
    basis = release.legal_basis(key)
    parts = [_basis(key, release, language), release.wording("basis_from", language), _day(basis.valid_from, language)]
    if basis.valid_until is not None:
        parts += [release.wording("basis_until", language), _day(basis.valid_until, language)]
    return " ".join(parts)


def _day(day: date, language: Language) -> str:
    return format_date(day, "d MMMM y", locale=language.value)


def _scope(release: PolicyRelease, kind: DecisionKind, language: Language, rooms: tuple[str, ...]) -> str:
    """The scope of the measure, and of a redaction beside it with its rooms."""
    wording = release.wording(f"scope_{kind}", language)
    also = release.wording(f"scope_{DecisionKind.REDACT}", language)
    return f"{wording} {also} ({', '.join(rooms)})" if rooms else wording


def host_of(subject: Subject) -> str:
    """The organisation whose people decided. The operator may be another one that was asked by notice."""
    return host_name() or subject.platform.operator.name


def _closing(decision: Decision, dated: datetime | None = None) -> Closing | None:
    """The closure that a restriction announces; given the date of the letter, the earliest moment from then on."""
    pending = decision.awaits
    if pending is None:
        return None
    able = bool(decision.subject.platform.capabilities.get(Step.RESTRICT, {}).get("supported"))
    span = timedelta(seconds=pending.reading if able else pending.undo)
    earliest = max(pending.undo_until, dated + span) if dated else pending.undo_until
    return Closing(whole_minute(earliest), announced=not able)


def whole_minute(moment: datetime) -> datetime:
    """Round up to the minute, so that no account is closed before the time in its letter."""
    rest = moment.replace(second=0, microsecond=0)
    return moment if rest == moment else rest + timedelta(minutes=1)


def write_statement(decision: Decision, rooms: tuple[str, ...] = ()) -> Statement:
    """Store the statement of reasons in both languages. The appeal code is derived from a key and not stored."""
    body_id, body_en = (
        statement_in(
            language,
            decision.case,
            DecisionKind(decision.kind),
            legal_basis=decision.legal_basis,
            facts=decision.facts,
            ground=Ground(decision.ground),
            automated=decision.automated_detection,
            decided_at=decision.decided_at,
            subject=decision.subject,
            ends_at=decision.ends_at,
            rooms=rooms,
            closing=_closing(decision),
        ).text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )
    days = appeal_days(load_release())
    return Statement.objects.create(
        decision=decision,
        body_id=body_id,
        body_en=body_en,
        appeal_hash=appeal_hash(appeal_code(decision.pk)),
        created_at=now(),
        appeal_days=days,
        appeal_until=last_moment(latest_start(decision.decided_at), days),
    )


def text_for_holder(action: Action) -> str:
    """What the platform shows the account holder, in both languages: the letter, or the news of a restoration."""
    decision = action.decision
    if action.kind != ActionKind.RESTORE:
        return _letter_of(_measure_of(decision), informed_measure(decision))
    if action.rest_id is not None:
        return _rests(decision)
    case, subject, release = decision.case, decision.subject, load_release()
    common = {
        "reference": case.reference,
        "platform": subject.platform.display_name,
        "account": subject.account_id,
        "host": host_of(subject),
    }
    if decision.awaits is not None and decision.awaits.ended_at is not None:
        return "\n\n".join(
            release.letter("closure_undone", language)
            .render(**common, undone_on=say_moment(decision.awaits.ended_at, language))
            .text
            for language in (Language.INDONESIAN, Language.ENGLISH)
        )
    if decision.ends_at:
        return "\n\n".join(
            release.letter("restriction_over", language)
            .render(**common, ended_on=say_moment(decision.ends_at, language))
            .text
            for language in (Language.INDONESIAN, Language.ENGLISH)
        )
    lost = lost_on_undo(decision.overturns) if decision.overturns else ()
    # The time of the outcome, not of sending: a repeated attempt must send the same text.
    restored = action.outcomes.filter(step=Step.RESTORE, kind__in=(OutcomeKind.DONE, OutcomeKind.ALREADY)).first()
    since = restored.at if restored else now()

    def listed(language: Language) -> str:
        with override(language.value):
            return ", ".join(gettext(item) for item in lost) or release.wording("lost_nothing", language)

    return "\n\n".join(
        release.letter("restoration", language)
        .render(**common, restored_on=say_moment(since, language), lost=listed(language))
        .text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )


def _rests(decision: Decision) -> str:
    """The news that a measure is suspended, without a reason or anything about the case."""
    return "\n\n".join(
        load_release()
        .letter("measure_rests", language)
        .render(
            reference=decision.case.reference,
            platform=decision.subject.platform.display_name,
            appeal_link=appeal_link(),
            host=host_of(decision.subject),
        )
        .text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )


def _letter_of(measure: Decision, informed: Decision) -> str:
    """The letter of a measure, with the appeal code that the holder got first."""
    redacted = measure.case.decisions.filter(
        subject=measure.subject, kind=DecisionKind.REDACT, decided_at=measure.decided_at
    ).exists()
    dated = _date_of(informed.statement)
    until = day_in_letter(informed, dated)
    return "\n\n".join(
        letter_in(
            language,
            measure.subject,
            DecisionKind(measure.kind),
            reference=measure.case.reference,
            decided_at=measure.decided_at,
            code=appeal_code(informed.pk),
            appeal_until=until,
            ends_at=measure.ends_at,
            redacted=redacted,
            closing=_closing(measure, dated),
        ).text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )


def _date_of(statement: Statement) -> datetime:
    """The date of the letter. Its text does not depend on the moment at which it is sent."""
    return statement.dated_at or statement.delivered_at or now()


def date_letter(action: Action) -> None:
    """Store the date of the letter that this action delivers, in a commit before the letter is sent.

    A worker that dies between sending and recording has sent the letter. On a platform without idempotency keys the
    next worker finds it by its text, so the text must be the same. The date changes only if an attempt to deliver the
    letter ended without success, and the letter is a day old or names a moment of closure that has passed.
    """
    if action.kind == ActionKind.RESTORE:
        return  # its letter states the moment of the restoration, which is recorded
    measure, informed = _measure_of(action.decision), informed_measure(action.decision)
    before = informed.statement.dated_at
    if before is None or (_is_stale(measure, before) and _was_not_delivered(action, since=before)):
        with transaction.atomic():
            Statement.objects.filter(decision=informed, dated_at=before, delivered_at__isnull=True).update(
                dated_at=now()
            )
            append_changes(actor=SYSTEM, case_id=measure.case_id)


def _is_stale(measure: Decision, dated: datetime) -> bool:
    closing = _closing(measure, dated)
    return now() - dated >= _FRESH or (closing is not None and closing.at <= now())


def _was_not_delivered(action: Action, since: datetime) -> bool:
    return action.outcomes.filter(step=Step.DELIVER, kind=OutcomeKind.UNKNOWN, at__gte=since).exists()


def informed_measure(decision: Decision) -> Decision:
    """The decision whose appeal code the holder gets: this one, or the measure it belongs to.

    An announced closure uses the code of the restriction before it, so that there is one letter and one code.
    """
    measure = _measure_of(decision)
    if measure.kind != DecisionKind.CLOSE:
        return measure
    before = Decision.objects.filter(
        case=measure.case_id,
        subject=measure.subject_id,
        awaits__end=PendingEnd.COMMITTED,
        statement__delivered_at__isnull=False,
    )
    return before.order_by("-pk").first() or measure


def _measure_of(decision: Decision) -> Decision:
    """The measure that a decision belongs to.

    A redaction belongs to the measure of the same vote. A restoration after which another case still holds the account
    repeats that case's letter.
    """
    if decision.kind == DecisionKind.REDACT:
        measures = Decision.objects.filter(
            case=decision.case,
            subject=decision.subject,
            pk__gt=decision.pk,
            decided_by=decision.decided_by,
            statement__isnull=False,
        )
        return measures.order_by("pk")[:1].get()
    if decision.kind == DecisionKind.RESTORE:
        holding = Decision.objects.filter(
            subject=decision.subject, kind=DecisionKind.RESTRICT, overturned_by__isnull=True, statement__isnull=False
        )
        holding = holding.exclude(awaits__isnull=False, awaits__ended_at__isnull=False)
        return holding.order_by("-pk")[:1].get()
    return decision


def tell_reporters(case: Case, decision: Decision) -> None:
    """Notify everyone who reported of the outcome. They read it with their receipt, officers by the API."""
    reports = list(case.reports.exclude(receipt_hash__isnull=True).select_related("request", "organisation"))
    if letters_are_held(case, decision, reports):
        return
    for report in reports:
        _write_letter(report, case, decision)
    append(
        "tell_reporters",
        {"decision": decision.pk, "kind": decision.kind, "reports": len(reports)},
        actor=SYSTEM,
        case_id=case.pk,
    )


def tell_passed_on(case: Case) -> None:
    """Notify reporters that the receiver of a referral has confirmed the case, once each.

    Reporters who do not know the decision yet are skipped; `tell_reporters` will include it.
    """
    write_referral_letters(case, "reporter_referring")


def tell_referring(case: Case) -> None:
    """Notify reporters who were told of a confirmed referral that it came back and nobody confirms it any more."""
    write_referral_letters(case, "reporter_refer")


def write_referral_letters(case: Case, before: str) -> None:
    """Send the current letter to reporters whose last letter has the key `before`."""
    decision = case.decisions.filter(subject_id=case.subject_id).order_by("-pk").first()
    assert decision is not None
    last = Letter.objects.filter(report=OuterRef("pk")).order_by("-pk").values("key")[:1]
    reports = list(
        case.reports.annotate(last=Subquery(last)).filter(last=before).select_related("request", "organisation")
    )
    if letters_are_held(case, decision, reports, before):
        return
    for report in reports:
        _write_letter(report, case, decision)
    append(
        "tell_passed_on",
        {"decision": decision.pk, "reports": len(reports), "confirmed": is_passed_on(case)},
        actor=SYSTEM,
        case_id=case.pk,
    )


def tell_restored(case: Case, decision: Decision) -> None:
    """Notify everyone who was told of the overturned decision that it was undone.

    If nobody was told yet (an appeal against the restriction before a closure), notify all reporters.
    """
    reports = list(Report.objects.filter(letters__case=case).distinct().select_related("request", "organisation"))
    reports = reports or list(case.reports.exclude(receipt_hash__isnull=True).select_related("request", "organisation"))
    if letters_are_held(case, decision, reports):
        return
    for report in reports:
        _write_letter(report, case, decision)
    append("tell_restored", {"decision": decision.pk, "reports": len(reports)}, actor=SYSTEM, case_id=case.pk)


def inform_of_cancellation(case: Case, decision: Decision) -> None:
    """Notify everyone who reported that the decision could not be carried out on the platform."""
    reports = list(case.reports.exclude(receipt_hash__isnull=True).select_related("request", "organisation"))
    if letters_are_held(case, decision, reports):
        return
    for report in reports:
        _write_letter(report, case, decision, ended=True)
    append("tell_ended", {"decision": decision.pk, "reports": len(reports)}, actor=SYSTEM, case_id=case.pk)


def inform_of_repeat(case: Case, reports: Sequence[Report]) -> None:
    """Notify reporters of a matter dismissed before that a review of their report found nothing new."""
    release = load_release()
    dismissal = case.decisions.filter(kind=DecisionKind.DISMISS).order_by("-pk")[:1].get()
    if letters_are_held(case, dismissal, reports, "settled"):
        return
    letters = []
    for report in (report for report in reports if report.receipt_hash):
        language = Language(report.language)
        letter = release.letter("reporter_settled", language).render(
            reference=case.reference,
            category=release.category(case.category).label.say(language),
            decided_on=say_moment(dismissal.decided_at, language),
            host=host_of(case.subject),
            platform=case.subject.platform.display_name,
        )
        letters.append(
            Letter(
                case=case,
                report=report,
                key="reporter_settled",
                language=language,
                body=f"{letter.subject}\n\n{letter.text}",
                sent_at=now(),
            )
        )
    Letter.objects.bulk_create(letters)
    append("tell_settled", {"reports": [report.pk for report in reports]}, actor=SYSTEM, case_id=case.pk)


def _write_letter(report: Report, case: Case, decision: Decision, *, ended: bool = False) -> None:
    release, language = load_release(), Language(report.language)
    common = {
        "reference": case.reference,
        "category": release.category(case.category).label.say(language),
        "decided_on": say_moment(decision.decided_at, language),
        "host": host_of(case.subject),
    }
    if report.form not in (ReportForm.REQUEST, ReportForm.ORDER):
        key = "reporter_ended" if ended else f"reporter_{decision.kind}"
        if decision.kind == DecisionKind.REFER and not ended and not is_passed_on(case):
            key = "reporter_referring"  # a referral counts only once the receiver has confirmed it
        letter = release.letter(key, language).render(**common, platform=case.subject.platform.display_name)
    elif decision.kind == DecisionKind.RESTORE and not ended:
        key = "officer_restore"
        why = release.wording("facts_withheld", language) if case.victim_first else decision.facts
        letter = release.letter(key, language).render(
            **common, request_number=report.request.letter_number, explanation=why
        )
    else:
        key = "officer_decision"
        outcome = release.wording("outcome_ended" if ended else f"outcome_{decision.kind}", language)
        letter = release.letter(key, language).render(
            **common,
            request_number=report.request.letter_number,
            outcome=outcome,
            legal_basis=_basis(decision.legal_basis, release, language),
            # In a victim-first case the reviewer's facts describe the victim and are not sent to authorities.
            explanation=outcome if case.victim_first else decision.facts or outcome,
        )
    Letter.objects.create(
        case=case, report=report, key=key, language=language, body=f"{letter.subject}\n\n{letter.text}", sent_at=now()
    )
