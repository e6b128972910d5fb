"""The name of an account is deleted with the words of the last case about it."""

import re
from pathlib import Path

from django.db import migrations

_HERE = Path(__file__).parent
_GUARD = (_HERE / "guards_0021" / "accounts.sql").read_text()
_BEFORE = re.search(r"CREATE (FUNCTION records_subject_guard\(\).*?END \$\$;\n)",
                    (_HERE / "guards" / "cases.sql").read_text(), re.DOTALL)
assert _BEFORE


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0020_erasures_of_linked_accounts'),
    ]

    operations = [
        migrations.RunSQL(_GUARD, f"CREATE OR REPLACE {_BEFORE[1]}"
                                  "DROP FUNCTION records_account_is_forgotten(bigint);"),
    ]
