"""Cases, the screening signals that rank them, and reviewers' leases.

Chat platforms and reported subjects.

Labels the team puts on cases.

The search index: each case's keyed words, maintained by the worker, and the cases to re-index.

The words are made by `store.codes`; the triggers that mark cases are in `guards/search.sql`. Text of
victim-first cases is not indexed.
"""

from typing import ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q

from jaga.core.cases import JOINABLE_STATES, UNJUDGED_STATES, VOTING_STATES, CaseState, reference_of
from jaga.core.terms.cases import Severity, VictimState
from jaga.core.terms.people import Clearance
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import SubjectKind, TextKind
from jaga.people.models import Organisation, Person
from jaga.store.key_numbers import next_case_number
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class Platform(models.Model):
    """One chat platform and its adapter's declared capabilities.

    Credentials are not stored here; only the worker has them.
    """

    name = models.SlugField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120)
    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="platforms")
    adapter = models.CharField(max_length=40)
    server_name = models.CharField(max_length=200, blank=True)  # The part after the colon of a Matrix id.
    capabilities = models.JSONField(default=dict)  # As declared by the adapter: {step: {supported, reversible, …}}.
    # Pattern of ids that never change; empty: the name is the id.
    stable_id = models.CharField(max_length=200, blank=True)
    named_like = models.CharField(max_length=40, blank=True)  # The adapter whose names look alike; empty: its own.
    by_notice = models.BooleanField(default=False)  # Jaga asks the operator's staff; it cannot act there itself.
    hook_keys = models.JSONField(default=list)  # Public keys (whpk_…) of the platform's signed answers.
    concurrency = models.PositiveSmallIntegerField(default=4)  # How many accounts are processed there concurrently.
    watched = models.BooleanField(default=False)  # Its public rooms may be watched, once two people start a watch.
    practice = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.display_name

    @property
    def naming(self) -> str:
        """The adapter whose rules parse a pasted account name."""
        return self.named_like or self.adapter


class Subject(models.Model):
    """An account (or message, or room) on one platform, by the platform's stable id."""

    # Indexed by `records_subject_once`. With a separate index on the platform, a plan cached while the table is small
    # would use it and later read every account.
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="subjects", db_index=False)
    kind = models.CharField(max_length=20, choices=choices(SubjectKind), default=SubjectKind.ACCOUNT)
    account_id = models.CharField(max_length=300)
    handle = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    sought_at = models.DateTimeField(null=True)  # When the platform was last asked whether it knows the account.
    absent = models.BooleanField(default=False, db_default=False)  # The platform does not know it.
    since = models.DateTimeField(null=True)  # When it was created according to the platform; null: unknown.

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "kind", "account_id"], name="records_subject_once"),
            one_of("kind", SubjectKind),
        ]
        indexes: ClassVar = [
            models.Index(fields=["handle"], name="records_subject_called", condition=~models.Q(handle="")),
        ]

    def __str__(self) -> str:
        return self.account_id


_VOTING = [state.value for state in VOTING_STATES]
PROTECTING = [state.value for state in VictimState if state.protects]
QUEUED = Q(state__in=_VOTING, snoozed_until__isnull=True, escalated_at__isnull=True)
"""Cases in a queue: waiting for a vote, not deferred, and not with supervisors."""


