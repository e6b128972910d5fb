"""Observations by our own staff: public words they read count as published by the account, as a watch's do."""

from jaga.casework.kernel.jobs import promise_triage
from jaga.casework.reporting.merging import count_reports
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now, today
from jaga.core.terms import Channel, Lane, ReportForm, VoiceReason
from jaga.records.codes import source_key
from jaga.records.models import Case, Report


def observe_words(case: Case, text: str, where: str, sha256: str) -> None:
    """Store recorded public words of a locked case's account as an observation, which the next triage screens.

    It counts as no source and starts no clock. Decided cases are not screened; there the sealed original suffices.
    Idempotent for the same words at one place.
    """
    if case.state not in JOINABLE_STATES:
        return
    own = f"words:{sha256}"
    if Report.objects.filter(subject=case.subject_id, form=ReportForm.OBSERVATION, origin_ref=own).exists():
        return
    moment = now()
    Report.objects.create(
        case=case, subject_id=case.subject_id, channel=Channel.WATCH, form=ReportForm.OBSERVATION,
        category=case.category, published=text, place=where, language=case.language, conduct_on=today(),
        received_at=moment, due_at=case.due_at, lane=Lane.ORDINARY, filed_at=moment, origin_ref=own, voice=0.0,
        voice_reason=VoiceReason.SAME_SENDER, source_key=source_key(f"watch:{case.subject.platform.name}"))
    count_reports(case)
    promise_triage(case.pk)
