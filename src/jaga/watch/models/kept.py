"""What a watch keeps: keyed hashes for days, a random sample, and what was flagged. `watch.verbs.watches` deletes
it.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Report
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.reports import CaptureState, MediaState, ObservationKind, PushFormat, SourceKind
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only
from jaga.watch.models.watches import RULE, SampledText, Watch


class ObservedHash(models.Model):
    """That a text was observed, so that it is observed once. Kept for days (`limits.WATCH_HASH_DAYS`).

    `native` is a keyed hash of platform and id, `content` one of text and media, `origin` one of account, surface and
    moment: a source that gives other ids to what it sent before is known by it (`watch.verbs.reading`).
    """

    native = models.BinaryField(max_length=32)
    content = models.BinaryField(max_length=32)
    origin = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["native", "content"], name="records_observed_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_observed_expiry"),
            models.Index(fields=["origin"], name="records_observed_origin"),
        ]


class WatchSample(models.Model):
    """A text that people may be given to judge, flagged by a rule or not, encrypted, without account and platform.

    `native` only serves to delete it when the source deletes the text. `ticket` is a keyed number; the smallest ones of
    a week, source and rule are drawn (`watch.verbs.people_sample`), which sets `drawn`.
    """

    native = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    sealed = models.BinaryField()
    at = models.DateTimeField()
    week = models.DateField(null=True)  # Null: from before people judged samples.
    rule = models.CharField(max_length=RULE, blank=True)
    category = models.CharField(max_length=60, blank=True)
    ticket = models.FloatField(null=True)
    drawn = models.OneToOneField(SampledText, null=True, on_delete=models.PROTECT, related_name="words")

    class Meta:
        constraints: ClassVar = [one_of("kind", SourceKind)]
        indexes: ClassVar = [
            models.Index(fields=["native"], name="records_sample_native"),
            models.Index(fields=["at"], name="records_sample_expiry"),
            models.Index(fields=["week", "kind", "rule", "ticket"], name="records_sample_draw"),
        ]


class WatchFinding(models.Model):
    """A flagged observation. A case took it: then its report has the words. Otherwise they are in `sealed`, for at most
    `limits.WATCH_FOUND_DAYS`, and the row goes with them. With `same_words` it waits for people to judge the same words
    of other accounts (`watch.verbs.waiting_texts`).

    `account` is a keyed hash of platform and account id. What a case took loses the three hashes after as many days, or
    when its report is erased: then `native` is random, and the others are empty.
    """

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="findings")
    native = models.BinaryField(max_length=32)
    content = models.BinaryField(max_length=32)
    account = models.BinaryField(max_length=32)
    category = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=choices(ObservationKind))
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="finding")
    sealed = models.BinaryField(null=True)
    seen_at = models.DateTimeField()
    same_words = models.BigIntegerField(null=True)  # `watch_codes.same_words_number`

    class Meta:
        constraints: ClassVar = [
            one_of("kind", ObservationKind),
            models.CheckConstraint(
                name="records_finding_waits_without_a_case",
                condition=Q(report__isnull=True) | Q(same_words__isnull=True),
            ),
            models.UniqueConstraint(fields=["native", "content"], name="records_found_once"),
            models.CheckConstraint(
                name="records_finding_is_kept_in_one_place",
                condition=Q(report__isnull=True, sealed__isnull=False) | Q(report__isnull=False, sealed__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account"], name="records_finding_account", condition=Q(report__isnull=True)),
            models.Index(fields=["seen_at"], name="records_finding_expiry", condition=Q(report__isnull=True)),
            models.Index(
                fields=["seen_at"], name="records_finding_codes", condition=Q(report__isnull=False, content__gt=b"")
            ),
            models.Index(fields=["same_words"], name="records_finding_waits", condition=Q(same_words__isnull=False)),
        ]


class FlaggedText(models.Model):
    """A flagged observation of the last `limits.WATCH_FOUND_DAYS`, for queries: no words and no account, only hashes.

    `words` and `contacts` are keyed numbers of what a case took, and empty for what none took; `account` and `contacts`
    are beginnings of the hashes that are stored elsewhere (`codes.short_key`). `same_words`, of what a case took, is
    equal for the same words of a platform and category (`watch_codes.same_words_number`). A partition a day, dropped as
    a whole: table and indexes are made in `guards/watch.sql`, without foreign keys (ADR 0102). The primary key is day
    and id.
    """

    day = models.DateField()  # By the calendar of the jurisdiction.
    seen_at = models.DateTimeField()
    watch = models.ForeignKey(Watch, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    case = models.ForeignKey(
        Case, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    report = models.ForeignKey(
        Report, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    rule = models.CharField(max_length=RULE)
    category = models.CharField(max_length=60)
    account = models.BigIntegerField()
    contacts = ArrayField(models.BigIntegerField())
    words = ArrayField(models.IntegerField())
    same_words = models.BigIntegerField(null=True)


class WatchCapture(models.Model):
    """The capture of the page of a flagged observation that a case took. What it kept is evidence of its report.

    `sealed` is the page's address, encrypted, until it is done. `why` says in a few words why something is missing.
    """

    finding = models.OneToOneField(WatchFinding, on_delete=models.PROTECT, related_name="capture")
    state = models.CharField(max_length=20, choices=choices(CaptureState), default=CaptureState.WAITING)
    sealed = models.BinaryField(null=True)
    found_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("state", CaptureState),
            models.CheckConstraint(
                name="records_capture_has_an_address_while_it_waits",
                condition=Q(state=CaptureState.WAITING, sealed__isnull=False, ended_at__isnull=True)
                | ~Q(state=CaptureState.WAITING) & Q(sealed__isnull=True, ended_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["found_at"], name="records_capture_waiting", condition=Q(ended_at__isnull=True))
        ]


class WatchMedia(models.Model):
    """A picture that a flagged observation names and whose bytes a person may ask for. What was fetched is evidence of
    its report, as `report-REPORT-media-NUMBER`.

    `address` and `reason` are sealed with the report. `sha256` (hex) is as the source names it. `why` says in a few
    words why there are no bytes.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="media")
    number = models.PositiveSmallIntegerField()  # Of the report's, from 1.
    address = SealedTextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=20, choices=choices(MediaState), default=MediaState.NAMED)
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)
    reason = SealedTextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("address", "reason", table="watchmedia"),
            one_of("state", MediaState),
            models.UniqueConstraint(fields=["report", "number"], name="records_media_numbered_once"),
            models.CheckConstraint(
                name="records_media_hash_is_sha256", condition=Q(sha256="") | Q(sha256__regex=SHA256_WHOLE)
            ),
            models.CheckConstraint(
                name="records_media_asked_for_by_a_person",
                condition=Q(asked_by__isnull=True, asked_at__isnull=True, reason="")
                | Q(asked_by__isnull=False, asked_at__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="records_media_states",
                condition=Q(state=MediaState.NAMED, asked_by__isnull=True, ended_at__isnull=True)
                | Q(state=MediaState.ASKED, asked_by__isnull=False, ended_at__isnull=True)
                | Q(state=MediaState.KEPT, asked_by__isnull=False, ended_at__isnull=False)
                | Q(state=MediaState.UNAVAILABLE, ended_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="records_media_waiting", condition=Q(state=MediaState.ASKED))
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class WatchPush(models.Model):
    """A batch that a platform sent by itself. `sealed` is its compressed content, encrypted, until it was taken in.

    The row stays for `limits.WATCH_HASH_DAYS`, so that a repeat of the batch is known; `digest` is the SHA-256 (hex) of
    the decompressed content. `number` counts from 1 without gaps.
    """

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="pushes")
    number = models.PositiveBigIntegerField()
    hook_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    format = models.CharField(max_length=10, choices=choices(PushFormat))
    rows = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("format", PushFormat),
            models.UniqueConstraint(fields=["watch", "number"], name="records_push_numbered_once"),
            models.UniqueConstraint(fields=["watch", "hook_id"], name="records_push_taken_once"),
            models.CheckConstraint(name="records_push_has_its_digest", condition=Q(digest__regex=SHA256_WHOLE)),
        ]
        indexes: ClassVar = [models.Index(fields=["received_at"], name="records_push_expiry")]


