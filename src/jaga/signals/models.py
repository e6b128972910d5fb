"""Ban evasion: account traces, and matches with accounts that were acted on.

Only keyed hashes of the compared values are kept (`store.codes.indicator_key`), so a stolen copy of the tables does
not reveal whose number is whose. A match is a hint for people: no trigger, job or action follows from it.

Perceptual picture hashes, hash lists, and matches.

No picture is stored here.

`guards/pictures.sql` makes the database reject changes to hashes and matches.

Models trained on decisions: proposed by software, activated by a person. None of them decides.

Near-duplicate texts, so that a thousand copies of one text become one row in the queue.

Received pictures: closed until a person has answered the youth check, then shown as a redrawn copy; every opening is
recorded.

The database rejects a copy or an opening that no check permits, and any change of these rows (`guards/pictures.sql`).

The history of how cases entered and left the victim-first procedure. Append-only.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Evidence, Report
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.files import PictureProblem
from jaga.core.terms.cases import VictimCause, VictimState
from jaga.core.terms.reports import CopyState, IndicatorKind, Likelihood, ModelState, YouthAnswer
from jaga.exchange.pictures import PICTURES_LONGEST_SIDE
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of

NO_INDICATORS = [[0, 0]]
"""The evidence of a match whose indicators were deleted: it must not be empty, and no indicator has the number 0."""


class AccountIndicator(models.Model):
    """One trace of one account, from the report that first showed it, or without a report from its name or media.

    Deleted with everything that rests on it when the last decision against the account is overturned.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="indicators")
    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="indicators")
    kind = models.CharField(max_length=20, choices=choices(IndicatorKind))
    key = models.BinaryField(max_length=32)  # HMAC of kind and canonical value, under a key outside the database.
    masked = models.CharField(max_length=120, blank=True)  # What may be shown of it: `+62 812-***-789`.
    start = models.PositiveIntegerField(default=0)  # Its span in `report.published`; 0 to 0: it was in no text.
    end = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", IndicatorKind),
            models.UniqueConstraint(fields=["subject", "kind", "key"], name="records_indicator_once"),
            models.CheckConstraint(
                name="records_indicator_has_a_span_in_a_report",
                condition=Q(start=0, end=0) | Q(report__isnull=False, end__gt=F("start")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key", "id"], name="records_indicator_left_by"),
            models.Index(
                fields=["seen_at"], name="records_indicator_contacts", condition=Q(kind=IndicatorKind.CONTACT)
            ),
        ]


class LshBand(models.Model):
    """One of the bands by which near-duplicate texts find each other."""

    indicator = models.ForeignKey(AccountIndicator, on_delete=models.CASCADE, related_name="bands")
    key = models.BinaryField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "id"], name="records_indicator_band_left_by")]


class IndicatorScan(models.Model):
    """A report already searched for traces, so that each is searched once even if nothing was found."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="indicator_scan")
    at = models.DateTimeField()


class BanEvasionMatch(models.Model):
    """A match between a case's account and an account that was acted on.

    `evidence` pairs [own trace, earlier account's trace]; their rows may be gone. `NO_INDICATORS` replaces
    them when those of a closed case are deleted.

    Withdrawn, without its evidence, when the earlier decision is overturned.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ban_evasion_matches")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="ban_evasion_matches")
    earlier_subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="later_matches")
    earlier_case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="later_matches")
    likelihood = models.CharField(max_length=20, choices=choices(Likelihood))
    kinds = models.JSONField(default=list)  # `IndicatorKind` values, sorted.
    evidence = models.JSONField(default=list)
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("likelihood", Likelihood),
            models.CheckConstraint(
                name="records_ban_evasion_is_of_another_account", condition=~Q(subject=F("earlier_subject"))
            ),
            models.CheckConstraint(name="records_ban_evasion_has_evidence", condition=~Q(evidence=[]) & ~Q(kinds=[])),
            models.CheckConstraint(
                name="records_ban_evasion_withdrawn_later",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("found_at")),
            ),
            models.UniqueConstraint(
                fields=["case", "earlier_subject"],
                name="records_ban_evasion_once",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]


