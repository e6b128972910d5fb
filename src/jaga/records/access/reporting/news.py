"""What is new about a report to whoever sent it: what they can see, and not what the team does in between.

That somebody voted, looked or wrote a note moves no moment here, so that a program that asks every minute learns
nothing of how a case is being judged.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from jaga.records.models import Decision, Letter, ReportMessage, Verification


def changed_since(moment: datetime) -> Q:
    """Reports that came in, had their case, were withdrawn, decided, verified, finished, asked about or written to at
    or after this moment."""
    own = {"case": OuterRef("case_id"), "subject": OuterRef("subject_id")}
    decided = Decision.objects.filter(**own, provisional=False, decided_at__gte=moment)
    seen = Verification.objects.filter(action__decision__case=OuterRef("case_id"),
                                       action__decision__subject=OuterRef("subject_id"), at__gte=moment)
    return (
        Q(received_at__gte=moment) | Q(filed_at__gte=moment) | Q(withdrawn_at__gte=moment)
        | Q(case__decided_at__gte=moment) | Q(case__resolved_at__gte=moment)
        | Exists(decided) | Exists(seen)
        | Exists(ReportMessage.objects.filter(report=OuterRef("pk"), at__gte=moment))
        | Exists(Letter.objects.filter(report=OuterRef("pk"), sent_at__gte=moment))
    )
