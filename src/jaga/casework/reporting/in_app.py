"""Reports made with an app's report button, passed on by its platform; each is accepted once.

Their senders get no receipt: the app took the report, and an answer inside the app could reveal it to the account.
"""

from collections.abc import Sequence

from django.db import transaction

from jaga.casework.cases.values import NewReport
from jaga.casework.kernel.unusable_values import keep_set_aside
from jaga.casework.kernel.validation import MAX_TEXT
from jaga.casework.reporting.intake import accept_reports
from jaga.casework.reporting.monitoring import storable
from jaga.casework.screening.account_context import contexts_of_observed
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.platforms import InAppReport, SetAside
from jaga.core.terms.actions import PlatformTask
from jaga.core.terms.reports import Channel
from jaga.policy import PolicyRelease, load_release
from jaga.policy.local_time import day_of, has_begun
from jaga.records.models import InAppCursor, InAppImport, Platform, Report
from jaga.screening.engine.reasons import category_of
from jaga.screening.engine.ruled import screen_texts
from jaga.screening.text.signals import Screened


def reports_read_to(platform: str) -> str | None:
    """The cursor for reading a platform's own reports; None before the first read. Raises NotFound."""
    row = Platform.objects.select_related("in_app_cursor").filter(name=platform).first()
    if row is None:
        raise NotFound
    return row.in_app_cursor.cursor if hasattr(row, "in_app_cursor") else None


@transaction.atomic
def take_reports(
    platform: str,
    reports: Sequence[InAppReport],
    cursor: str,
    *,
    set_aside: Sequence[SetAside] = (),
    actor: Actor,
) -> int:
    """Accept new reports and store the cursor in one commit; returns how many were accepted.

    Raises NotFound.

    Unusable ones (such as an account of another server) are remembered as seen. Concurrent readers accept each report
    once.
    """
    row = Platform.objects.select_for_update().filter(name=platform).first()  # one reader at a time
    if row is None:
        raise NotFound
    release = load_release()
    imported = set(
        InAppImport.objects.filter(platform=row, own_id__in=[one.own_id for one in reports]).values_list(
            "own_id", flat=True
        )
    )
    fresh = {one.own_id: one for one in reports if one.own_id not in imported}
    accepted = accept_reports(_as_new(row, list(fresh.values()), release), actor=actor) if fresh else []
    numbers = {
        own_id: None if isinstance(one, InvalidInput) else one.report_id
        for own_id, one in zip(fresh, accepted, strict=True)
    }
    taken = [number for number in numbers.values() if number is not None]
    Report.objects.filter(pk__in=taken).update(receipt_hash=None)
    InAppImport.objects.bulk_create(
        InAppImport(platform=row, own_id=own_id, report_id=number, seen_at=now()) for own_id, number in numbers.items()
    )
    keep_set_aside(row, PlatformTask.REPORTS, set_aside, actor=actor)
    InAppCursor.objects.update_or_create(platform=row, defaults={"cursor": cursor, "read_at": now()})
    return len(taken)


def _as_new(platform: Platform, reports: Sequence[InAppReport], release: PolicyRelease) -> list[NewReport]:
    texts = [storable("\n\n".join(part for part in (one.words, one.text) if part))[:MAX_TEXT] for one in reports]
    abouts = contexts_of_observed(
        platform, "report", [(one.account_id, text, one.at) for one, text in zip(reports, texts, strict=True)], release
    )
    found = screen_texts(texts, release, abouts)
    return [_new(platform, *one, release) for one in zip(reports, found, strict=True)]


def _new(platform: Platform, report: InAppReport, screened: Screened, release: PolicyRelease) -> NewReport:
    strongest = max(screened.signals, key=lambda signal: signal.weight, default=None)
    conduct_on = day_of(report.at)
    return NewReport(
        platform=platform.name,
        account=report.account_id,
        category=category_of(
            report.reason, strongest.category if strongest else None, {category.key for category in release.categories}
        ),
        source=f"app:{platform.name}:{report.reporter}",
        text=storable(report.words)[:MAX_TEXT],
        published=storable(report.text)[:MAX_TEXT],
        links=(storable(report.place)[:500],) if report.place else (),
        conduct_on=conduct_on if has_begun(conduct_on) else None,
        channel=Channel.APP,
        reference=report.own_id,
    )
