"""The web part records the erasures alone that a released answer grants."""

from pathlib import Path

from django.db import migrations

_GUARD = (Path(__file__).parent / "guards_0017" / "erasures.sql").read_text()
_REMOVE = """
DROP TRIGGER IF EXISTS records_erasedkey_asked ON records_erasedkey;
DROP FUNCTION IF EXISTS records_erasedkey_asked();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0014_files_of_batches_are_deleted'),
    ]

    operations = [
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
