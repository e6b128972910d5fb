"""Who may report in categories that rest on certain people's word alone.

Every channel calls `check_sender`.

A reporter states their capacity; reviewers, not this module, judge whether it is true. What a channel knows of its
sender overrides the statement: an authority is known by its channel, a platform by its API key.
"""

from dataclasses import dataclass

from jaga.core.errors import N_, FieldError
from jaga.core.terms.reports import Channel, ReporterCapacity
from jaga.policy import PolicyRelease
from jaga.policy.limits import INTIMATE_PICTURES, UNDERAGE_ACCOUNT, WHO_MAY_REPORT
from jaga.policy.models import Category
from jaga.records.models import Case, Platform

_AUTHORITIES = (Channel.MINISTRY, Channel.POLICE, Channel.AGENCY)
_SPEAKING = (Channel.PUBLIC, Channel.APP)  # channels that the persons concerned use themselves
WHO_MAY = {
    INTIMATE_PICTURES: N_(
        "Only the person in the picture, a guardian, or an authority can report this. Say which of them reports. "
        "Whoever knows of it can tell that person about this form: it takes no name and no picture."
    ),
    UNDERAGE_ACCOUNT: N_(
        "Only a parent, a guardian, the platform, or an authority can report this. Say which of them reports. "
        "Whoever else knows of it can tell the parents about this form."
    ),
}
"""The message to somebody else who reports: who may, and what they can do instead."""
_BY_THEMSELVES = N_(
    "Nobody reports this for another. Let the person, a parent or a guardian use the public form, or ask an authority."
)
_NOT_HERE = N_(
    "This can be reported only on apps that our policy names as high-risk: %(platforms)s. On other apps, "
    "ask the app's own help."
)
_NO_PICTURES = N_(
    "For this kind of report pictures are not taken, not even their fingerprints. Say in words where it is."
)


@dataclass(frozen=True)
class RequestOrigin:
    """What a channel knows of the sender, and the capacity that the sender stated."""

    channel: Channel
    organisation_id: int | None = None
    capacity: ReporterCapacity | None = None


def capacity_of(category: str, platform: Platform | None, sender: RequestOrigin) -> ReporterCapacity | None:
    """The capacity in which the sender may report in this category.

    None if they may not, or if the category is open to everybody.
    """
    who = WHO_MAY_REPORT.get(category)
    if who is None:
        return None
    if sender.channel in _AUTHORITIES:
        return ReporterCapacity.AUTHORITY
    if sender.channel not in _SPEAKING or sender.capacity not in who or sender.capacity is ReporterCapacity.AUTHORITY:
        return None
    if sender.capacity is ReporterCapacity.PLATFORM:
        own = platform is not None and sender.organisation_id == platform.operator_id
        return ReporterCapacity.PLATFORM if own else None
    return sender.capacity


def check_sender(
    category: str, platform: Platform | None, sender: RequestOrigin, release: PolicyRelease
) -> list[FieldError]:
    """Errors that forbid a report of this category by this sender on this platform, each with a remedy."""
    if category not in WHO_MAY_REPORT or category not in release.by_key:
        return []
    errors = check_place(release.category(category), platform.name) if platform is not None else []
    if capacity_of(category, platform, sender) is None:
        for_others = sender.channel not in (*_SPEAKING, *_AUTHORITIES)
        sentence = _BY_THEMSELVES if for_others else WHO_MAY[category]
        errors.append(FieldError("capacity", "not_yours_to_report", sentence))
    return errors


def check_place(category: Category, platform: str) -> list[FieldError]:
    """Errors if this category cannot be reported on the platform of this name."""
    if category.is_on(platform):
        return []
    return [
        FieldError(
            "category", "not_on_this_platform", _NOT_HERE, {"platforms": ", ".join(category.only_on or ()) or "-"}
        )
    ]


def check_no_pictures(category: str, **given: object) -> list[FieldError]:
    """An error for each given value that is a picture or a picture's hash."""
    if category not in WHO_MAY_REPORT:
        return []
    return [FieldError(name, "not_here", _NO_PICTURES) for name, value in given.items() if value]


def capacity_in(case: Case) -> str:
    """The capacity of the case's first report with one, for a report by staff that reopens the matter; else ""."""
    return case.reports.exclude(capacity="").order_by("pk").values_list("capacity", flat=True).first() or ""
