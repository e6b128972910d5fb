"""Leases, drafts and presence on the case page; `static/lease.js` keeps them current."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import LeaseView
from jaga.records.access.cases.related_records import Related
from jaga.records.access.queue.presence import draft_of, watchers_of
from jaga.web.console.cases.forms import BallotForm, DecisionFormData
from jaga.web.console.frame.sections import CasePage

WARN_SECONDS = 120  # Before a lease ends.
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "lease", "last_message", "step", "as_prepared"})


@dataclass(frozen=True)
class TakingOver:
    """A supervisor's take-over form with its input and errors."""

    reason: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownPresence:
    """The state of the page's lease when rendered."""

    token: str
    left: int
    watchers: tuple[str, ...]
    has_draft: bool
    may_take_over: bool
    taking: TakingOver


def presence_of(page: CasePage) -> dict[str, object]:
    """The template context of leases and presence."""
    mine = bool(page.lease and page.lease.mine)
    return {
        "warn_seconds": WARN_SECONDS,
        "presence": ShownPresence(
            page.token,
            seconds_left(page.lease),
            watchers_of(page.case, actor=page.actor) if Related.WATCHERS in page.has else (),
            page.can_vote and not mine and Related.OWN_DRAFT in page.has,
            page.can_vote and page.lease is not None and not mine and Role.SUPERVISOR in page.actor.roles,
            page.kept_of(TakingOver) or TakingOver(),
        ),
    }


def seconds_left(lease: LeaseView | None) -> int:
    """The remaining lease time in seconds, as the reader's clock may be wrong."""
    return max(0, int((lease.until - now()).total_seconds())) if lease else 0


def kept_draft(row: CaseView, lease: LeaseView | None, actor: Actor) -> DecisionFormData | None:
    """The person's saved draft if they hold the case now; None if there is nothing to show."""
    kept = draft_of(row, actor=actor) if lease and lease.mine else None
    return BallotForm.read(_as_sent(kept)).entered() if kept else None


def kept_fields(sent: QueryDict) -> dict[str, Sequence[str]]:
    """The fields of a submitted form that belong in a draft: all but those of this page instance."""
    return {name: sent.getlist(name) for name in sent if name not in NOT_KEPT}


def _as_sent(kept: Mapping[str, Sequence[str]]) -> QueryDict:
    sent = QueryDict(mutable=True)
    for name, values in kept.items():
        sent.setlist(name, list(values))
    return sent
