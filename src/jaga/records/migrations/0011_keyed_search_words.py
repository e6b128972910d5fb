"""The search index holds keyed words, which the worker makes: plain words and the functions that made them go.

The table is emptied at once, so that no plain word stays in its files, and all cases wait to be indexed again: waiting
ones first, then the newest. Until then search does not find them by words or names.
"""

from django.db import migrations

_KEYED = """
DROP FUNCTION records_read_for_search(bigint[]);
DROP FUNCTION records_fold(text);
TRUNCATE records_searchtext;
INSERT INTO records_searchstale (number)
    SELECT id FROM records_case
    ORDER BY state NOT IN ('received', 'in_review', 'second_vote', 'adjudication'), id DESC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0008_keys_of_cases_and_reports'),
    ]

    operations = [
        migrations.RunSQL(_KEYED, migrations.RunSQL.noop),
    ]