class BanEvasionVerdict(models.Model):
    """One person's judgement of a match. Each person has their own, so that nobody is influenced before voting."""

    match = models.ForeignKey(BanEvasionMatch, on_delete=models.CASCADE, related_name="judgements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ban_evasion_judgements")
    same_holder = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["match", "person"], name="records_ban_evasion_judged_once_each"),
        ]


models.BinaryField.register_lookup(Length)


class PictureToHash(models.Model):
    """A sealed picture waiting to be hashed; created with its evidence and deleted with its hash."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="to_hash")


class PictureHash(models.Model):
    """The PDQ hashes of one picture in its eight orientations, 32 bytes each, the original first; or why there are
    none.

    Created under one lock, so ids follow commit order: a reader that has read up to one id has missed none before it.
    """

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="picture_hash")
    hashes = models.BinaryField(max_length=256)
    quality = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, choices=choices(PictureProblem), blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_picturehash_or_problem",
                condition=Q(problem="", hashes__length=256, quality__lte=100)
                | Q(problem__in=[problem.value for problem in PictureProblem], hashes__length=0, quality=0),
            ),
        ]


class HashList(models.Model):
    """A hash list of known pictures as its issuer supplied it: `hashes` are 32 bytes each, sorted and unique.

    `version` is their SHA-256. A new version under the same name replaces the old one. A removed list keeps its row, to
    explain earlier matches, but loses its hashes. `compared_at` is when all older pictures had been compared with it;
    until then the worker still has to.
    """

    name = models.CharField(max_length=100)
    source = models.CharField(max_length=200)
    category = models.CharField(max_length=60)
    version = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    hashes = models.BinaryField()
    imported_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="records_hashlist_once", fields=["name"], condition=Q(removed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_hashlist_whole_or_removed",
                condition=Q(removed_at__isnull=True, size__gt=0, hashes__length=F("size") * 32)
                | Q(removed_at__isnull=False, hashes__length=0),
            ),
        ]


class PictureMatch(models.Model):
    """A picture equals one on a list, or an earlier one of this installation, within a bit distance."""

    picture = models.ForeignKey(PictureHash, on_delete=models.PROTECT, related_name="matches")
    hash_list = models.ForeignKey(HashList, null=True, on_delete=models.PROTECT, related_name="matches")
    earlier = models.ForeignKey(PictureHash, null=True, on_delete=models.PROTECT, related_name="later_matches")
    bits = models.PositiveSmallIntegerField()
    turned = models.PositiveSmallIntegerField()  # Which of the picture's eight orientations; 0: the original.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_picturematch_with_one_other",
                condition=Q(hash_list__isnull=False, earlier__isnull=True)
                | Q(hash_list__isnull=True, earlier__isnull=False, earlier__lt=F("picture")),
            ),
            models.CheckConstraint(name="records_picturematch_is_near", condition=Q(bits__lte=31, turned__lte=7)),
            models.UniqueConstraint(fields=["picture", "hash_list"], name="records_picturematch_list_once"),
            models.UniqueConstraint(fields=["picture", "earlier"], name="records_picturematch_picture_once"),
        ]


class LearntModel(models.Model):
    """One model of one category.

    What was trained and measured is never edited, and no row is deleted.

    The weights are a file in the evidence store named by `sha256`; training is deterministic, so equal decisions give
    an equal file.
    """

    category = models.CharField(max_length=60)  # A category key of the policy release.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # Bytes.
    features = models.CharField(max_length=20)  # Version of the text features.
    policy_hash = models.CharField(max_length=64)  # Hash of the release it was trained under.
    learnt_until = models.DateTimeField()  # Trained on decisions up to then, measured on later ones.
    positives = models.PositiveIntegerField()  # Positive cases in the training set.
    negatives = models.PositiveIntegerField()
    metrics = models.JSONField()  # `screening.models.measures.ModelMeasures` of it and of its baseline.
    better = models.BooleanField()  # Better than the model then in use, or than no model.
    compared_with = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=choices(ModelState), default=ModelState.PROPOSED)
    # null: proposed on the command line.
    proposed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # Why it was rejected or deactivated.

    class Meta:
        constraints: ClassVar = [
            one_of("state", ModelState),
            models.UniqueConstraint(fields=["category", "sha256"], name="records_model_learnt_once"),
            models.UniqueConstraint(
                fields=["category"], name="records_one_model_in_use", condition=Q(state=ModelState.APPROVED)
            ),
            models.CheckConstraint(
                name="records_model_decided_by_a_person",
                condition=(
                    Q(state=ModelState.PROPOSED, decided_by__isnull=True, decided_at__isnull=True)
                    | (~Q(state=ModelState.PROPOSED) & Q(decided_by__isnull=False, decided_at__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="records_model_approved_by_another",
                condition=(
                    ~Q(state=ModelState.APPROVED) | Q(proposed_by__isnull=True) | ~Q(decided_by=F("proposed_by"))
                ),
            ),
            models.CheckConstraint(
                name="records_model_refused_with_a_reason", condition=(~Q(state=ModelState.REJECTED) | ~Q(reason=""))
            ),
            models.CheckConstraint(name="records_model_has_a_hash", condition=Q(sha256__regex=SHA256_WHOLE)),
        ]


class Cluster(models.Model):
    """Nearly one text published by several accounts, represented by the report that showed it first.

    Only keyed hashes of the text are kept, and they are deleted with the report. A case joins by `Case.cluster` from
    the second account on. A cluster groups rows for people and decides nothing: each account is judged separately.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="cluster_led")
    # HMAC of the signature, so two workers create one cluster for equal texts.
    same = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()


