"""A granted erasure reaches cases in which the account was decided together with another."""

import re
from pathlib import Path

from django.db import migrations

_HERE = Path(__file__).parent
_GUARD = (_HERE / "guards_0020" / "erasures.sql").read_text()
_BEFORE = re.search(r"CREATE (FUNCTION records_erasedkey_asked\(\).*?END \$\$;\n)",
                    (_HERE / "guards_0017" / "erasures.sql").read_text(), re.DOTALL)
assert _BEFORE


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0019_rows_bound_to_entries'),
    ]

    operations = [
        migrations.RunSQL(_GUARD, f"CREATE OR REPLACE {_BEFORE[1]}"),
    ]
