"""What is held about the holder of an account, as the holder may read it: an allow-list.

Only decisions that were announced to the holder, what they wrote themselves, and who received something. Never a
reporter, the words of a report, how many reports came or when: nothing here reads a report. A measure in a victim-first
case has no statement text; its reasons are given as `casework.appeals.reasons_in_person` writes them.

`docs/person-data.md` describes the JSON; a test compares it with these classes.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum

from django.db.models import Q

from jaga.core.canonical import canonical_json
from jaga.core.cases import SEALED_STATES
from jaga.core.referrals import PASSED_ON
from jaga.core.terms.appeals import AppealState, AppealWay
from jaga.core.terms.decisions import FELT_DECISIONS, DecisionKind
from jaga.core.terms.people import Language
from jaga.policy import load_release
from jaga.records.models import (
    Appeal,
    AppealReply,
    Case,
    CorrectionNote,
    Disclosure,
    Notice,
    Referral,
    Statement,
    Subject,
)

FORMAT = "jaga.person-data.holder.v1"


@dataclass(frozen=True)
class OwnAppeal:
    """The holder's own appeal and its answer."""

    filed_at: datetime
    way: AppealWay
    text: str
    state: AppealState
    answered_at: datetime | None
    answer: str
    second_message: str
    second_answer: str


@dataclass(frozen=True)
class OwnMeasure:
    """A decision that was announced to the holder.

    `legal_basis` is empty if it rests on the operator's terms. `statement` is the text as it was sent, and empty with
    `reasons_in_person`.
    """

    reference: str
    category: str
    category_name: str
    decision: DecisionKind
    decision_name: str
    decided_at: datetime
    ends_at: datetime | None
    legal_basis: str
    undone_at: datetime | None
    counts_until: datetime | None  # As a strike.
    appeal_until: datetime
    statement: str
    reasons_in_person: bool
    appeal: OwnAppeal | None


@dataclass(frozen=True)
class Recipient:
    """Somebody outside this installation who received something about the account."""

    name: str
    what: str  # "notice", "referral" or "export"
    at: datetime


@dataclass(frozen=True)
class OwnCorrection:
    """A note that the holder had added."""

    text: str
    at: datetime


@dataclass(frozen=True)
class HolderData:
    """Everything that the holder of an account gets. `recipients` is None where it is withheld."""

    format: str
    platform: str
    account: str
    name: str
    measures: tuple[OwnMeasure, ...]
    recipients: tuple[Recipient, ...] | None
    corrections: tuple[OwnCorrection, ...]


def holder_data(subject_id: int, language: Language, *, without_recipients: bool = False) -> HolderData:
    """What is held about this account's holder. Call it where permission was checked (`access_request`, a released
    answer)."""
    subject = Subject.objects.select_related("platform").get(pk=subject_id)
    statements = list(_announced(subject_id))
    return HolderData(
        FORMAT,
        subject.platform.display_name,
        subject.account_id,
        subject.handle,
        tuple(_measure(one, language) for one in statements),
        None if without_recipients else _recipients([one.decision.case_id for one in statements], subject_id, language),
        tuple(
            OwnCorrection(note.text, note.at)
            for note in CorrectionNote.objects.filter(subject=subject_id).order_by("pk")
        ),
    )


def hash_of(data: HolderData | None) -> str:
    """The hash of the data, empty for none: whether what is handed over is what was released."""
    return hashlib.sha256(canonical_json(as_document(data))).hexdigest() if data else ""


def as_document(data: object) -> dict[str, object]:
    """One of this package's records as a JSON object: terms as their values, moments unchanged."""
    return asdict(  # type: ignore[no-any-return]
        data,
        dict_factory=lambda pairs: {  # type: ignore[call-overload]
            key: value.value if isinstance(value, Enum) else value for key, value in pairs
        },
    )


def is_victim_first(subject_id: int) -> bool:
    """Whether a case of this account is victim-first, so that nothing is shown on a page."""
    return Case.objects.filter(_about(subject_id), victim_first=True).exists()


def cases_about(subject_id: int) -> list[int]:
    """The cases about this account, also those in which it was decided together with another."""
    return list(Case.objects.filter(_about(subject_id)).distinct().values_list("pk", flat=True))


def _about(subject_id: int) -> Q:
    return Q(subject=subject_id) | Q(decisions__subject=subject_id)


def _announced(subject_id: int) -> list[Statement]:
    """Statements that the holder has or can ask for; none of a provisional measure whose case people still judge."""
    rows = (
        Statement.objects.filter(decision__subject=subject_id, decision__kind__in=FELT_DECISIONS)
        .select_related("decision__case", "decision__overturned_by")
        .order_by("decision__decided_at", "pk")
    )
    return list(rows.exclude(decision__provisional=True, decision__case__state__in=[*SEALED_STATES]))


def _measure(statement: Statement, language: Language) -> OwnMeasure:
    decision, release = statement.decision, load_release()
    hidden = decision.case.victim_first
    basis = release.legal_basis(decision.legal_basis) if decision.legal_basis else None
    undone, strike = getattr(decision, "overturned_by", None), getattr(decision, "strike", None)
    body = statement.body_id if language is Language.INDONESIAN else statement.body_en
    return OwnMeasure(
        decision.case.reference,
        decision.case.category,
        release.category(decision.case.category).label.say(language),
        DecisionKind(decision.kind),
        release.wording(f"restriction_{decision.kind}", language),
        decision.decided_at,
        decision.ends_at,
        f"{basis.citation} ({basis.title.say(language)})" if basis else "",
        undone.decided_at if undone else None,
        strike.expires_at if strike and strike.withdrawn_at is None else None,
        statement.appeal_until,
        "" if hidden else body,
        hidden,
        _appeal(decision.pk),
    )


def _appeal(decision_id: int) -> OwnAppeal | None:
    row = Appeal.objects.filter(decision=decision_id).first()
    if row is None:
        return None
    reply = AppealReply.objects.filter(appeal=row).first()
    return OwnAppeal(
        row.filed_at,
        AppealWay(row.way),
        row.text,
        AppealState(row.state),
        row.decided_at,
        row.reasons,
        reply.text if reply else "",
        reply.reasons if reply else "",
    )


def _recipients(cases: list[int], subject_id: int, language: Language) -> tuple[Recipient, ...]:
    """Whoever received something in the cases of which the holder was told."""
    notices = Notice.objects.filter(case__in=cases, subject=subject_id, sent_at__isnull=False).select_related(
        "operator"
    )
    exports = Disclosure.objects.filter(case__in=cases).select_related("request__organisation")
    referrals = Referral.objects.filter(case__in=cases, state__in=[state.value for state in PASSED_ON])
    found = [
        *(Recipient(row.operator.name, "notice", row.sent_at) for row in notices if row.sent_at),
        *(Recipient(row.request.organisation.name, "export", row.made_at) for row in exports),
        *(
            Recipient(row.name_id if language is Language.INDONESIAN else row.name_en, "referral", row.sent_at)
            for row in referrals
            if row.sent_at
        ),
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.name)))
