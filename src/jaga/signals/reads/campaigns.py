"""Campaigns: accounts that published nearly one text, or named one contact, over time and on several platforms.

A campaign is shown and decides nothing: votes stay account by account. Left out, also of every count, are accounts with
a case that the reader may not see or that protects a possible victim, contacts on the warning list, and contacts that
were last shown longer ago than the release's `contact_days`. Below two accounts there is no campaign.

One near-duplicate cluster of the queue: waiting cases, the outcomes of the others, and what the accounts share.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Count as CountOf
from django.db.models import Exists, Min, OuterRef, Q

from jaga.cases.models.cases import Case, Subject
from jaga.cases.reads.case_view import (
    JUDGED,
    STAGES,
    CaseStage,
    cases_kept_back,
    kept_back,
    taken_for_blind_review,
    takes_case,
)
from jaga.cases.reads.decisions import decisions_in_force
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.reports import IndicatorKind
from jaga.policy.release import load_release
from jaga.queue.reads.queue import PAGE, QueueRow, rows_of
from jaga.queue.reads.waiting import QueueCount, QueueCursor, Waiting, waiting_for
from jaga.signals.models import AccountIndicator, Cluster
from jaga.signals.reads.at_a_glance import never_keys
from jaga.store.reads import READERS, clearances_of, log_access, log_access_to_all, visible_to

CAMPAIGNS_SHOWN, ACCOUNTS_SHOWN, RELATED_SHOWN = 50, 100, 10
RECENT = timedelta(days=7)

_SHOWN = """
shown AS (SELECT m.* FROM member m WHERE NOT EXISTS (
    SELECT 1 FROM records_case h WHERE h.subject_id = m.subject_id
    AND (h.victim_first OR h.clearance <> ALL(%(held)s))))
"""
_TEXTS = """
member AS (SELECT c.cluster_id AS tie, c.subject_id, min(c.opened_at) AS first_at FROM records_case c
    WHERE c.cluster_id IN (SELECT cluster_id FROM records_case WHERE cluster_id IS NOT NULL AND opened_at >= %(since)s)
    GROUP BY 1, 2)
"""
_CONTACTS = """
member AS (SELECT i.key AS tie, i.subject_id, i.seen_at AS first_at FROM records_accountindicator i
    WHERE i.kind = 'contact' AND i.seen_at >= %(decayed)s AND i.key <> ALL(%(never)s))
"""
# Platforms are counted of those alone that are listed, since that costs more than all other counts.
_LIST = """,
listed AS (SELECT m.tie, count(*) AS accounts, count(*) FILTER (WHERE m.first_at >= %(recent)s) AS recent,
        min(m.first_at) AS first_at, max(m.first_at) AS last_at FROM shown m GROUP BY m.tie
    HAVING count(*) > 1 AND max(m.first_at) >= %(since)s ORDER BY 3 DESC, 2 DESC, 5 DESC LIMIT %(most)s),
apps AS (SELECT tie, count(*) AS platforms FROM (SELECT DISTINCT m.tie, s.platform_id FROM listed
    JOIN shown m USING (tie) JOIN records_subject s ON s.id = m.subject_id) used GROUP BY tie)
SELECT tie, accounts, recent, first_at, last_at, platforms FROM listed JOIN apps USING (tie)
ORDER BY recent DESC, accounts DESC, last_at DESC
"""
_MASKED = """
SELECT tie, one.id, one.masked FROM unnest(%s::bytea[]) tie CROSS JOIN LATERAL (
    SELECT i.id, i.masked FROM records_accountindicator i WHERE i.key = tie AND i.kind = 'contact'
    ORDER BY i.id LIMIT 1) one
