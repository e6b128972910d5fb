"""The console's navigation: every page with a place in it, in four groups, with the number of what waits there.

A link is shown to holders of one of its roles. No two links share a name: a test opens the pages of every role.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.access.operations.work_counts import WorkCount
from jaga.records.access.people.roster import keeps_roster


class NavigationGroup(StrEnum):
    """The groups, in order."""

    WORK = "work"
    PARTNERS = "partners"
    OVERSIGHT = "oversight"
    SETTINGS = "settings"


GROUPS: Mapping[NavigationGroup, Promise] = {
    NavigationGroup.WORK: pgettext_lazy("navigation", "Work"),
    NavigationGroup.PARTNERS: pgettext_lazy("navigation", "Partners"),
    NavigationGroup.OVERSIGHT: pgettext_lazy("navigation", "Oversight"),
    NavigationGroup.SETTINGS: pgettext_lazy("navigation", "Settings"),
}


@dataclass(frozen=True)
class NavigationLink:
    """One entry, shown to holders of one of the roles; `others` are roles for which it has another entry."""

    name: str
    label: Promise
    roles: frozenset[Role]
    others: frozenset[Role] = field(default=frozenset())

    def is_for(self, actor: Actor) -> bool:
        """Whether this person sees the entry."""
        return bool(self.roles & actor.roles) and not self.others & actor.roles


@dataclass(frozen=True)
class ShownLink:
    """An entry with its counter: "" where nothing waits, "99+" where more wait than are counted."""

    name: str
    label: Promise
    count: str
    open: bool


@dataclass(frozen=True)
class ShownGroup:
    """A group with its entries and the sum of their counters. `open`: the page is one of them."""

    key: NavigationGroup
    label: Promise
    links: tuple[ShownLink, ...]
    count: str
    open: bool


_READERS = frozenset(READERS)
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_AUDITOR = frozenset({Role.AUDITOR})
_LEADING = _SUPERVISOR | _ADMINISTRATOR
_WATCHING = _LEADING | _AUDITOR
_OFFICER = frozenset({Role.OFFICER})
_FLAGGER = frozenset({Role.FLAGGER})
_EVERYBODY = frozenset(Role)

NAVIGATION: Mapping[NavigationGroup, tuple[NavigationLink, ...]] = {
    NavigationGroup.WORK: (
        NavigationLink("queue", _("Queue"), _READERS),
        NavigationLink("search", _("Search"), _READERS),
        NavigationLink("votes", _("My votes"), _READERS),
        NavigationLink("pending", _("Pending decisions"), _READERS),
        NavigationLink("appeals", _("Appeals"), _READERS),
        NavigationLink("person-requests", _("Requests about data"), _READERS),
        NavigationLink("sample", _("Texts to judge"), _READERS),
        NavigationLink("policy-questions", _("Policy questions"), _READERS | {Role.POLICY}),
        NavigationLink("handover", _("Hand-over"), _READERS),
        NavigationLink("notices", _("Notices"), frozenset({Role.CONTACT})),
        NavigationLink("orders", _("Orders"), _OFFICER),
        NavigationLink("flags", _("My reports"), _FLAGGER),
    ),
    NavigationGroup.PARTNERS: (
        NavigationLink("referrals", _("Referrals"), _READERS),
        NavigationLink("operator-notices", _("Notices to operators"), _READERS),
        NavigationLink("operators", _("Operator register"), _WATCHING),
        NavigationLink("held-requests", _("Held requests"), _SUPERVISOR),
        NavigationLink("exports", _("Exports"), _SUPERVISOR),
        NavigationLink("received", _("Referred to you"), _OFFICER),
        NavigationLink("roster", _("Roster"), _ADMINISTRATOR),
        NavigationLink("flaggers", _("Trusted flaggers"), _WATCHING),
        NavigationLink("batches", _("Uploads"), _LEADING | _OFFICER | _FLAGGER),
    ),
    NavigationGroup.OVERSIGHT: (
        NavigationLink("overview", _("Overview"), _LEADING),
        NavigationLink("dashboard", _("Dashboard"), _WATCHING),
        NavigationLink("calendar", _("Calendar"), _LEADING),
        NavigationLink("reports-set-aside", _("Reports set aside"), _SUPERVISOR),
        NavigationLink("campaigns", _("Campaigns"), _READERS),
        NavigationLink("watches", _("Watches"), _WATCHING),
        NavigationLink("watch-query", _("What watches flagged"), _WATCHING),
        NavigationLink("alarms", _("Alarms"), _LEADING),
        NavigationLink("breaches", _("Breaches"), _LEADING),
        NavigationLink("stuck", _("Stuck"), _SUPERVISOR),
        NavigationLink("platform-faults", _("Unusable answers"), _LEADING),
        NavigationLink("quality", _("Quality"), _READERS | _AUDITOR),
        NavigationLink("rules", _("How right rules are"), _READERS | _WATCHING | {Role.POLICY}),
        NavigationLink("ledger", _("Ledger"), _AUDITOR),
        NavigationLink("access-log", _("Access log"), _AUDITOR),
        NavigationLink("person-searches", _("Searches for a person"), _WATCHING),
        NavigationLink("account-lookups", _("Look-ups of accounts"), _WATCHING),
        NavigationLink("retention", _("Retention"), _SUPERVISOR | _AUDITOR),
        NavigationLink("legal-holds", _("Legal holds"), _WATCHING),
        NavigationLink("canary-cases", _("Canary cases"), _ADMINISTRATOR),
    ),
    NavigationGroup.SETTINGS: (
        NavigationLink("team", _("Team"), _LEADING),
        NavigationLink("policy-releases", _("Policy releases"), _WATCHING),
        NavigationLink("models", _("Trained models"), _WATCHING),
        NavigationLink("backtests", _("Backtests"), _ADMINISTRATOR),
        NavigationLink("api-keys", _("API keys"), _ADMINISTRATOR),
        NavigationLink("webhooks", _("Webhooks"), _ADMINISTRATOR),
        NavigationLink("signing-keys", _("Keys for signing"), _OFFICER),
        NavigationLink("wellness", _("Wellness"), _READERS),
        NavigationLink("preferences", _("Preferences"), _EVERYBODY),
        NavigationLink("access-log", _("My access log"), _EVERYBODY, others=_AUDITOR),
    ),
}
_LANDINGS = ("queue", "overview", "ledger", "notices", "orders", "flags", "policy-questions")
_KEEPERS_TOO = frozenset({"roster"})


def landing(actor: Actor) -> str:
    """The name of the person's start page. For people without a role: the queue, which refuses."""
    shown = {link.name for links in NAVIGATION.values() for link in links if link.is_for(actor)}
    return f"console:{next((name for name in _LANDINGS if name in shown), 'queue')}"


def links_of(actor: Actor) -> dict[NavigationGroup, tuple[NavigationLink, ...]]:
    """The person's entries by group, without empty groups."""
    more = _KEEPERS_TOO if keeps_roster(actor) else frozenset()
    found = {
        group: tuple(link for link in links if link.is_for(actor) or link.name in more)
        for group, links in NAVIGATION.items()
    }
    return {group: links for group, links in found.items() if links}


def navigation(actor: Actor, open_link: str, counts: Mapping[str, WorkCount]) -> tuple[ShownGroup, ...]:
    """The person's navigation with these counters, by page name; `open_link` names the page shown."""
    return tuple(
        ShownGroup(
            group,
            GROUPS[group],
            tuple(
                ShownLink(link.name, link.label, _count([counts.get(link.name)]), link.name == open_link)
                for link in links
            ),
            _count([counts.get(link.name) for link in links]),
            any(link.name == open_link for link in links),
        )
        for group, links in links_of(actor).items()
    )


def _count(counts: list[WorkCount | None]) -> str:
    found = [count for count in counts if count]
    number = sum(count.number for count in found)
    return f"{number}{'+' if any(count.more for count in found) else ''}" if number else ""
