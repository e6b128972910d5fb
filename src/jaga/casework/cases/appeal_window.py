"""Until when a holder can appeal: the one place that says so. It is stored with the statement and only ever gets later.

The rule. The time runs from the day on which delivery of the letter was observed; while none was, from the day on which
somebody first opened the code's page; and at the latest from the 30th day after the decision
(`limits.LATEST_APPEAL_START_DAYS`), whatever was or was not seen. It lasts the days of the release under which the
decision was made, at least 184 (`limits.SHORTEST_APPEAL_DAYS`), to the end of the last of these days in Western
Indonesian Time.

Until either was seen the stored moment is the latest that the rule can give. A delivery that is observed after the page
was opened makes it later. A new release changes nothing of it.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.policy import PolicyRelease
from jaga.policy.limits import LATEST_APPEAL_START_DAYS, SHORTEST_APPEAL_DAYS
from jaga.records.models import Decision, Statement

_LATEST_START = timedelta(days=LATEST_APPEAL_START_DAYS)


def appeal_days(release: PolicyRelease) -> int:
    """How many days a statement that is written now gives; never fewer than the law."""
    return max(release.enforcement.appeal_window_days, SHORTEST_APPEAL_DAYS)


def last_moment(start: datetime, days: int) -> datetime:
    """The end (WIB) of the day that lies so many days after the start's."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day = start.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time.max, zone)


def latest_start(decided_at: datetime) -> datetime:
    """When the time begins at the latest."""
    return decided_at + _LATEST_START


def last_day(statement: Statement) -> date:
    """The stored moment as the day of the calendar (WIB) that it ends."""
    return statement.appeal_until.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def day_in_letter(decision: Decision) -> datetime:
    """The last moment as a letter that goes out now may name it: what is stored can only be this or later."""
    statement = decision.statement
    if _seen(statement):
        return statement.appeal_until
    return last_moment(min(now(), latest_start(decision.decided_at)), statement.appeal_days)


def delivered(decision: Decision) -> None:
    """Delivery of the letter was observed just now. Once; a repeat changes nothing. In the caller's transaction."""
    statement = _locked(decision.pk)
    if statement is not None and statement.delivered_at is None:
        before = _seen(statement)
        statement.delivered_at = now()
        _settle(statement, decision.decided_at, before=before)


@transaction.atomic
def opened(decision: Decision, *, actor: Actor) -> None:
    """Somebody opens the code's page. The first time is kept, since it can begin the time for an appeal."""
    if Statement.objects.filter(decision=decision, opened_at__isnull=False).exists():
        return
    statement = _locked(decision.pk)
    if statement is None or statement.opened_at is not None:
        return
    before = _seen(statement)
    statement.opened_at = now()
    _settle(statement, decision.decided_at, before=before)
    enter("open_statement", {"decision": decision.pk, "appeal_until": statement.appeal_until.isoformat()},
          actor=actor, case_id=decision.case_id)


def _locked(decision_id: int) -> Statement | None:
    return Statement.objects.select_for_update(of=("self",)).filter(decision=decision_id).first()


def _seen(statement: Statement) -> bool:
    return statement.delivered_at is not None or statement.opened_at is not None


def _settle(statement: Statement, decided_at: datetime, *, before: bool) -> None:
    """Store what the rule gives now. `before`: it was settled already, so it can only get later."""
    seen = statement.delivered_at or statement.opened_at
    latest = latest_start(decided_at)
    until = last_moment(min(seen, latest) if seen else latest, statement.appeal_days)
    statement.appeal_until = max(until, statement.appeal_until) if before else until
    statement.save(update_fields=["delivered_at", "opened_at", "appeal_until"])
