"""Chat platforms, the subjects complained of there, and how far the watch has read."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import SubjectKind
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation


class Platform(models.Model):
    """One chat platform and what its adapter declared. Its credentials are never here: only the worker has them."""

    name = models.SlugField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120)
    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="platforms")
    adapter = models.CharField(max_length=40)
    server_name = models.CharField(max_length=200, blank=True)  # the part behind the colon of a Matrix id
    capabilities = models.JSONField(default=dict)  # as the adapter declared them: {step: {supported, reversible, …}}
    stable_id = models.CharField(max_length=200, blank=True)  # pattern of ids that stay; empty: a name is the id
    named_like = models.CharField(max_length=40, blank=True)  # the adapter whose names look alike; empty: its own
    by_notice = models.BooleanField(default=False)  # Jaga asks the operator's people there; it has no hands itself
    hook_keys = models.JSONField(default=list)  # public keys (whpk_…) of the platform's signed answers
    concurrency = models.PositiveSmallIntegerField(default=4)  # how many accounts are worked on there at a time
    watched = models.BooleanField(default=False)
    practice = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.display_name

    @property
    def naming(self) -> str:
        """By which adapter's rules the name of an account is read that somebody pastes."""
        return self.named_like or self.adapter


class Subject(models.Model):
    """An account (or message, or room) on one platform, by the platform's own stable id."""

    # Its index is that of `records_subject_once`. Another one of the platform alone, and a plan that is made while the
    # table is small goes by it and reads every account later.
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="subjects", db_index=False)
    kind = models.CharField(max_length=20, choices=choices(SubjectKind), default=SubjectKind.ACCOUNT)
    account_id = models.CharField(max_length=300)
    handle = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    sought_at = models.DateTimeField(null=True)  # when the platform was last asked whether it knows the account
    absent = models.BooleanField(default=False, db_default=False)  # it said no
    since = models.DateTimeField(null=True)  # when it was opened, as the platform told us; null: nobody told

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


class WatchCursor(models.Model):
    """Where the reading of a platform's public rooms goes on. Holds no content."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, related_name="cursor")
    cursor = models.TextField()
    read_at = models.DateTimeField()