"""


class CampaignKind(StrEnum):
    """What holds a campaign together."""

    TEXT = "text"
    CONTACT = "contact"


@dataclass(frozen=True)
class CampaignRow:
    """One campaign. `number` is the cluster's or an indicator's; `shown` the beginning of the text (empty where it may
    not be shown) or the masked contact. `recent`: accounts that were first seen in the last seven days.
    """

    kind: CampaignKind
    number: int
    shown: str
    accounts: int
    recent: int
    platforms: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class CampaignAccount:
    """One account of a campaign with its newest case, if there is one.

    `stage` and `held` (the decision in force) are None where they are kept back from the reader, or there is none.
    """

    account: str
    platform: str
    first_at: datetime
    case_id: int | None
    reference: str
    category: str
    stage: CaseStage | None
    held: DecisionKind | None


@dataclass(frozen=True)
class CampaignView:
    """A campaign with its accounts, the first ones first, at most `ACCOUNTS_SHOWN`.

    `first_ats` are the moments at which each account was first seen, sorted. `related` are other campaigns of which
    several of the accounts shown are part; these alone are counted there. `judged_apart`: what was decided about any of
    its accounts is left out, since with one text or contact it says what to do with the one that waits for the reader.
    """

    row: CampaignRow
    platforms: tuple[tuple[str, int], ...]
    accounts: tuple[CampaignAccount, ...]
    first_ats: tuple[datetime, ...]
    related: tuple[CampaignRow, ...]
    judged_apart: bool


def list_campaigns(days: int, *, actor: Actor) -> tuple[CampaignRow, ...]:
    """Campaigns with a new account in the last `days`, the fastest growing first. Raises NotPermitted."""
    actor.require(*READERS)
    log_access(None, AccessKind.CAMPAIGN, actor=actor)
    values = _values(actor, now() - timedelta(days=days))
    rows = [*_rows(CampaignKind.TEXT, _TEXTS, values, actor), *_rows(CampaignKind.CONTACT, _CONTACTS, values, actor)]
    return tuple(sorted(rows, key=lambda row: (-row.recent, -row.accounts, row.kind, row.number))[:CAMPAIGNS_SHOWN])


def access_campaign(kind: CampaignKind, number: int, *, actor: Actor) -> CampaignView:
    """One campaign; the access log has the case of each account shown.

    Raises NotPermitted, and NotFound unless the reader may see two of its accounts.
    """
    actor.require(*READERS)
    members = _members(kind, number, actor)
    if len(members) < 2:
        raise NotFound
    subjects = Subject.objects.filter(pk__in=[one for one, _ in members]).select_related("platform").in_bulk()
    platforms = Counter(row.platform.display_name for row in subjects.values())
    ats = sorted(at for _, at in members)
    row = CampaignRow(
        kind,
        number,
        _label(kind, number, actor),
        len(members),
        sum(at >= now() - RECENT for at in ats),
        len(platforms),
        ats[0],
        ats[-1],
    )
    shown = members[:ACCOUNTS_SHOWN]
    apart = bool(kept_back([one for one, _ in members], actor=actor))
    accounts = _accounts(shown, subjects, apart, actor)
    log_access_to_all([one.case_id for one in accounts if one.case_id], AccessKind.CAMPAIGN, actor=actor)
    return CampaignView(
        row,
        tuple(platforms.most_common()),
        accounts,
        tuple(ats),
        _related(row, [one for one, _ in shown], actor),
        apart,
    )


def _values(actor: Actor, since: datetime) -> dict[str, Any]:
    release, moment = load_release(), now()
    return {
        "since": since,
        "recent": moment - RECENT,
        "most": CAMPAIGNS_SHOWN,
        "never": never_keys(release),
        "decayed": moment - timedelta(days=release.screening.contact_days),
        "held": ["", *(one.value for one in clearances_of(actor))],
    }


def _asked(member: str, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {member}, {_SHOWN}{query}", values)
        return list(cursor.fetchall())


def _rows(kind: CampaignKind, member: str, values: dict[str, Any], actor: Actor) -> list[CampaignRow]:
    """The campaigns among these accounts."""
    found = {_tie(tie): counts for tie, *counts in _asked(member, _LIST, values)}
    if not found:
        return []
    labels: dict[int | bytes, tuple[int, str]]
    if kind is CampaignKind.TEXT:
        texts = _texts([tie for tie in found if isinstance(tie, int)], actor)
        labels = {tie: (tie, texts.get(tie, "")) for tie in found if isinstance(tie, int)}
    else:
        with connection.cursor() as cursor:
            cursor.execute(_MASKED, [list(found)])
            labels = {bytes(key): (number, masked) for key, number, masked in cursor.fetchall()}
    return [
        CampaignRow(kind, *labels[tie], accounts, recent, platforms, first_at, last_at)
        for tie, (accounts, recent, first_at, last_at, platforms) in found.items()
        if tie in labels
    ]


def _tie(value: int | memoryview) -> int | bytes:
    """A cluster's number, or a contact's key."""
    return value if isinstance(value, int) else bytes(value)


def _members(kind: CampaignKind, number: int, actor: Actor) -> list[tuple[int, datetime]]:
    """The accounts that may be shown, with the moment at which each was first seen, the first one first."""
    values = _values(actor, now())
    if kind is CampaignKind.TEXT:
        member = (
            "member AS (SELECT c.subject_id, min(c.opened_at) AS first_at FROM records_case c"
            " WHERE c.cluster_id = %(number)s GROUP BY 1)"
        )
    else:
        member = (
            "member AS (SELECT i.subject_id, min(i.seen_at) AS first_at FROM records_accountindicator i"
            " WHERE i.kind = 'contact' AND i.seen_at >= %(decayed)s AND i.key <> ALL(%(never)s) AND i.key = ("
            "SELECT key FROM records_accountindicator WHERE id = %(number)s AND kind = 'contact') GROUP BY 1)"
        )
    return [
        (subject, at)
        for subject, at in _asked(
            member, " SELECT subject_id, first_at FROM shown ORDER BY 2, 1", {**values, "number": number}
        )
    ]


def _label(kind: CampaignKind, number: int, actor: Actor) -> str:
    if kind is CampaignKind.TEXT:
        return _texts([number], actor).get(number, "")
    return AccountIndicator.objects.values_list("masked", flat=True).get(pk=number)


def _texts(clusters: Collection[int], actor: Actor) -> dict[int, str]:
    """The text that each cluster began with, where its case may be read."""
    rows = Cluster.objects.filter(
        visible_to(actor, path="report__case__"), pk__in=clusters, report__case__victim_first=False
    ).select_related("report")
    return {row.pk: row.report.published for row in rows}


def _accounts(
    members: Sequence[tuple[int, datetime]], subjects: Mapping[int, Subject], apart: bool, actor: Actor
) -> tuple[CampaignAccount, ...]:
    numbers = [one for one, _ in members]
    cases = {
        case.subject_id: case for case in Case.objects.filter(visible_to(actor), subject__in=numbers).order_by("pk")
    }
    judged = {case.pk for case in cases.values() if CaseState(case.state) in JUDGED}
    kept = judged if apart else cases_kept_back(judged, actor=actor)
    decisions = (
        []
        if apart
        else list(
            decisions_in_force()
            .filter(visible_to(actor, path="case__"), subject__in=numbers)
            .order_by("pk")
            .values_list("case_id", "subject_id", "kind")
        )
    )
    hidden = cases_kept_back([case_id for case_id, *_ in decisions], actor=actor)
    held = {subject_id: kind for case_id, subject_id, kind in decisions if case_id not in hidden}
    found = []
    for number, at in members:
        case, subject = cases.get(number), subjects[number]
        found.append(
            CampaignAccount(
                subject.account_id,
                subject.platform.display_name,
                at,
                case.pk if case else None,
                case.reference if case else "",
                case.category if case else "",
                STAGES[CaseState(case.state)] if case is not None and case.pk not in kept else None,
                DecisionKind(held[number]) if number in held else None,
            )
        )
    return tuple(found)


def _related(row: CampaignRow, subjects: Collection[int], actor: Actor) -> tuple[CampaignRow, ...]:
    """Other texts and contacts that at least two of these accounts share."""
    values = {
        **_values(actor, now()),
        "subjects": list(subjects),
        "since": datetime.min.replace(tzinfo=now().tzinfo),
        "most": RELATED_SHOWN + 1,
    }
    texts = (
        "member AS (SELECT c.cluster_id AS tie, c.subject_id, min(c.opened_at) AS first_at FROM records_case c"
        " WHERE c.cluster_id IS NOT NULL AND c.subject_id = ANY(%(subjects)s) GROUP BY 1, 2)"
    )
    contacts = (
        "member AS (SELECT i.key AS tie, i.subject_id, i.seen_at AS first_at FROM records_accountindicator i"
        " WHERE i.kind = 'contact' AND i.seen_at >= %(decayed)s AND i.key <> ALL(%(never)s)"
        " AND i.subject_id = ANY(%(subjects)s))"
    )
    found = [*_rows(CampaignKind.TEXT, texts, values, actor), *_rows(CampaignKind.CONTACT, contacts, values, actor)]
    own = (
        AccountIndicator.objects.filter(pk=row.number).values_list("key", flat=True).first()
        if row.kind is CampaignKind.CONTACT
        else None
    )
    same = set(AccountIndicator.objects.filter(key=own).values_list("pk", flat=True)) if own else set()
    return tuple(
        one for one in found if not (one.kind is row.kind and (one.number == row.number or one.number in same))
    )[:RELATED_SHOWN]


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
