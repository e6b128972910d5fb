"""Builds reports that do not come from a form: observations, and an authority's requests.

What comes in by a form, the API or a platform is built in `bulk_insert.as_stored`. A canary case has a row of its own
(`quality.canary_cases`), since it is never filed.
"""

from datetime import date

from jaga.cases.models.cases import Subject
from jaga.cases.models.reports import Report
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.local_time import today
from jaga.store.codes import observed_key, source_key


def observation(
    subject: Subject,
    category: str,
    *,
    source: str,
    origin_ref: str,
    conduct_on: date | None = None,
    capacity: str = "",
    text: str = "",
    published: str = "",
    place: str = "",
) -> Report:
    """An unsaved observation: `published` by the account, or a `text` of our own. `source` is who observed, as
    `kind:name`; `origin_ref` makes it unique for the account."""
    return Report(
        subject=subject,
        channel=Channel.WATCH,
        form=ReportForm.OBSERVATION,
        category=category,
        capacity=capacity,
        text=text,
        published=published,
        place=place,
        conduct_on=conduct_on or today(),
        source_key=source_key(source),
        origin_ref=origin_ref,
    )


def coded_origin(platform: str, origin_ref: str) -> str:
    """What stands in `origin_ref` once the observation is erased: the text is recognised when it comes again, but its
    address, in which many platforms write the account, can no longer be read."""
    return f"code:{observed_key(platform, origin_ref).hex()}"


def report_of_authority(
    subject: Subject,
    category: str,
    *,
    channel: Channel,
    form: ReportForm,
    source: str,
    origin_ref: str,
    text: str,
    conduct_on: date | None,
) -> Report:
    """An unsaved report out of an authority's letter, whose number is in `origin_ref`. The authority reports as itself
    what only some may report."""
    return Report(
        subject=subject,
        channel=channel,
        form=form,
        category=category,
        text=text,
        capacity=ReporterCapacity.AUTHORITY if category in WHO_MAY_REPORT else "",
        conduct_on=conduct_on or today(),
        source_key=source_key(source),
        origin_ref=origin_ref,
    )
