"""Perceptual picture hashes, hash lists, and matches.

No picture is stored here.

`guards/pictures.sql` makes the database reject changes to hashes and matches.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from jaga.core.pictures import PictureProblem
from jaga.records.models.cases.reports import Evidence
from jaga.records.models.kernel.choices import choices

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
