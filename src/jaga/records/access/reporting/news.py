"""When a report changed from its sender's point of view.

Votes, access and notes do not count, so a program that polls every minute learns nothing about the review.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from jaga.records.models import Decision, Letter, ReportMessage, Verification


def changed_since(moment: datetime) -> Q:
    """A filter for reports that at or after `moment` were received, joined a case, or were withdrawn, decided,
    verified, finished, asked about or written to.
    """
    own = {"case": OuterRef("case_id"), "subject": OuterRef("subject_id")}
    decided = Decision.objects.filter(**own, provisional=False, decided_at__gte=moment)
    verified = Verification.objects.filter(
        action__decision__case=OuterRef("case_id"), action__decision__subject=OuterRef("subject_id"), at__gte=moment
    )
    return (
        Q(received_at__gte=moment)
        | Q(filed_at__gte=moment)
        | Q(withdrawn_at__gte=moment)
        | Q(case__decided_at__gte=moment)
        | Q(case__resolved_at__gte=moment)
        | Exists(decided)
        | Exists(verified)
        | Exists(ReportMessage.objects.filter(report=OuterRef("pk"), at__gte=moment))
        | Exists(Letter.objects.filter(report=OuterRef("pk"), sent_at__gte=moment))
    )
