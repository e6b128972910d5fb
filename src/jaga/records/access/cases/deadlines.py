"""Whether a legal deadline was missed: the one definition for pages, the API and the figures.

A deadline is met by a decision, or by an interim restriction where the policy release lets it (`Case.met_at`).
"""

from datetime import datetime

from django.db.models import Q

from jaga.core.clock import now
from jaga.records.models import Case

OPEN_DEADLINE = Q(decided_at__isnull=True, met_at__isnull=True)
"""Cases whose deadline is not met yet."""


def is_overdue(due_at: datetime, case: Case | None) -> bool:
    """Whether this deadline of a report has passed; `case` is the report's, once it has one."""
    met = case is not None and (case.decided_at or case.met_at)
    return not met and due_at < now()