class Case(models.Model):
    """All work on one subject in one category. Only `cases.verbs.state.move_case` writes `state`."""

    key_number = models.BigIntegerField(default=next_case_number)  # Of its key (`store.key_store`).
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="cases")
    category = models.CharField(max_length=60)  # A category key of the policy release.
    state = models.CharField(max_length=20, choices=choices(CaseState), default=CaseState.RECEIVED)
    channel = models.CharField(max_length=20)  # Of the report that opened it; for figures.
    severity = models.SmallIntegerField(default=Severity.LOW)
    victim_first = models.BooleanField(default=False)  # Whether `victim_state` protects now.
    victim_state = models.CharField(
        max_length=20,
        choices=choices(VictimState),
        default=VictimState.NONE,
        # Written only by `signals.verbs.victim_protection`.
        db_default=VictimState.NONE.value,
    )
    urgent = models.BooleanField(default=False)
    conduct_on = models.DateField()  # Of the report that opened it; each report keeps its own.
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # The earliest legal deadline among its reports. It raises alarms, never acts.
    reopens = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reopened_by")
    # Dismissed within the last 90 days and reported again with something new.
    repeats = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="repeated_by")
    # The case that took its reports, once it was known which account they are about.
    reports_moved_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reports_count = models.PositiveIntegerField(default=0)
    sources_count = models.PositiveIntegerField(default=0)  # Independent sources, not reports.
    score = models.FloatField(default=0.0)  # Triage score from 0 to 1; ranks, never decides.
    # For urgent cases: how many cases of the same network or text wait before it, and whether a reporter used words of
    # their own. `apart`: the platform does not know the account.
    turn = models.SmallIntegerField(default=0, db_default=0)
    own_words = models.BooleanField(default=True, db_default=True)
    apart = models.BooleanField(default=False, db_default=False)
    # Reported by a trusted flagger in its own field, so ranked a little earlier.
    flagged = models.BooleanField(default=False)
    rank_at = models.DateTimeField()  # The queue's order, earlier first; see screening.engine.priority.
    # A queue key of the release's routing.
    queue = models.CharField(max_length=60, default="general", db_default="general")
    queue_fixed = models.BooleanField(default=False, db_default=False)  # Set by a person, not by the routing rules.
    routed_by = models.CharField(max_length=64, default="", db_default="")  # Hash of the release whose rules applied.
    # The clearance needed to see it; empty: the whole team.
    clearance = models.CharField(max_length=20, default="", db_default="")
    language = models.CharField(max_length=2, default="id", db_default="id")  # Of the report that opened it.
    assigned_to = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="assigned")
    snoozed_until = models.DateTimeField(null=True)  # Deferred until then, never past the legal deadline.
    snoozed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    snooze_reason = SealedTextField(default="", db_default="")
    escalated_at = models.DateTimeField(null=True)  # With supervisors since then.
    decided_at = models.DateTimeField(null=True)
    # When the restriction ahead of a closure met the deadline; empty where the release does not allow that, or where
    # the closure was withdrawn.
    met_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    cluster = models.ForeignKey(
        "records.Cluster", null=True, on_delete=models.SET_NULL, related_name="cases", db_index=False
    )  # Cases with nearly the same text share one row of the queue.
    # A canary case, invented to detect access without reason.
    canary = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("snooze_reason", table="case"),
            one_of("state", CaseState),
            one_of("victim_state", VictimState),
            models.CheckConstraint(
                name="records_case_victim_first_as_its_state_says",
                condition=Q(victim_first=True, victim_state__in=PROTECTING)
                | Q(victim_first=False) & ~Q(victim_state__in=PROTECTING),
            ),
            models.UniqueConstraint(
                fields=["subject", "category"],
                name="records_one_open_case_per_subject_and_category",
                condition=Q(state__in=[state.value for state in JOINABLE_STATES]),
            ),
            models.CheckConstraint(name="records_case_due_after_opening", condition=Q(due_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="records_case_resolved_has_its_time",
                condition=Q(state=CaseState.RESOLVED, resolved_at__isnull=False) | ~Q(state=CaseState.RESOLVED),
            ),
            models.CheckConstraint(
                name="records_case_clearance_is_a_term",
                condition=Q(clearance__in=["", *(one.value for one in Clearance)]),
            ),
            models.CheckConstraint(
                name="records_snooze_ends_before_the_deadline",
                condition=Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=F("due_at")),
            ),
            models.CheckConstraint(
                name="records_snooze_says_why", condition=Q(snoozed_until__isnull=True) | ~Q(snooze_reason="")
            ),
            models.CheckConstraint(
                name="records_canary_is_never_worked_on", condition=Q(canary=False) | Q(state=CaseState.RESOLVED)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["rank_at", "id"],
                name="records_queue",
                condition=Q(state__in=[CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION]),
            ),
            models.Index(fields=["key_number"], name="records_case_key_number"),
            models.Index(fields=["opened_at"], name="records_case_opened"),
            models.Index(fields=["opened_at"], name="records_case_repeat", condition=Q(repeats__isnull=False)),
            models.Index(  # Search among waiting cases in a time span.
                fields=["opened_at"],
                name="records_case_waiting_since",
                condition=Q(state__in=[CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION]),
            ),
            models.Index(
                fields=["category", "state", "due_at", "opened_at"],
                name="records_case_unfinished",
                condition=~Q(state=CaseState.RESOLVED),
            ),
            models.Index(  # The second part of a search: cases that do not wait, newest first.
                fields=["-opened_at", "-id"],
                name="records_case_not_waiting",
                condition=~Q(state__in=[CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION]),
            ),
            models.Index(  # Neither waiting nor closed: few, searched for among millions.
                fields=["-opened_at", "-id"],
                name="records_case_moving",
                condition=~Q(
                    state__in=[CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION, CaseState.RESOLVED]
                ),
            ),
            models.Index(
                fields=["id"],
                name="records_case_voted_undecided",
                condition=Q(  # Undecided, with votes.
                    state__in=[CaseState.SECOND_VOTE, CaseState.ADJUDICATION, CaseState.COMMITTING]
                ),
            ),
            models.Index(fields=["queue", "rank_at", "id"], name="records_queue_of", condition=QUEUED),
            # To get past any number of near-duplicates.
            models.Index(
                fields=["queue", "rank_at", "id"],
                name="records_queue_alone",
                condition=QUEUED & Q(cluster__isnull=True),
            ),
            models.Index(
                fields=["queue", "rank_at", "id"], name="records_queue_apart", condition=QUEUED & Q(apart=True)
            ),  # Few among many: every queue page counts them.
            models.Index(fields=["queue", "channel", "rank_at", "id"], name="records_queue_channel", condition=QUEUED),
            models.Index(
                fields=["queue", "category", "rank_at", "id"], name="records_queue_category", condition=QUEUED
            ),
            models.Index(
                fields=["queue", "language", "rank_at", "id"], name="records_queue_language", condition=QUEUED
            ),
            models.Index(
                fields=["queue", "rank_at", "id"],
                name="records_queue_severe",  # High and critical: few.
                condition=QUEUED & Q(severity__gte=3),
            ),
            models.Index(
                fields=["rank_at", "id"],
                name="records_escalated",
                condition=Q(state__in=_VOTING, escalated_at__isnull=False),
            ),
            models.Index(
                fields=["assigned_to", "rank_at"],
                name="records_assigned",
                condition=Q(state__in=_VOTING, assigned_to__isnull=False),
            ),
            models.Index(fields=["snoozed_until"], name="records_snoozed", condition=Q(snoozed_until__isnull=False)),
            models.Index(
                fields=["cluster", "rank_at", "id"],
                name="records_cluster_waiting",
                condition=QUEUED & Q(cluster__isnull=False),
            ),
            models.Index(fields=["cluster", "subject"], name="records_cluster_of", condition=Q(cluster__isnull=False)),
            models.Index(fields=["id"], name="records_canary_cases", condition=Q(canary=True)),
            models.Index(
                fields=["id"],
                include=["clearance", "victim_first"],
                name="records_case_not_for_all",
                condition=~Q(clearance="") | Q(victim_first=True),
            ),  # Left out of figures over many cases.
            models.Index(
                fields=["due_at"],
                name="records_case_urgent_waiting",
                condition=Q(state__in=[state.value for state in UNJUDGED_STATES])
                & (Q(urgent=True) | Q(victim_first=True)),
            ),
        ]

    @property
    def reference(self) -> str:
        """The number as people write and say it."""
        return reference_of(self.pk)

    def key_owner(self, kind: KeyOwner = KeyOwner.CASE) -> Owner:
        """Whose key seals its texts, and those of everything that belongs to the case."""
        return Owner(kind, self.key_number)