class WatchOptOut(models.Model):
    """An account that asks not to be read, as a keyed hash of platform and account id. No watch looks at its texts.

    `taken_back_at`: it does not ask for that any more, so that its texts are looked at from then on. By whom is null
    where the account itself removed its mark.
    """

    account = models.BinaryField(max_length=32, unique=True)
    noted_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_back_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_opt_out_taken_back_with_a_reason",
                condition=Q(taken_back_by__isnull=True, taken_back_why="")
                | Q(taken_back_by__isnull=False, taken_back_at__isnull=False) & ~Q(taken_back_why=""),
            )
        ]


class AccountLookup(models.Model):
    """A look-up of an account without a case: one person asks, another permits, and it is carried out once.

    The account is stored as a keyed hash alone; the reason names nobody.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    account = models.BinaryField(max_length=32)
    reason = models.TextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    permitted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    permitted_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_lookup_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_lookup_takes_two",
                condition=Q(permitted_by__isnull=True, permitted_at__isnull=True)
                | Q(permitted_by__isnull=False, permitted_at__isnull=False) & ~Q(permitted_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="records_lookup_permitted_first",
                condition=Q(carried_out_at__isnull=True, found__isnull=True)
                | Q(permitted_at__isnull=False, carried_out_at__isnull=False, found__isnull=False),
            ),
        ]
