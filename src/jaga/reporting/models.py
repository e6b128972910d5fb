"""In-app reports: the read position per platform, and reports already seen.

Independent sources of a case as keyed hashes, and reports judged to be made in bad faith.

The mailbox between the team and a reporter: one per report, never per case.

A reporter's consent to quoting one of their sentences to the other side.

Reports of one sender that a supervisor set aside together, and what was set aside.

Unusable values received from platforms, and the health of each worker task per platform.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Report
from jaga.core.terms.cases import PlatformTask, SetAsideKind
from jaga.core.terms.reports import MessageKind
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class InAppCursor(models.Model):
    """Where reading of a platform's own reports continues. Holds no content."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, related_name="in_app_cursor")
    cursor = models.TextField()
    read_at = models.DateTimeField()


class InAppImport(models.Model):
    """One in-app report by its number on the platform: filed once despite restarts and repeated reads.

    `report` is null if it could not become a report, for instance because it is about an account of another server.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="in_app_imports")
    own_id = models.CharField(max_length=200)
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="in_app")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "own_id"], name="records_in_app_import_once"),
        ]


class SourceKey(models.Model):
    """A keyed hash by which a source of a case is recognised again.

    Those derived from a network expire at `expires_at`.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="source_keys")
    key = models.BinaryField(max_length=16)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "key"], name="records_source_key_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="records_source_key_expires", condition=Q(expires_at__isnull=False)
            ),
        ]


class BadFaith(models.Model):
    """A person's judgement, with reasons, that a report was meant to harm an innocent person.

    It expires.

    Later reports of the same contact or organisation weigh less as sources, never zero; nothing else follows.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="bad_faith")
    judged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reasons = SealedTextField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="badfaith"),
            models.UniqueConstraint(
                fields=["report"], name="records_bad_faith_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="records_bad_faith_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_bad_faith_expires", condition=Q(expires_at__gt=F("at"))),
            models.CheckConstraint(
                name="records_bad_faith_withdrawn_by_somebody",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


FROM_US = (MessageKind.QUESTION, MessageKind.NOTE)
TO_US = (MessageKind.ANSWER, MessageKind.EVIDENCE, MessageKind.WITHDRAWAL)


class ReportMessage(models.Model):
    """One message.

    Immutable, except that the time the other side opened it is set once.

    `by` is the team member or officer; empty for a reporter.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="messages")
    from_us = models.BooleanField()
    kind = models.CharField(max_length=20, choices=choices(MessageKind))
    text = SealedTextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", table="reportmessage"),
            one_of("kind", MessageKind),
            models.CheckConstraint(
                name="records_message_kind_fits_its_side",
                condition=~Q(from_us=True, kind__in=TO_US) & ~Q(from_us=False, kind__in=FROM_US),
            ),
            models.CheckConstraint(
                name="records_message_of_the_team_names_who",
                condition=Q(from_us=False) | Q(by__isnull=False),
            ),
            models.CheckConstraint(
                name="records_message_says_something",
                condition=~Q(text="") | Q(kind__in=[MessageKind.WITHDRAWAL, MessageKind.EVIDENCE]),
            ),
            models.CheckConstraint(
                name="records_message_read_after_it_was_written",
                condition=Q(read_at__isnull=True) | Q(read_at__gte=F("at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["report"], name="records_message_unread", condition=Q(read_at__isnull=True, from_us=False)
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class QuoteConsent(models.Model):
    """One sentence as the reporter was asked about it.

    Answered once; a consent can be withdrawn until the sentence is used.

    `guards/reporting.sql` rejects any other change.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="consents")
    sentence = SealedTextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # In an outgoing text, after which consent cannot be withdrawn.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("sentence", table="quoteconsent"),
            models.UniqueConstraint(fields=["report", "sentence"], name="records_consent_asked_once"),
            models.CheckConstraint(name="records_consent_is_to_a_sentence", condition=~Q(sentence="")),
            models.CheckConstraint(
                name="records_consent_answered_at_a_moment",
                condition=Q(agreed__isnull=True, answered_at__isnull=True)
                | Q(agreed__isnull=False, answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_consent_used_or_withdrawn_once_given",
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True)
                | Q(agreed=True, used_at__isnull=True)
                | Q(agreed=True, withdrawn_at__isnull=True),
            ),
        ]

    @property
    def may_be_quoted(self) -> bool:
        """Whether the sentence may be quoted."""
        return self.agreed is True and self.withdrawn_at is None

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class ReporterSetAside(models.Model):
    """One act of setting a sender's reports aside. `report` is the one from which it was done; it names no sender."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reasons = SealedTextField()
    at = models.DateTimeField()
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="reportersetaside"),
            models.CheckConstraint(name="records_set_aside_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_set_aside_can_be_undone", condition=Q(undo_until__gt=F("at"))),
            models.CheckConstraint(
                name="records_set_aside_undone_in_time_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False, undone_at__lte=F("undo_until")),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class SetAsideReport(models.Model):
    """One report in such an act. `held`: its case left the queue, since nobody else reports there."""

    set_aside = models.ForeignKey(ReporterSetAside, on_delete=models.PROTECT, related_name="reports")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    held = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["set_aside", "report"], name="records_set_aside_report_once")
        ]


class PlatformTaskHealth(models.Model):
    """The health of one worker task on one platform, shared by all workers.

    Action steps keep theirs in `PlatformHealth`; here only their faults are counted.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="task_health")
    task = models.CharField(max_length=20, choices=choices(PlatformTask))
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    faults = models.PositiveIntegerField(default=0)  # Unusable answers since the beginning.
    not_kept = models.PositiveIntegerField(default=0)  # Values set aside beyond the number kept.
    retry_at = models.DateTimeField(null=True)  # The task does not call the platform before.
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "task"], name="records_task_health_once"),
            one_of("task", PlatformTask),
        ]


class SetAsideValue(models.Model):
    """A value from a platform on which nothing can be decided, with its encrypted raw bytes.

    A supervisor settles it after review; the bytes are then erased and only the record remains.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="set_aside")
    kind = models.CharField(max_length=20, choices=choices(SetAsideKind))
    why = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the raw bytes.
    size = models.PositiveIntegerField()  # Of all raw bytes; only the first of very many are kept.
    sealed = models.BinaryField()  # Empty once settled.
    times = models.PositiveIntegerField(default=1)  # How often it was received.
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    settled_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "kind", "digest"], name="records_set_aside_once"),
            one_of("kind", SetAsideKind),
            models.CheckConstraint(
                name="records_set_aside_settled_whole",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False, sealed=b""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["platform"], name="records_set_aside_open", condition=Q(settled_at__isnull=True)),
        ]


class PeriodicTaskFault(models.Model):
    """A periodic task of the worker that failed: it restarts automatically while the others go on."""

    name = models.CharField(max_length=40, unique=True)
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    last_failed_at = models.DateTimeField()
    why = models.CharField(max_length=200)
