"""Clusters of near-duplicate texts: cases whose accounts published nearly the same text share one line of the queue.

Only published texts count, so an advert copied into a report about a third account clusters nothing. Texts are looked
up by shared keys and compared with the report that published the text first. A cluster decides and hides nothing: its
line opens to the list of cases, and each account is judged individually. Urgent and victim-first cases are never
clustered, which the database enforces too.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.screening.copies.nearness import TextSignature, signature_of
from jaga.signals.models import Cluster
from jaga.store.bulk import ask_prepared
from jaga.store.codes import cluster_keys, cluster_same
from jaga.store.kernel.jobs import defer_triage

T = TypeVar("T")
MOST_LEADERS = 8  # clusters compared with one text: those that share most keys
_OF_A_KEY = 50  # oldest clusters of one key, so that common phrases cost no more than others
_TURN, _TURNS = 1_701_731, 1024  # namespace and number of the advisory locks for creating a cluster
_SHARING = """
SELECT b.cluster_id, k.text, count(*) FROM unnest(%s::int[], %s::bigint[]) AS k(text, key)
CROSS JOIN LATERAL (SELECT cluster_id FROM records_clusterkey WHERE key = k.key ORDER BY cluster_id LIMIT %s) b
GROUP BY 1, 2
"""
_KEYS = (
    "INSERT INTO records_clusterkey (cluster_id, key) SELECT cluster, key FROM"
    " unnest(%s::bigint[], %s::bigint[]) AS k(cluster, key) RETURNING NULL"
)
_SIZES = """
SELECT s.place, (SELECT count(*) FROM (
    SELECT c.subject_id FROM records_case c WHERE c.cluster_id = s.cluster UNION
    SELECT r.subject_id FROM records_report r JOIN records_cluster l ON l.report_id = r.id WHERE l.id = s.cluster UNION
    SELECT s.subject WHERE s.subject IS NOT NULL) accounts)
FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS s(place, cluster, subject)
"""


@dataclass(frozen=True)
class _Leader:
    """A cluster and the report that represents it."""

    cluster_id: int
    subject_id: int
    case_id: int | None
    mark: TextSignature


class _Index(Generic[T]):
    """An in-memory index from keys of a signature to items, like the table of keys."""

    def __init__(self) -> None:
        self._found: dict[int, dict[T, None]] = defaultdict(dict)

    def add(self, mark: TextSignature, one: T) -> None:
        for key in mark.keys:
            self._found[key][one] = None

    def of(self, mark: TextSignature) -> dict[T, None]:
        """The items that share a key with this signature."""
        return {one: None for key in mark.keys for one in self._found.get(key, ())}


def gather(cases: Sequence[Case], reports: Iterable[Report], *, opened: Collection[int] = ()) -> None:
    """Add the locked cases to clusters of texts published before, by their new reports.

    Idempotent. `opened` are ids of cases that this transaction opened, which lead no cluster yet.

    A new text starts its own cluster. When a second account publishes it, the first one's case is triaged again and
    joins. A case stays in its cluster.
    """
    alone = {
        case.pk: case
        for case in cases
        if case.cluster_id is None and not case.urgent and not case.victim_first and case.state in JOINABLE_STATES
    }
    _follow({number: case for number, case in alone.items() if number not in opened})
    new = [
        (report, mark)
        for report in sorted(reports, key=lambda report: report.pk)
        if report.case_id in alone and (mark := signature_of(report.published))
    ]
    if not new:
        return
    leaders = _known({mark for _, mark in new})
    if unknown := {mark for _, mark in new if not _near(mark, leaders.get(mark, ()))}:
        _take_turns(unknown)
        leaders |= _known(unknown)  # clusters that were committed while this one waited
    made = _Index[_Leader]()
    for leader in _lead(_fresh(new, leaders)):
        made.add(leader.mark, leader)
    for report, mark in new:
        near = _near(mark, leaders.get(mark, ())) or _near(mark, made.of(mark))
        if near is not None and near.subject_id != report.subject_id:
            _join(alone[report.case_id or 0], near, alone)
    joined = [case for case in alone.values() if case.cluster_id is not None]
    Case.objects.bulk_update(joined, ["cluster"])


def cluster_sizes(texts: Sequence[tuple[str, int | None]]) -> list[int]:
    """For each (text, account id), how many accounts published nearly this text, this one included.

    At least 1; always 1 for a text too short to compare. The id is None for an unknown account.
    """
    marks = {text: signature_of(text) for text, _ in texts}
    leaders = _known({mark for mark in marks.values() if mark})
    places, clusters, subjects = list[int](), list[int](), list[int | None]()
    for place, (text, subject_id) in enumerate(texts):
        mark = marks[text]
        leader = _near(mark, leaders.get(mark, ())) if mark else None
        if leader is not None:
            places.append(place)
            clusters.append(leader.cluster_id)
            subjects.append(subject_id)
    sizes = [1] * len(texts)
    for place, accounts in ask_prepared(_SIZES, [places, clusters, subjects]) if places else ():
        sizes[place] = accounts + (texts[place][1] is None)
    return sizes


def _fresh(
    new: Iterable[tuple[Report, TextSignature]], leaders: Mapping[TextSignature, Sequence[_Leader]]
) -> dict[TextSignature, Report]:
    """The first report of each text that resembles neither a known one nor another of these."""
    fresh, first = _Index[TextSignature](), dict[TextSignature, Report]()
    for report, mark in new:
        if not _near(mark, leaders.get(mark, ())) and not any(mark.near(other) for other in fresh.of(mark)):
            fresh.add(mark, mark)
            first[mark] = report
    return first


def _take_turns(marks: Iterable[TextSignature]) -> None:
    """Lock, until the commit, the creation of clusters that share a key with these signatures.

    Of two workers with nearly the same text, the second waits and then finds the first one's cluster. Locks are taken
    in one order to avoid deadlocks. Keys share `_TURNS` locks, since the database has room for only some thousands, so
    unrelated texts may wait for each other too.
    """
    turns = sorted({key % _TURNS for key in cluster_keys(key for mark in marks for key in mark.keys)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, turn) FROM unnest(%s::int[]) AS turn", [_TURN, turns])


def _follow(alone: Mapping[int, Case]) -> None:
    """Add cases that represent a text to its cluster once others have joined."""
    if not alone:
        return
    led = (
        Cluster.objects.filter(report__case__in=alone)
        .filter(Exists(Case.objects.filter(cluster=OuterRef("pk"))))
        .order_by("-pk")
    )
    for cluster_id, case_id in led.values_list("pk", "report__case_id"):
        alone[case_id].cluster_id = cluster_id
    Case.objects.bulk_update([case for case in alone.values() if case.cluster_id is not None], ["cluster"])


def _known(marks: Iterable[TextSignature]) -> dict[TextSignature, list[_Leader]]:
    """For each signature the clusters that share most keys with it, oldest first."""
    wanted = list(marks)
    texts = [place for place, mark in enumerate(wanted) for _ in mark.keys]
    keys = cluster_keys(key for mark in wanted for key in mark.keys)
    shared: dict[int, Counter[int]] = defaultdict(Counter)
    for cluster_id, place, count in ask_prepared(_SHARING, [texts, keys, _OF_A_KEY]) if wanted else ():
        shared[place][cluster_id] = count
    nearest = {
        place: [cluster_id for cluster_id, _ in counted.most_common(MOST_LEADERS)] for place, counted in shared.items()
    }
    leaders = _leaders({cluster_id for found in nearest.values() for cluster_id in found})
    return {
        wanted[place]: [leaders[one] for one in sorted(found) if one in leaders] for place, found in nearest.items()
    }


def _leaders(numbers: Iterable[int]) -> dict[int, _Leader]:
    rows = Cluster.objects.filter(pk__in=list(numbers)).values_list(
        "pk", "report__subject_id", "report__case_id", "report__published"
    )
    return {
        number: _Leader(number, subject_id, case_id, mark)
        for number, subject_id, case_id, text in rows
        if (mark := signature_of(text))
    }


def _near(mark: TextSignature, leaders: Iterable[_Leader]) -> _Leader | None:
    """The oldest cluster that this text is a copy of, so that all copies of a text meet in one cluster."""
    return next((leader for leader in leaders if mark.near(leader.mark)), None)


def _lead(fresh: Mapping[TextSignature, Report]) -> list[_Leader]:
    """Create clusters for these reports. If another worker has created one for an equal text, that one is used."""
    rows = {cluster_same(mark.bins): (mark, report) for mark, report in fresh.items()}
    led = set(Cluster.objects.filter(report__in=list(fresh.values())).values_list("report_id", flat=True))
    moment = now()
    # Insert in one order, since the second worker waits for the first one's commit.
    Cluster.objects.bulk_create(
        (
            Cluster(report=report, same=same, made_at=moment)
            for same, (_, report) in sorted(rows.items())
            if report.pk not in led
        ),
        ignore_conflicts=True,
    )
    made = list(
        Cluster.objects.filter(same__in=list(rows))
        .order_by("pk")
        .annotate(
            leads_case=Subquery(Report.objects.filter(pk=OuterRef("report")).values("case")),
            leads_subject=Subquery(Report.objects.filter(pk=OuterRef("report")).values("subject")),
        )
    )
    leaders = [_Leader(row.pk, row.leads_subject, row.leads_case, rows[bytes(row.same)][0]) for row in made]
    mine = [row for row in made if row.report_id == rows[bytes(row.same)][1].pk]
    wanted = [(row.pk, key) for row in mine for key in rows[bytes(row.same)][0].keys]
    if wanted:
        ask_prepared(_KEYS, [[number for number, _ in wanted], cluster_keys(key for _, key in wanted)])
    return leaders


def _join(case: Case, leader: _Leader, alone: Mapping[int, Case]) -> None:
    """Add a case to a cluster, and the case that represents it: at once if it is locked here, else by its triage."""
    if case.cluster_id is not None:
        return
    case.cluster_id = leader.cluster_id
    first = alone.get(leader.case_id or 0)
    if first is not None:
        first.cluster_id = leader.cluster_id
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM records_case WHERE id = %s AND cluster_id IS NULL AND NOT urgent AND NOT"
            " victim_first AND state = ANY(%s)",
            [leader.case_id, [one.value for one in JOINABLE_STATES]],
        )
        waits_alone = cursor.fetchone() is not None
    if waits_alone:
        defer_triage(leader.case_id or 0)
