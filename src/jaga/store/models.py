"""Django choices and check constraints from the enums in `core`, so no list is duplicated.

The published log: its heads, and who has cosigned them. The files are in a folder, not in the database.

Submitted forms, so that each is stored once however often a browser resends it.

Limits on wrong guesses of secrets, in the database: shared by all web processes and kept across restarts.

The installation: owner, practice or real, key fingerprints, and epochs.

The ledger as stored. An action inserts an unlinked entry; a single sequencer links entries within a second.

Policy releases that were put before people, who adopted them, and which release each process works under.

Published figures of closed periods.
"""

from enum import Enum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.outside import AdoptionKind, AdoptionState, LedgerFaultReason, PeriodKind
from jaga.core.terms.people import GuessLimit, HostKind


def choices(terms: type[Enum]) -> list[tuple[str, str]]:
    """(value, value) pairs; labels come from the policy release and the translations."""
    return [(term.value, term.value) for term in terms]


def one_of(field: str, terms: type[Enum]) -> models.CheckConstraint:
    """A check constraint that rejects values outside the enum."""
    return models.CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_is_a_term",
        condition=models.Q(**{f"{field}__in": [term.value for term in terms]}),
    )


class PublishedLog(models.Model):
    """A log under one name. A restoration of the database begins the next one.

    It has the entries from `first_seq` on; that entry (`begin_log`) is leaf 0.
    """

    number = models.PositiveIntegerField(unique=True)
    origin = models.CharField(max_length=250, unique=True)
    first_seq = models.BigIntegerField()
    began_at = models.DateTimeField()


class PublishedHead(models.Model):
    """A signed head.

    It added the entries up to `last_seq` in their order, then empty ones up to `size`, so that every position can be
    computed again.
    """

    log = models.ForeignKey(PublishedLog, on_delete=models.PROTECT, related_name="heads")
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    last_seq = models.BigIntegerField()
    state = models.BinaryField()  # `ledger.tlog.merkle.CompactRange`: all that the next head needs of this one.
    due_at = models.DateTimeField()  # The full hour.
    signed_at = models.DateTimeField()
    note = models.TextField()  # The checkpoint with the log's own signature.
    witnessed_at = models.DateTimeField(null=True)  # When enough witnesses had cosigned.

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["log", "size"], name="records_one_head_of_a_size"),
            models.UniqueConstraint(fields=["log", "due_at"], name="records_one_head_an_hour"),
        ]
        indexes: ClassVar = [models.Index(fields=["log", "last_seq"], name="records_head_of_an_entry")]


class HeadCosignature(models.Model):
    """A witness's signature line under a head, checked when it came."""

    head = models.ForeignKey(PublishedHead, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=300)  # The key as one line (vkey).
    line = models.TextField()
    cosigned_at = models.DateTimeField()  # The witness's own clock.
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["head", "witness"], name="records_one_cosignature_each"),
        ]


class HeadTimestamp(models.Model):
    """A time stamp of a head by an authority outside (RFC 3161), checked when it came."""

    head = models.OneToOneField(PublishedHead, on_delete=models.PROTECT, related_name="timestamp")
    stamp = models.BinaryField()  # The whole answer, as `openssl ts -verify` reads it.
    stamped_at = models.DateTimeField()  # The authority's clock.
    received_at = models.DateTimeField()


class SentForm(models.Model):
    """A form that stored something, and its response.

    Kept for a day; reveals neither sender nor content.

    The hashes use a key outside the database; the response is encrypted with one that also needs the sender's browser.
    """

    name_hash = models.BinaryField(max_length=32, unique=True)  # This form of this page with this content.
    content_hash = models.BinaryField(max_length=32)  # The same content from any page of its kind by the same sender.
    sender_hash = models.BinaryField(max_length=32)
    sealed = models.BinaryField()  # Empty once it must not be returned again.
    lasting = models.BooleanField()  # The response is only a redirect: returned again for as long as the row is kept.
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_sent_form_at"),
            models.Index(fields=["sender_hash", "-id"], name="records_sent_form_last"),
        ]


class GuessCount(models.Model):
    """Until when failed attempts for one key have used up its allowance.

    Deleted soon afterwards.

    `key` is a keyed hash of an address, network, name or device and reveals none of them.
    """

    key = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=choices(GuessLimit))
    used_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [one_of("kind", GuessLimit)]


class KeyFingerprint(models.Model):
    """The fingerprint of one key outside the database (`app.keys`), and when it was first seen."""

    name = models.CharField(max_length=40, unique=True)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hex.
    since = models.DateTimeField()


