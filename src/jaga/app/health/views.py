"""`live`: the process answers. `ready`: everything works; otherwise 503 with the faults."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.figures.reads.health import HealthReadings, condition
from jaga.store.key_store import store
from jaga.store.room import free_bytes, is_short

# Attempts continue for days if a platform is silent; someone should know long before.
ACTION_MAY_WAIT = timedelta(hours=2)
# The sequencer links within a second; a minute means that it is not running.
ENTRY_MAY_WAIT = timedelta(minutes=1)
# Accepted reports get their cases within seconds; many at once take longer, and none may be left.
REPORT_MAY_WAIT = timedelta(minutes=15)
_NEVER_STORED = {"Cache-Control": "no-store"}


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The web process runs. On this machine it also names the start of Jaga it belongs to."""
    run = {"run": settings.JAGA_RUN} if settings.JAGA_RUN and _is_near(request) else {}
    return JsonResponse({"live": True, **run}, headers=_NEVER_STORED)


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether database, migrations, worker, ledger and disk work.

    Names no content or case.

    Other machines learn only whether it works, without details.
    """
    try:
        readings = condition()
    except DatabaseError:  # This response is the alarm; the database's own log has the cause.
        faults = ["database", *_disk_faults()]
        return JsonResponse({"ready": False, "faults": faults}, status=503, headers=_NEVER_STORED)
    faults = [*_faults(readings), *_disk_faults(), *([] if store.is_readable() else ["key_store"])]
    body = (
        {"ready": not faults}
        if not _is_near(request)
        else {
            "ready": not faults,
            "faults": faults,
            "unapplied_migrations": readings.unapplied_migrations,
            "oldest_pending_action": _text(readings.oldest_pending_action),
            "stuck_actions": readings.stuck_actions,
            "unauthorised_actions": readings.unauthorised_actions,
            "silent_platforms": readings.silent_platforms,
            "faulty_platforms": dict(readings.faulty_platforms),
            "faulty_watches": dict(readings.faulty_watches),
            "set_aside": readings.set_aside,
            "failing_periodic_tasks": list(readings.failing_periodic_tasks),
            "oldest_unlinked_entry_seconds": _age(readings.oldest_unlinked_entry),
            "oldest_unfiled_report_seconds": _age(readings.oldest_unfiled_report),
            "ledger_faults": readings.ledger_faults,
            "late_ledger_head": readings.late_ledger_head,
            "broken_promises": readings.broken_promises,
            "ledger_differs": readings.ledger_differs,
            "withheld": {
                "letters": readings.withheld.letters,
                "refusals": readings.withheld.refusals,
                "figures": readings.withheld.figures,
            },
            "broken_invariants": list(readings.broken_invariants),
            "late_witnesses": readings.late_witnesses,
            "late_timestamp": readings.late_timestamp,
            "published_log_problems": readings.published_problems,
            "free_disk_mb": free_bytes() // 1_000_000,
            "alarm_recipients": {"mail": readings.alarms.mails, "webhook": readings.alarms.webhook},
            "undelivered_alarms": readings.alarms.undelivered,
            "unaddressed_alarms": readings.alarms.unaddressed,
            "policy": {
                "in_force": readings.release.in_force,
                "unjudged_folders": list(readings.release.folders),
                "differing_processes": list(readings.release.processes),
                "unconfirmed_return": readings.release.unconfirmed,
            },
            # Not a fault: machines work; a person looks at rules that were wrong too often.
            "rules_off": [rule for rule, on in readings.wrong_rules.items() if not on],
            "rules_with_alarm": [rule for rule, on in readings.wrong_rules.items() if on],
            # Not faults: machines work, and people are late. The overview and the lists say so.
            "overdue_person_requests": readings.overdue_person_requests,
            "overdue_breaches": readings.overdue_breaches,
            "names_guessed_at": readings.names_guessed_at,  # Not a fault, or an attacker could cause one.
        }
    )
    return JsonResponse(body, status=503 if faults else 200, headers=_NEVER_STORED)


def _is_near(request: HttpRequest) -> bool:
    """Whether the request comes from this machine itself rather than through the reverse proxy."""
    return "X-Forwarded-For" not in request.headers and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


def _faults(readings: HealthReadings) -> list[str]:
    faults = []
    if readings.unapplied_migrations:
        faults.append("migrations")
    if readings.oldest_pending_action and now() - readings.oldest_pending_action > ACTION_MAY_WAIT:
        faults.append("actions")
    if readings.oldest_unlinked_entry and now() - readings.oldest_unlinked_entry > ENTRY_MAY_WAIT:
        faults.append("ledger")
    if readings.put_back:
        faults.append("put_back")
    if readings.ledger_faults:
        faults.append("ledger_integrity")
    if any(
        (
            readings.late_ledger_head,
            readings.broken_promises,
            readings.late_witnesses,
            readings.late_timestamp,
            readings.published_problems,
        )
    ):
        faults.append("ledger_publication")
    if readings.ledger_differs:
        faults.append("ledger_differs")
    if readings.withheld.letters or readings.withheld.refusals:
        faults.append("withheld")
    if readings.broken_invariants:
        faults.append("invariants")
    if readings.oldest_unfiled_report and now() - readings.oldest_unfiled_report > REPORT_MAY_WAIT:
        faults.append("filing")
    if readings.failing_periodic_tasks:
        faults.append("periodic_tasks")
    if readings.release.any:
        faults.append("policy")
    if readings.deletions_stopped_at:
        faults.append("retention")
    if readings.unauthorised_actions:
        faults.append("unauthorised_actions")
    # Missing recipients are reported above; they are a fault once an alarm was due, except in practice.
    if readings.alarms.undelivered or (readings.alarms.unaddressed and not readings.practice):
        faults.append("alarms")
    return faults


def _disk_faults() -> list[str]:
    return ["disk"] if is_short() else []


def _text(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _age(moment: datetime | None) -> int:
    return int((now() - moment).total_seconds()) if moment else 0
