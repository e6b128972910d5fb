"""Chat platforms and reported subjects."""

from typing import ClassVar

from django.db import models

from jaga.core.terms.reports import SubjectKind
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation


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
