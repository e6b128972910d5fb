"""One line of the queue opened: the cases of nearly one text that wait, what became of others, and what they share."""

from dataclasses import dataclass

from django.db.models import Count as CountOf
from django.db.models import Exists, Min, OuterRef, Q

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms import DecisionKind, TraceKind
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import judged_blind
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.access.queue.queue import PAGE, QueueRow, rows_of
from jaga.records.access.queue.waiting import QueueCount, QueueCursor, Waiting, waiting_for
from jaga.records.models import Case, Trace

SHARED_SHOWN = 5
_SHARED_KINDS = (TraceKind.CONTACT, TraceKind.IMAGE, TraceKind.HANDLE)  # what they say they share anyway


@dataclass(frozen=True)
class SharedTrace:
    """A contact, picture or pattern of names that several of the accounts left. It proves no common holder."""

    kind: TraceKind
    masked: str
    accounts: int


@dataclass(frozen=True)
class ClusterView:
    """What this person may see of a cluster. `waiting`: accounts whose cases wait for this person's vote."""

    cluster_id: int
    rows: tuple[QueueRow, ...]
    after: QueueCursor | None
    waiting: QueueCount
    accounts: int
    held: tuple[tuple[DecisionKind, int], ...]  # how many of the accounts a decision in force holds
    shared: tuple[SharedTrace, ...]


def access_cluster(cluster_id: int, *, after: QueueCursor | None = None, actor: Actor) -> ClusterView:
    """One page of its waiting cases, the most pressing first. Raises NotPermitted for people who do not judge cases,
    NotFound where this person may not see cases on two accounts of it: a line of one tells of others.
    """
    waiting = waiting_for(actor)
    seen = Case.objects.filter(waiting.visible, cluster=cluster_id)
    subjects = seen.values("subject")
    accounts = subjects.distinct().count()
    if accounts < 2:
        raise NotFound
    numbers = list(waiting.line(cluster_id, after).values_list("pk", flat=True)[:PAGE + 1])
    rows = rows_of(numbers[:PAGE], waiting)
    last = rows[-1] if len(numbers) > PAGE and rows else None
    held = (decisions_in_force().filter(visible_to(actor, path="case__"), subject__in=subjects)
            .exclude(case__in=judged_blind(actor)).values_list("kind")
            .annotate(accounts=CountOf("subject", distinct=True)).order_by("kind"))
    return ClusterView(
        cluster_id, rows, QueueCursor(last.rank_at, last.case_id) if last else None,
        waiting.copies([cluster_id]).get(cluster_id, QueueCount(0, False)), accounts,
        tuple((DecisionKind(kind), accounts) for kind, accounts in held), _shared(cluster_id, waiting, actor))


def _shared(cluster_id: int, waiting: Waiting, actor: Actor) -> tuple[SharedTrace, ...]:
    """Values of an account that a case protects as a possible victim's are not among them."""
    protected = Case.objects.filter(subject=OuterRef("subject"), victim_first=True)
    accounts = Case.objects.filter(waiting.visible, cluster=cluster_id).exclude(Exists(protected)).values("subject")
    rows = (Trace.objects.filter(Q(report__isnull=True) | visible_to(actor, path="report__case__"),
                                 subject__in=accounts, kind__in=_SHARED_KINDS)
            .values("kind", "key").annotate(accounts=CountOf("subject", distinct=True), shown=Min("masked"))
            .filter(accounts__gt=1).order_by("-accounts", "kind", "shown")[:SHARED_SHOWN])
    return tuple(SharedTrace(TraceKind(row["kind"]), row["shown"], row["accounts"]) for row in rows)


def has_copies(case: Case, *, actor: Actor) -> bool:
    """Whether another account's case that this person may see stands in the case's line."""
    return case.cluster_id is not None and Case.objects.filter(
        visible_to(actor), cluster=case.cluster_id).exclude(subject=case.subject_id).exists()