class ClusterKey(models.Model):
    """One of the keyed numbers by which near-duplicate texts find each other (`screening.copies.nearness`)."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="keys")
    key = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "cluster"], name="records_cluster_by_key")]


class YouthCheck(models.Model):
    """A person's answer about one picture of a case, given from text and context before anyone saw the picture."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="youth_checks")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="youth_checks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="youth_checks")
    answer = models.CharField(max_length=20, choices=choices(YouthAnswer))
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("answer", YouthAnswer),
            models.UniqueConstraint(fields=["evidence", "case", "answer"], name="records_youth_answered_once"),
        ]


class PendingYouthAnswer(models.Model):
    """The answer that a minor may be in a picture, for the seconds in which its author can still undo it.

    One row for each picture. Meanwhile the pictures of the case are closed to everyone.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pending_youth_answers")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="pending_youth_answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pending_youth_answers")
    made_at = models.DateTimeField()
    undo_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evidence", "case"],
                name="records_youth_answer_pending_once",
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_youth_answer_undone_has_ended", condition=Q(undone=False) | Q(ended_at__isnull=False)
            ),
        ]


class WorkingCopy(models.Model):
    """A picture redrawn from its pixels, small and without metadata. The original stays sealed."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="working_copy")
    state = models.CharField(max_length=20, choices=choices(CopyState))
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", CopyState),
            models.CheckConstraint(
                name="records_copy_is_small_or_nothing",
                condition=Q(
                    state=CopyState.MADE,
                    sha256__regex=SHA256_WHOLE,
                    width__gt=0,
                    height__gt=0,
                    width__lte=PICTURES_LONGEST_SIDE,
                    height__lte=PICTURES_LONGEST_SIDE,
                )
                | (~Q(state=CopyState.MADE) & Q(sha256="", width=0, height=0)),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key encrypts the copy: that of its original."""
        return self.evidence.key_owner()


class PictureOpening(models.Model):
    """A person's opening of a picture; how long its copy is served depends on `at`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="picture_openings")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="openings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="picture_openings")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "evidence", "at"], name="records_picture_opened")]


class VictimTurn(models.Model):
    """A case was proposed for the victim-first procedure, confirmed in it, or taken off it.

    `subject`: the account the case was then about, by which earlier findings about an account are looked up.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="victim_turns")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="victim_turns")
    state = models.CharField(max_length=20, choices=choices(VictimState))
    cause = models.CharField(max_length=20, choices=choices(VictimCause))
    report = models.ForeignKey("records.Report", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", VictimState),
            one_of("cause", VictimCause),
            models.CheckConstraint(name="records_victim_turn_leads_somewhere", condition=~Q(state="none")),
            models.CheckConstraint(
                name="records_people_alone_confirm_and_lift",
                condition=Q(state__in=["confirmed", "lifted"], cause="votes") | Q(state="proposed") & ~Q(cause="votes"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subject", "-id"],
                name="records_victim_found_of",
                condition=Q(state__in=["confirmed", "lifted"]),
            ),
        ]