class Installation(models.Model):
    """A single row. A practice database is marked permanently, so it can never serve as a real one."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    host_kind = models.CharField(max_length=20, choices=choices(HostKind), default=HostKind.OPERATOR)
    practice = models.BooleanField()
    created_at = models.DateTimeField()
    mark = models.CharField(max_length=32, blank=True, default="", db_default="")
    """Also in the ledger mark file beside the database (`store.ledger_mark`)."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_installation_is_one", condition=models.Q(id=1)),
            one_of("host_kind", HostKind),
        ]


class Epoch(models.Model):
    """A restoration of the database to an earlier state, confirmed by an administrator. The first is number 2."""

    number = models.PositiveIntegerField(unique=True)
    began_at = models.DateTimeField()
    size = models.BigIntegerField()  # Size of the restored ledger.
    last_at = models.DateTimeField(null=True)  # Time of its last entry: data from then until `began_at` is lost.
    proven = models.BigIntegerField()  # How far the lost ledger provably went; 0 if unknown.
    numbers = models.JSONField()  # By table name: its last id before, and the first id issued afterwards.
    by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT)
    reason = models.TextField()
    note = models.TextField()  # `ledger.checkpoints.EpochNote`, signed.


class LostCode(models.Model):
    """The code of a letter that may have been sent but whose rows are lost; entering it shows that."""

    hash = models.BinaryField(max_length=32, unique=True)  # The lookup hash of a statement's or hearing's code.
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT)


class LedgerEntry(models.Model):
    """Who did what, when and why. Contains hashes, numbers and terms only: no personal data, no content."""

    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor = models.CharField(max_length=80)
    case_ref = models.BigIntegerField(null=True)  # No foreign key: the ledger outlives what it describes.
    payload = models.JSONField(default=dict)
    entry_hash = models.CharField(max_length=64)
    seq = models.BigIntegerField(null=True, unique=True)
    previous = models.CharField(max_length=64, null=True)
    hash = models.CharField(max_length=64, null=True)
    rows = models.JSONField(default=list, db_default=Value([], models.JSONField()))  # See `RowBinding`.
    mac = models.CharField(max_length=64, db_default="")  # By a key outside the database (`jaga.ledger.entries`).

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_ledger_linked_whole_or_not",
                condition=Q(seq__isnull=True, previous__isnull=True, hash__isnull=True)
                | Q(seq__isnull=False, previous__isnull=False, hash__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_ledger_unlinked", condition=Q(seq__isnull=True)),
            models.Index(fields=["case_ref"], name="records_ledger_case"),
            models.Index(fields=["id"], name="records_ledger_held_letters", condition=Q(verb="hold_letters")),
            models.Index(fields=["id"], name="records_ledger_refused_rows", condition=Q(verb="refuse_rows")),
            models.Index(
                fields=["id"],
                name="records_ledger_held_figures",
                condition=Q(verb__in=["hold_figures", "release_figures"]),
            ),
        ]


class RowBinding(models.Model):
    """Which row the hash at `place` of an entry's `rows` is of, and the salt of that hash (`jaga.store.bound_rows`).

    The salt is deleted when a later entry binds the row again, as after its words were deleted. `gone` says that the
    entry records the deletion of the row.
    """

    entry = models.BigIntegerField()  # No foreign key: it is inserted together with the entry, and outlives its row.
    place = models.IntegerField()
    part = models.CharField(max_length=40)
    number = models.BigIntegerField()
    salt = models.BinaryField(max_length=16, null=True)
    gone = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["part", "number"], name="records_rowbinding_row")]


class LedgerFault(models.Model):
    """A fault found by the sequencer: an unlinked entry set aside, or (`entry_ref` null) a head without a checkpoint.

    An entry set aside is never linked and blocks no other. The alarm stays until someone has investigated.
    """

    entry_ref = models.BigIntegerField(null=True, unique=True)  # No foreign key: it outlives what it describes.
    reason = models.CharField(max_length=20, choices=choices(LedgerFaultReason))
    found_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [one_of("reason", LedgerFaultReason)]


class LedgerCheckpoint(models.Model):
    """A signed ledger head. Truncating the ledger contradicts the last one."""

    size = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    note = models.TextField()  # The signed text, as anyone can verify it.


CONFIRMED_LATER = (AdoptionKind.RETURN, AdoptionKind.EMERGENCY)
"""In force at once by one person; a second confirms."""
_EFFECTIVE = (AdoptionState.IN_FORCE, AdoptionState.REPLACED)


