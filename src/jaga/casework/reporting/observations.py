"""What one of our people read where everybody can read it counts as what the account published, as a watch's does."""

from jaga.casework.kernel.jobs import promise_triage
from jaga.casework.reporting.merging import count_reports
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now, today
from jaga.core.terms import Channel, Lane, ReportForm, VoiceReason
from jaga.records.codes import source_key
from jaga.records.models import Case, Report


def observe_words(case: Case, text: str, where: str, sha256: str) -> None:
    """Keep recorded words of a locked case's account as an observation: the next triage reads them.

    It is no voice: whoever works on a case adds none to it, and no clock starts. In a case that is decided nothing is
    screened any more; there the sealed original is all. Safe to repeat: the same words at one place are one.
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
