"""The text of escalation letters, from the policy's templates. They contain no facts and no reporter."""

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_date
from django.conf import settings

from jaga.casework.cases.letters import say_moment
from jaga.casework.cases.notice_dialogue import ASKED_AGAIN, CORRECTION
from jaga.core.escalation import STAGE_BEFORE
from jaga.core.terms.operators import AnswerKind, EscalationStage
from jaga.core.terms.people import Language
from jaga.exchange.letters_pdf import LetterOnPaper, LetterPart
from jaga.policy import PolicyRelease, RenderedLetter, UnknownTerm, load_release
from jaga.policy.local_time import day_of
from jaga.records.models import Notice, Person

_KEYS = {EscalationStage.CLARIFICATION: "operator_clarification", EscalationStage.ORDER: "operator_order"}
_ASKED_BACK = tuple(kind for kind in AnswerKind if kind.asks_back)
_NOTHING = "–"


def say_day(moment: datetime, language: Language) -> str:
    """Format the local day of a moment, for letters."""
    return format_date(day_of(moment), "d MMMM y", locale=language.value)


def write_letter(
    notice: Notice, stage: EscalationStage, number: str, language: Language, *, signer: Person, moment: datetime
) -> RenderedLetter:
    """The letter of this step in one language.

    A warning refers to the letter before it, which must have been received.
    """
    release = load_release()
    values = {
        "letter_number": number,
        "notice_number": notice.number,
        "stage": release.wording(f"rung_{stage}", language),
        "notice_link": f"{settings.BASE_URL}/console/notices/{notice.number}/",
        "operator": notice.operator.name,
        "platform": notice.platform.display_name,
        "account": notice.subject.account_id,
        "category": _category(notice.category, release, language),
        "legal_basis": _basis(notice.legal_basis, release, language),
        "asked": release.wording(f"asked_{notice.asks_for}", language),
        "objection_way": release.wording("objection_way", language),
        "signer": signer.display_name,
        "date": say_day(moment, language),
        "host": signer.organisation.name,
    }
    if stage is EscalationStage.CLARIFICATION:
        values |= _clarification(notice, release, language)
    else:
        values |= {
            "clock": _clock(notice, release, language),
            "afterwards": release.wording(f"afterwards_{stage}", language),
        }
        values |= _before(notice, stage, language)
    return release.letter(_KEYS.get(stage, "operator_warning"), language).render(**values)


def on_paper(
    notice: Notice, number: str, written: Mapping[Language, RenderedLetter], *, signer: Person, moment: datetime
) -> LetterOnPaper:
    """The letter for printing, with both languages."""
    return LetterOnPaper(
        number,
        signer.organisation.name,
        notice.operator.name,
        moment,
        say_day(moment, Language.INDONESIAN),
        say_day(moment, Language.ENGLISH),
        tuple(LetterPart(language, letter.subject, letter.text) for language, letter in written.items()),
    )


def _category(key: str, release: PolicyRelease, language: Language) -> str:
    try:
        return release.category(key).label.say(language)
    except UnknownTerm:  # from an earlier policy release
        return key


def _basis(key: str, release: PolicyRelease, language: Language) -> str:
    if not key:
        return release.wording("legal_basis_terms", language)
    try:
        basis = release.legal_basis(key)
    except UnknownTerm:  # from an earlier policy release
        return key
    return f"{basis.citation} ({basis.title.say(language)})"


def _clock(notice: Notice, release: PolicyRelease, language: Language) -> str:
    rule = release.deadlines.operator
    if notice.asks_for == "data":
        return f"{rule.data_days} {release.wording('clock_days', language)}"
    hours = rule.hours_urgent if notice.urgent else rule.hours
    return f"{hours} {release.wording('clock_hours', language)}"


def _clarification(notice: Notice, release: PolicyRelease, language: Language) -> dict[str, str]:
    entry = notice.entries.filter(kind__in=(CORRECTION, ASKED_AGAIN)).order_by("-pk").first()
    asked = notice.entries.filter(kind__in=_ASKED_BACK, from_operator=True).order_by("-pk").first()
    if notice.case.victim_first:  # printed letters are passed on, so text about a victim stays in the portal
        return {"question": _NOTHING, "correction": release.wording("correction_in_portal", language)}
    return {
        "question": asked.text.strip() or _NOTHING if asked else _NOTHING,
        "correction": entry.text.strip() or _NOTHING if entry else _NOTHING,
    }


def _before(notice: Notice, stage: EscalationStage, language: Language) -> dict[str, str]:
    before = STAGE_BEFORE[stage]
    if before is None:
        return {}
    letter = notice.escalation_letters.get(stage=before, dropped_at__isnull=True)
    assert letter.opened_at is not None  # a warning requires that the letter before was received
    return {"before_number": letter.number, "before_received_on": say_moment(letter.opened_at, language)}
