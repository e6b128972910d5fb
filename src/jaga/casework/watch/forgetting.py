"""What watches keep of reports and accounts that were erased goes with them.

The same public text can be in a report, in the sample that people judge, and among the flagged texts that no case took:
each copy has a period of its own, but nobody who was erased waits for it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from jaga.casework.watch.flagged_texts import forget_flagged_accounts, forget_flagged_reports
from jaga.core.clock import now
from jaga.core.terms.reports import ReportForm
from jaga.core.terms.watch import CaptureState, MediaState
from jaga.records.models import Report, WatchCapture, WatchFinding, WatchMedia, WatchSample
from jaga.records.watch_codes import observed_key

ERASED = "its report was erased"
# The row stays: it says how many cases a watch led to. A text that nobody is looking for has no code.
_FORGET_CODES = """
UPDATE records_watchfinding SET native = sha256(uuid_send(gen_random_uuid())), content = '', account = ''
WHERE id IN (SELECT id FROM records_watchfinding WHERE report_id IS NOT NULL AND content > '' AND {which}
             ORDER BY seen_at LIMIT %s)"""


def forget_reports(reports: Collection[int]) -> None:
    """Delete what is kept of these reports' public texts outside their keys, in the caller's transaction.

    A capture that waits is ended: the page of an erased report is not fetched again. Nor are its pictures, whose
    addresses went with its key.
    """
    forget_flagged_reports(reports)
    found = WatchFinding.objects.filter(report__in=reports)
    WatchSample.objects.filter(native__in=[bytes(one) for one in found.values_list("native", flat=True)]).delete()
    of_files = Report.objects.filter(pk__in=reports, form=ReportForm.OBSERVATION, origin_ref__startswith="text:")
    WatchSample.objects.filter(
        native__in=[
            observed_key(platform, origin)
            for platform, origin in of_files.values_list("subject__platform__name", "origin_ref")
        ]
    ).delete()
    WatchCapture.objects.filter(finding__report__in=reports, ended_at__isnull=True).update(
        state=CaptureState.TEXT_ONLY, why=ERASED, sealed=None, ended_at=now()
    )
    WatchMedia.objects.filter(report__in=reports, ended_at__isnull=True).update(
        state=MediaState.UNAVAILABLE, why=ERASED, ended_at=now()
    )
    _forget_codes("report_id = ANY(%s)", list(reports), len(reports))


def forget_codes_of_cases(before: datetime, most: int) -> int:
    """Forget the codes of text and account of observations that a case took before this moment; returns how many."""
    return _forget_codes("seen_at < %s", before, most)


def forget_accounts(accounts: Collection[bytes]) -> None:
    """Delete what is kept of these accounts (`account_key`) and no case took, in the caller's transaction."""
    found = WatchFinding.objects.filter(account__in=list(accounts), report__isnull=True)
    WatchSample.objects.filter(native__in=[bytes(one) for one in found.values_list("native", flat=True)]).delete()
    found.delete()
    forget_flagged_accounts(accounts)


def _forget_codes(which: str, value: datetime | list[int], most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_CODES.format(which=which), [value, most])
        return int(cursor.rowcount)
