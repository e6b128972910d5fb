"""One near-duplicate cluster of the queue: waiting cases, the outcomes of the others, and what the accounts share."""

from dataclasses import dataclass

from django.db.models import Count as CountOf
from django.db.models import Exists, Min, OuterRef, Q

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.screening import IndicatorKind
from jaga.policy import load_release
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.access.cases.kept_back import kept_back
from jaga.records.access.queue.queue import PAGE, QueueRow, rows_of
from jaga.records.access.queue.waiting import QueueCount, QueueCursor, Waiting, waiting_for
from jaga.records.access.screening.warning_list import never_keys
from jaga.records.models import AccountIndicator, Case

SHARED_SHOWN = 5
# The shared text is a given, so text traces are left out.
_SHARED_KINDS = (IndicatorKind.CONTACT, IndicatorKind.IMAGE, IndicatorKind.HANDLE)


@dataclass(frozen=True)
class SharedTrace:
    """A contact, picture or name pattern shared by several of the accounts. It does not prove one holder."""

    kind: IndicatorKind
    masked: str
    accounts: int


@dataclass(frozen=True)
class ClusterView:
    """What the actor may see of a cluster. `waiting`: accounts whose cases wait for the actor's vote.

    `judged_apart`: what was decided about its accounts is left out, so that it prejudges no vote of the actor's.
    """

    cluster_id: int
    rows: tuple[QueueRow, ...]
    after: QueueCursor | None
    waiting: QueueCount
    accounts: int
    held: tuple[tuple[DecisionKind, int], ...]  # How many of the accounts are under each decision in force.
    shared: tuple[SharedTrace, ...]
    judged_apart: bool


def access_cluster(cluster_id: int, *, after: QueueCursor | None = None, actor: Actor) -> ClusterView:
    """One page of the cluster's waiting cases, most urgent first.

    Raises NotPermitted for anyone who does not judge cases, and NotFound unless the actor may see cases on two of its
    accounts: a cluster of one would reveal the others.
    """
    waiting = waiting_for(actor)
    cases = Case.objects.filter(waiting.visible, cluster=cluster_id)
    subjects = set(cases.values_list("subject", flat=True))
    if len(subjects) < 2:
        raise NotFound
    # With one text, what became of the others says what to do with this one.
    apart = bool(kept_back(subjects, actor=actor))
    numbers = list(waiting.line(cluster_id, after).values_list("pk", flat=True)[: PAGE + 1])
    rows = rows_of(numbers[:PAGE], waiting)
    last = rows[-1] if len(numbers) > PAGE and rows else None
    held = (
        ()
        if apart
        else (
            decisions_in_force()
            .filter(visible_to(actor, path="case__"), subject__in=subjects)
            .exclude(case__in=taken_for_blind_review(actor))
            .values_list("kind")
            .annotate(accounts=CountOf("subject", distinct=True))
            .order_by("kind")
        )
    )
    return ClusterView(
        cluster_id,
        rows,
        QueueCursor(last.rank_at, last.case_id) if last else None,
        waiting.copies([cluster_id]).get(cluster_id, QueueCount(0, False)),
        len(subjects),
        tuple((DecisionKind(kind), accounts) for kind, accounts in held),
        _shared(cluster_id, waiting, actor),
        apart,
    )


def _shared(cluster_id: int, waiting: Waiting, actor: Actor) -> tuple[SharedTrace, ...]:
    """Traces shared in the cluster, without those of accounts a case protects as a possible victim's."""
    protected = Case.objects.filter(subject=OuterRef("subject"), victim_first=True)
    accounts = Case.objects.filter(waiting.visible, cluster=cluster_id).exclude(Exists(protected)).values("subject")
    rows = (
        AccountIndicator.objects.filter(
            Q(report__isnull=True) | visible_to(actor, path="report__case__"),
            subject__in=accounts,
            kind__in=_SHARED_KINDS,
        )
        .exclude(key__in=never_keys(load_release()))
        .values("kind", "key")
        .annotate(accounts=CountOf("subject", distinct=True), shown=Min("masked"))
        .filter(accounts__gt=1)
        .order_by("-accounts", "kind", "shown")[:SHARED_SHOWN]
    )
    return tuple(SharedTrace(IndicatorKind(row["kind"]), row["shown"], row["accounts"]) for row in rows)


@takes_case
def has_copies(case: Case, *, actor: Actor) -> bool:
    """Whether the case's cluster contains another account's case the actor may see."""
    return (
        case.cluster_id is not None
        and Case.objects.filter(visible_to(actor), cluster=case.cluster_id).exclude(subject=case.subject_id).exists()
    )
