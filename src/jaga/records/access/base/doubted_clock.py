"""Whether the machine's clock can be believed, for what cannot be undone. `casework.privacy.clock` notes the doubt."""

from datetime import timedelta

from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.policy.limits import LARGEST_CLOCK_STEP_DAYS
from jaga.records.models import RetentionClock

BACK = timedelta(hours=1)
"""Less is the ordinary correction of a clock."""
STEP = timedelta(days=LARGEST_CLOCK_STEP_DAYS)


class ClockInDoubt(Conflict):
    """What binds is computed from today's day, which may be wrong."""

    code = "clock_in_doubt"
    sentence = N_("The clock of this machine may be wrong, so nothing is erased now.")
    remedy = N_("A supervisor looks at the page Retention and confirms the clock there, or somebody sets it right.")


def clock_in_doubt() -> bool:
    """Whether the clock was doubted, or is far from the last sweep, which runs every half minute. Notes nothing.

    False in an installation that has not swept yet.
    """
    found = RetentionClock.objects.filter(pk=1).values_list("seen_at", "doubted_at").first()
    if found is None:
        return False
    seen, doubted = found
    return doubted is not None or not seen - BACK <= now() <= seen + STEP
