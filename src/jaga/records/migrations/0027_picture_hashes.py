"""Perceptual hashes of pictures, lists of known ones, and which are the same."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import PROTECT, F, Q
from django.db.models.functions import Length

models.BinaryField.register_lookup(Length)

PROBLEMS = ["no_picture", "broken", "too_large", "too_small", "moving", "too_much_work"]
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))

# What is found stays as it was found. A list is removed once, and nothing else of it changes.
GUARDS = """
CREATE TRIGGER records_picturehash_append_only BEFORE UPDATE OR DELETE ON records_picturehash
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_picturematch_append_only BEFORE UPDATE OR DELETE ON records_picturematch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE FUNCTION records_hashlist_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
       OR (NEW.id, NEW.name, NEW.source, NEW.category, NEW.version, NEW.size, NEW.imported_at)
          IS DISTINCT FROM (OLD.id, OLD.name, OLD.source, OLD.category, OLD.version, OLD.size, OLD.imported_at) THEN
        RAISE EXCEPTION 'jaga: a list of hashes is removed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_hashlist_guard BEFORE UPDATE OR DELETE ON records_hashlist
    FOR EACH ROW EXECUTE FUNCTION records_hashlist_guard();
"""
NO_GUARDS = """
DROP FUNCTION records_hashlist_guard CASCADE;
DROP TRIGGER records_picturehash_append_only ON records_picturehash;
DROP TRIGGER records_picturematch_append_only ON records_picturematch;
"""

# Pictures that are here already are hashed too.
WAITING = """
INSERT INTO records_picturetohash (evidence_id) SELECT id FROM records_evidence
WHERE kind = 'screenshot' AND media_type IN ('image/png', 'image/jpeg', 'image/webp') ORDER BY id
"""


class Migration(migrations.Migration):
    """Four tables."""

    dependencies: ClassVar = [("records", "0026_clusters")]
    operations: ClassVar = [
        migrations.CreateModel("PictureToHash", [
            ID,
            ("evidence", models.OneToOneField("records.evidence", on_delete=PROTECT, related_name="to_hash")),
        ]),
        migrations.CreateModel("PictureHash", [
            ID,
            ("hashes", models.BinaryField(max_length=256)),
            ("quality", models.PositiveSmallIntegerField(default=0)),
            ("problem", models.CharField(blank=True, max_length=20, choices=[(one, one) for one in PROBLEMS])),
            ("at", models.DateTimeField()),
            ("evidence", models.OneToOneField("records.evidence", on_delete=PROTECT, related_name="picture_hash")),
        ], {"constraints": [
            models.CheckConstraint(name="records_picturehash_or_problem",
                                   condition=Q(problem="", hashes__length=256, quality__lte=100)
                                   | Q(problem__in=PROBLEMS, hashes__length=0, quality=0)),
        ]}),
        migrations.CreateModel("HashList", [
            ID,
            ("name", models.CharField(max_length=100)),
            ("source", models.CharField(max_length=200)),
            ("category", models.CharField(max_length=60)),
            ("version", models.CharField(max_length=64)),
            ("size", models.PositiveIntegerField()),
            ("hashes", models.BinaryField()),
            ("imported_at", models.DateTimeField()),
            ("removed_at", models.DateTimeField(null=True)),
        ], {"constraints": [
            models.UniqueConstraint(fields=["name"], name="records_hashlist_once", condition=Q(removed_at__isnull=True)),
            models.CheckConstraint(name="records_hashlist_whole_or_removed",
                                   condition=Q(removed_at__isnull=True, size__gt=0, hashes__length=F("size") * 32)
                                   | Q(removed_at__isnull=False, hashes__length=0)),
        ]}),
        migrations.CreateModel("PictureMatch", [
            ID,
            ("bits", models.PositiveSmallIntegerField()),
            ("turned", models.PositiveSmallIntegerField()),
            ("at", models.DateTimeField()),
            ("picture", models.ForeignKey("records.picturehash", on_delete=PROTECT, related_name="matches")),
            ("hash_list", models.ForeignKey("records.hashlist", null=True, on_delete=PROTECT, related_name="matches")),
            ("earlier", models.ForeignKey("records.picturehash", null=True, on_delete=PROTECT,
                                          related_name="later_matches")),
        ], {"constraints": [
            models.CheckConstraint(name="records_picturematch_with_one_other",
                                   condition=Q(hash_list__isnull=False, earlier__isnull=True)
                                   | Q(hash_list__isnull=True, earlier__isnull=False, earlier__lt=F("picture"))),
            models.CheckConstraint(name="records_picturematch_is_near", condition=Q(bits__lte=31, turned__lte=7)),
            models.UniqueConstraint(fields=["picture", "hash_list"], name="records_picturematch_list_once"),
            models.UniqueConstraint(fields=["picture", "earlier"], name="records_picturematch_picture_once"),
        ]}),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    ]