class StoredRelease(models.Model):
    """The files of a release under its hash. Never changed and never deleted: old decisions rest on it."""

    hash = models.CharField(max_length=64, unique=True)  # `policy.reading.content_hash` over the files.
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=20)
    dated = models.DateField()
    files = models.TextField()  # Canonical JSON: text by file name.
    stored_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_stored_release_has_a_hash", condition=Q(hash__regex=SHA256_WHOLE)),
        ]


class ReleaseAdoption(models.Model):
    """One release put before people, and what they decided. Only its end is ever added."""

    kind = models.CharField(max_length=20, choices=choices(AdoptionKind))
    state = models.CharField(max_length=20, choices=choices(AdoptionState))
    release = models.ForeignKey(StoredRelease, on_delete=models.PROTECT, related_name="adoptions")
    # In force when it was proposed, and what the difference was shown to; null: the first.
    before = models.ForeignKey(StoredRelease, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    proposed_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirm_until = models.DateTimeField(null=True)  # null: the first, which nobody confirms.
    confirmed_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)  # Refused or lapsed.
    note = models.TextField(blank=True)  # Why it was refused.

    class Meta:
        constraints: ClassVar = [
            one_of("kind", AdoptionKind),
            one_of("state", AdoptionState),
            models.UniqueConstraint(
                fields=["state"], name="records_one_release_in_force", condition=Q(state=AdoptionState.IN_FORCE)
            ),
            models.UniqueConstraint(
                fields=["state"], name="records_one_release_proposed", condition=Q(state=AdoptionState.PROPOSED)
            ),
            models.UniqueConstraint(
                fields=["kind"], name="records_one_bootstrap", condition=Q(kind=AdoptionKind.BOOTSTRAP)
            ),
            models.CheckConstraint(
                name="records_adoption_proposed_by_a_person",
                condition=(
                    Q(kind=AdoptionKind.BOOTSTRAP, proposed_by__isnull=True, confirm_until__isnull=True)
                    | (
                        ~Q(kind=AdoptionKind.BOOTSTRAP)
                        & Q(proposed_by__isnull=False, confirm_until__isnull=False, before__isnull=False)
                    )
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_confirmed_by_another",
                condition=(
                    Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                    | (
                        Q(confirmed_by__isnull=False, confirmed_at__isnull=False, kind__in=CONFIRMED_LATER)
                        | Q(
                            confirmed_by__isnull=False,
                            confirmed_at__isnull=False,
                            kind=AdoptionKind.ADOPTION,
                            confirmed_at__lte=F("confirm_until"),
                        )
                    )
                    & ~Q(confirmed_by=F("proposed_by"))
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_takes_two",
                condition=(~Q(kind=AdoptionKind.ADOPTION, state__in=_EFFECTIVE) | Q(confirmed_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="records_adoption_has_its_times",
                condition=(
                    Q(
                        state=AdoptionState.PROPOSED,
                        in_force_at__isnull=True,
                        replaced_at__isnull=True,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state=AdoptionState.IN_FORCE,
                        in_force_at__isnull=False,
                        replaced_at__isnull=True,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state=AdoptionState.REPLACED,
                        in_force_at__isnull=False,
                        replaced_at__isnull=False,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state__in=(AdoptionState.REFUSED, AdoptionState.LAPSED),
                        in_force_at__isnull=True,
                        replaced_at__isnull=True,
                        ended_at__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_refused_with_a_reason",
                condition=(~Q(state=AdoptionState.REFUSED) | (Q(ended_by__isnull=False) & ~Q(note=""))),
            ),
            models.CheckConstraint(name="records_adoption_has_a_reason", condition=~Q(reason="")),
        ]


class ReleaseInUse(models.Model):
    """Which release a running process works under, and which one its folder holds. Old rows are deleted."""

    process = models.CharField(max_length=120, unique=True)  # Part, machine and process number.
    hash = models.CharField(max_length=64, blank=True)  # Empty: the adopted release could not be loaded.
    folder_hash = models.CharField(max_length=64, blank=True)  # Empty: the folder could not be read.
    seen_at = models.DateTimeField()


class PublishedPeriod(models.Model):
    """One published day or month in Jakarta time: rounded counts only.

    Append-only.

    `content` comes from `figures.verbs.closing`; the exact counts are not kept.
    """

    kind = models.CharField(max_length=5, choices=choices(PeriodKind))
    first_day = models.DateField()
    closed_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", PeriodKind),
            models.UniqueConstraint(fields=["kind", "first_day"], name="records_period_is_published_once"),
        ]
