"""The statement of reasons and the letters: what people are told, in their language, and the record of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.utils.translation import gettext, override

from jaga.casework.proof import enter
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms import ActionKind, Channel, DecisionKind, Ground, Language
from jaga.policy import PolicyRelease, RenderedLetter, load_release
from jaga.records.codes import appeal_code, appeal_hash
from jaga.records.models import Action, Case, Decision, Letter, Report, Statement

_CODE = "{appeal-code}"  # stands in the stored statement; the code itself is only ever put in on delivery


def say_moment(moment: datetime, language: Language) -> str:
    """A moment in Western Indonesian Time, as a letter writes it."""
    said = format_datetime(moment, "d MMMM y HH.mm", tzinfo=ZoneInfo(settings.TIME_ZONE), locale=language.value)
    return f"{said} WIB"


def appeal_link() -> str:
    """Where an appeal code is entered."""
    return f"{settings.BASE_URL}/appeal/"


def _basis(key: str, release: PolicyRelease, language: Language) -> str:
    if not key:
        return release.wording("legal_basis_terms", language)
    basis = release.legal_basis(key)
    return f"{basis.citation} ({basis.title.say(language)})"


def statement_in(language: Language, case: Case, kind: DecisionKind, *, legal_basis: str, facts: str, ground: Ground,
                 automated: bool, decided_at: datetime, code: str) -> RenderedLetter:
    """The statement of reasons (DSA art. 17(3)). The console's preview uses it too, so that both say the same."""
    release = load_release()
    until = decided_at + timedelta(days=release.enforcement.appeal_window_days)
    return release.letter("statement_of_reasons", language).render(
        reference=case.reference,
        platform=case.subject.platform.display_name,
        account=case.subject.account_id,
        restriction=release.wording(f"restriction_{kind}", language),
        scope=release.wording(f"scope_{kind}", language),
        duration=release.wording(f"duration_{kind}", language),
        facts=facts,
        source=release.wording(f"source_{Channel(case.channel)}", language),
        automation=release.wording("automation_detection" if automated else "automation_none", language),
        ground=release.wording(f"ground_{ground}", language),
        legal_basis=_basis(legal_basis, release, language),
        decided_on=say_moment(decided_at, language),
        appeal_link=appeal_link(),
        appeal_code=code,
        appeal_until=say_moment(until, language),
        host=case.subject.platform.operator.name,
    )


def write_statement(decision: Decision) -> Statement:
    """The statement in both languages, with the way to appeal. Its code is derived from a key and not stored."""
    body_id, body_en = (
        statement_in(
            language, decision.case, DecisionKind(decision.kind), legal_basis=decision.legal_basis,
            facts=decision.facts, ground=Ground(decision.ground), automated=decision.automated_detection,
            decided_at=decision.decided_at, code=_CODE,
        ).text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )
    return Statement.objects.create(decision=decision, body_id=body_id, body_en=body_en,
                                    appeal_hash=appeal_hash(appeal_code(decision.pk)), created_at=now())


def text_for_holder(action: Action) -> str:
    """What the platform shows the account holder: the statement in both languages, or the news of a restoration."""
    decision = action.decision
    if action.kind != ActionKind.RESTORE:
        code, statement = appeal_code(decision.pk), decision.statement
        return f"{statement.body_id}\n\n{statement.body_en}".replace(_CODE, code)
    case, release = decision.case, load_release()
    declared = case.subject.platform.capabilities
    undone = list(decision.overturns.actions.values_list("kind", flat=True)) if decision.overturns else []
    lost = [item for step in undone for item in declared.get(step, {}).get("lost_on_undo", [])]

    def said(language: Language) -> str:
        with override(language.value):
            return ", ".join(gettext(item) for item in lost) or release.wording("lost_nothing", language)

    return "\n\n".join(
        release.letter("restoration", language).render(
            reference=case.reference, platform=case.subject.platform.display_name, account=case.subject.account_id,
            restored_on=say_moment(now(), language), host=case.subject.platform.operator.name,
            lost=said(language),
        ).text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )


def tell_reporters(case: Case, decision: Decision) -> None:
    """Tell everyone who reported what came of it; they read it with their receipt, officers over the API."""
    told = list(case.reports.exclude(receipt_hash__isnull=True).select_related("request", "organisation"))
    for report in told:
        _tell(report, case, decision)
    enter("tell_reporters", {"decision": decision.pk, "kind": decision.kind, "reports": len(told)},
          actor=SYSTEM, case_id=case.pk)


def tell_restored(case: Case, decision: Decision) -> None:
    """Tell everyone who was told of the overturned decision that it was undone."""
    told = list(Report.objects.filter(letters__case=case).distinct().select_related("request", "organisation"))
    for report in told:
        _tell(report, case, decision)
    enter("tell_restored", {"decision": decision.pk, "reports": len(told)}, actor=SYSTEM, case_id=case.pk)


def tell_ended(case: Case, decision: Decision) -> None:
    """Tell everyone who reported that the decision could not be carried out on the platform."""
    told = list(case.reports.exclude(receipt_hash__isnull=True).select_related("request", "organisation"))
    for report in told:
        _tell(report, case, decision, ended=True)
    enter("tell_ended", {"decision": decision.pk, "reports": len(told)}, actor=SYSTEM, case_id=case.pk)


def _tell(report: Report, case: Case, decision: Decision, *, ended: bool = False) -> None:
    release, language = load_release(), Language(report.language)
    common = {
        "reference": case.reference,
        "category": release.category(case.category).label.say(language),
        "decided_on": say_moment(decision.decided_at, language),
        "host": case.subject.platform.operator.name,
    }
    if report.officer_id is None:
        key = "reporter_ended" if ended else f"reporter_{decision.kind}"
        letter = release.letter(key, language).render(**common, platform=case.subject.platform.display_name)
    elif decision.kind == DecisionKind.RESTORE and not ended:
        key = "officer_restore"
        letter = release.letter(key, language).render(
            **common, request_number=report.request.letter_number, explanation=decision.facts)
    else:
        key = "officer_decision"
        outcome = release.wording("outcome_ended" if ended else f"outcome_{decision.kind}", language)
        letter = release.letter(key, language).render(
            **common, request_number=report.request.letter_number, outcome=outcome,
            legal_basis=_basis(decision.legal_basis, release, language),
            # What a reviewer wrote down of a victim-first case describes the victim; no authority gets it by letter.
            explanation=outcome if case.victim_first else decision.facts or outcome)
    Letter.objects.create(case=case, report=report, key=key, language=language,
                          body=f"{letter.subject}\n\n{letter.text}", sent_at=now())
