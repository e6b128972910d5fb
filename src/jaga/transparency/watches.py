"""What everybody may know of watches: while one runs, little; its scope and results once it is over for long enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from jaga.core.clock import now
from jaga.core.observations.settings import without_accounts
from jaga.core.terms.watch import SourceKind, WatchState
from jaga.policy.limits import WATCH_RESULTS_DAYS
from jaga.records.access.watch.watches import number_of, state_of
from jaga.records.models import Watch, WatchDay
from jaga.transparency.rounding import floored

SHOWN = 500


@dataclass(frozen=True)
class WatchResults:
    """Scope and results. The counts are rounded down to tens; 0 stands for fewer than ten.

    Accounts that the scope named are in no list: who was watched need not have done anything. `accounts`: there were
    some.
    """

    kind: SourceKind
    url: str
    surfaces: tuple[str, ...]
    accounts: bool
    purpose: str
    observed: int
    flagged: int
    filed: int


@dataclass(frozen=True)
class PublicWatch:
    """A watch that was started. `results` is None until `limits.WATCH_RESULTS_DAYS` after its end."""

    number: str
    platform: str
    legal_citation: str
    started_at: datetime
    ends_at: datetime
    running: bool
    results: WatchResults | None


def public_watches() -> tuple[PublicWatch, ...]:
    """Every watch that was started, newest first. The purpose is shown with the results, since it can name what is
    looked for.
    """
    moment = now()
    rows = Watch.objects.filter(started_at__isnull=False).select_related("platform").order_by("-pk")[:SHOWN]
    return tuple(_public(row, moment) for row in rows)


def _public(row: Watch, moment: datetime) -> PublicWatch:
    assert row.started_at
    end = min(row.ended_at or row.ends_at, row.ends_at)
    over = end <= moment - timedelta(days=WATCH_RESULTS_DAYS)
    return PublicWatch(
        number_of(row.pk),
        row.platform.display_name,
        row.legal_citation,
        row.started_at,
        end,
        state_of(row, moment) is WatchState.RUNNING,
        _results(row) if over else None,
    )


def _results(row: Watch) -> WatchResults:
    found = WatchDay.objects.filter(watch=row).aggregate(
        observed=Sum("observed", default=0), flagged=Sum("flagged", default=0), filed=Sum("filed", default=0)
    )
    kind, surfaces = SourceKind(row.kind), tuple(row.surfaces)
    shown = without_accounts(kind, surfaces)
    return WatchResults(
        kind,
        row.url,
        shown,
        shown != surfaces,
        row.purpose,
        *(floored(found[name]) for name in ("observed", "flagged", "filed")),
    )