class TurnKey(models.Model):
    """Keyed hashes that group urgent cases of one author: a network, or the words of a text.

    `own`: for a network, whether the report has its own wording. Deleted after 30 days.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="turn_keys")
    key = models.BinaryField(max_length=16)
    own = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "case"], name="records_turnkey_before")]


class LinkedAccount(models.Model):
    """Another account, on this or another platform, that staff believe belongs to the same holder; added manually.

    Linking has no effect on the account: a vote must name it for anything to happen.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="linked")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="linked_to")
    why = SealedTextField()  # The evidence for the link, in the reviewer's words.
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    handle_looked_up_at = models.DateTimeField(null=True)  # its handle was nobody's then; it is not asked about again

    class Meta:
        constraints: ClassVar = [
            *sealed_only("why", table="linkedaccount"),
            models.UniqueConstraint(
                fields=["case", "subject"], name="records_linked_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="records_link_says_why", condition=~Q(why="")),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class Signal(models.Model):
    """A screening finding with source, version and reason. It carries no verdict."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="signals")
    report = models.ForeignKey("records.Report", on_delete=models.CASCADE, related_name="signals")
    source = models.CharField(max_length=40)
    version = models.CharField(max_length=80)
    category = models.CharField(max_length=60)
    weight = models.FloatField()
    msgid = models.TextField()  # The explaining sentence, translated and filled at display.
    params = models.JSONField(default=dict)
    # The report text it is in. In the sender's own text it can only propose the victim-first procedure.
    text_kind = models.CharField(
        max_length=20, choices=choices(TextKind), default=TextKind.PUBLISHED, db_default=TextKind.PUBLISHED
    )
    start = models.IntegerField()  # Code points in that text.
    end = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            one_of("text_kind", TextKind),
            models.CheckConstraint(name="records_signal_has_a_span", condition=Q(start__gte=0, end__gt=F("start"))),
        ]


class Lease(models.Model):
    """One reviewer's lease on a case.

    The fencing token (`fence`) increases, so a former holder cannot overwrite a later one.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="leases")
    holder = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leases")
    fence = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    took_over = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="taken_over_by")
    reason = SealedTextField(blank=True)  # Why a supervisor took the case from its holder.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reason", table="lease"),
            models.UniqueConstraint(
                fields=["case"], name="records_one_active_lease", condition=Q(released_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["case", "fence"], name="records_lease_fence_grows"),
            models.CheckConstraint(
                name="records_lease_taken_over_with_a_reason",
                condition=Q(took_over__isnull=True, reason="") | (Q(took_over__isnull=False) & ~Q(reason="")),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class CaseLabel(models.Model):
    """A team label on a case, for searching and sorting. Holders, reporters and figures do not contain it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="labels")
    label = models.CharField(max_length=40)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "label"], name="records_label_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_label_is_a_word", condition=Q(label__regex=r"^[a-z0-9][a-z0-9-]{0,39}$")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["label", "case"], name="records_label_find", condition=Q(withdrawn_at__isnull=True)),
        ]


class Words(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's tsvector. Only `queue.verbs.search` writes it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector"


class SearchText(models.Model):
    """The indexed keyed words of one case; the index is created in `guards/search.sql`."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="search_text")
    words = Words()


class SearchStale(models.Model):
    """A case whose words may have changed. Triggers only insert rows, so no report waits for another."""

    number = models.BigIntegerField()  # The case id; no foreign key, so inserting locks nothing.
