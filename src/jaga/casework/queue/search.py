"""Keeps the search index of cases up to date (`records.keyed_words`, `records.models.cases.search`)."""

from collections.abc import Iterator, Sequence

from django.db import connection, transaction

from jaga.core.cases import UNJUDGED_STATES
from jaga.core.folding import fold
from jaga.core.terms.privacy import KeyOwner
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.key_store.store import Owner, is_destroyed, present
from jaga.records.keyed_words import vector
from jaga.records.models import Report

READ_AT_ONCE = 500
_FIRST_REPORTS, _MOST_CHARACTERS = 50, 20_000  # Of each case.
_READER_LOCK = 0x6A63617269  # one indexer at a time, so that an older text never replaces a newer one
# With the later changes of the same cases, as far as they are near: a case is inserted with its report, which are two.
# As arrays: PostgreSQL, which last counted the table when it was empty, would compare each row with each other.
_TAKE = """
WITH near AS (SELECT id, number, row_number() OVER (ORDER BY id) AS place FROM records_searchstale ORDER BY id LIMIT %s)
DELETE FROM records_searchstale WHERE id = ANY(ARRAY(
    SELECT id FROM near WHERE number = ANY(ARRAY(SELECT number FROM near WHERE place <= %s)))) RETURNING number"""
_WAITS = "SELECT EXISTS (SELECT FROM records_searchstale)"
_CASES = """
SELECT c.id, c.key_number, c.victim_first,
    ARRAY['=category:' || c.category, '=channel:' || c.channel, '=platform:' || p.name],
    ARRAY[s.account_id, s.handle] || ARRAY(
        SELECT unnest(ARRAY[o.account_id, o.handle]) FROM records_linkedaccount l
        JOIN records_subject o ON o.id = l.subject_id WHERE l.case_id = c.id AND l.withdrawn_at IS NULL),
    ARRAY(SELECT r.id FROM records_report r WHERE r.case_id = c.id AND NOT c.victim_first ORDER BY r.id LIMIT %s)
FROM records_case c JOIN records_subject s ON s.id = c.subject_id JOIN records_platform p ON p.id = s.platform_id
WHERE c.id = ANY(%s)
"""
_WRITE = (
    "INSERT INTO records_searchtext (case_id, words) SELECT number, words::tsvector FROM"
    " unnest(%s::bigint[], %s::text[]) vectors(number, words) ON CONFLICT (case_id) DO UPDATE"
    " SET words = excluded.words WHERE records_searchtext.words <> excluded.words"
)
_REMOVE = "DELETE FROM records_searchtext WHERE case_id = ANY(%s)"


def read_stale(most: int = READ_AT_ONCE) -> int:
    """Index cases of the `most` longest waiting changes again; returns how many changes were processed.

    Returns 0 while another indexer works.
    """
    if ask_prepared(_WAITS, []) == [(False,)]:  # asked twice a second, and mostly nothing waits
        return 0
    return _read_stale(most)


@transaction.atomic
def _read_stale(most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_READER_LOCK])
        if not (cursor.fetchone() or (False,))[0]:
            return 0
        cursor.execute(_TAKE, [4 * most, most])
        taken = [number for (number,) in cursor.fetchall()]
        if taken:
            present()  # Who erases destroys the key, then asks for the case: the file of a moment ago is too old.
            numbers = sorted(set(taken))
            vectors = dict(_vectors(numbers))
            cursor.execute(_WRITE, [as_array(vectors), as_array(vectors.values())])
            cursor.execute(_REMOVE, [[number for number in numbers if number not in vectors]])
    return len(taken)


def read_all_stale() -> int:
    """Index all changed cases, in as many transactions as needed; returns how many changes were processed."""
    read = 0
    while done := read_stale():
        read += done
    return read


@transaction.atomic
def index_all_again() -> int:
    """Let the worker index every case again, as after the key of the index was replaced; returns how many.

    Waiting cases come first, then the newest. Until a case is indexed, it is not found by words or names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_searchstale (number) SELECT id FROM records_case ORDER BY state <> ALL(%s), id DESC",
            [[state.value for state in UNJUDGED_STATES]],
        )
        return int(cursor.rowcount)


def _vectors(numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The vector of each of these cases, without erased ones. Of a victim-first case it holds neither words nor parts
    of names.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [_FIRST_REPORTS, list(numbers)])
        rows = [row for row in cursor.fetchall() if not is_destroyed(Owner(KeyOwner.CASE, row[1]))]
    wanted = [report for *_, reports in rows for report in reports]
    texts = {
        one.pk: f"{one.text} {one.excerpt} {one.published} {one.place}"
        for one in Report.objects.filter(pk__in=wanted).only("text", "excerpt", "published", "place")
    }
    for number, _, victim_first, terms, names, reports in rows:
        text = " ".join(texts[report] for report in reports)[:_MOST_CHARACTERS]
        named = {fold(name).lstrip("@") for name in names} - {""}
        yield number, vector(fold(text), sorted(named), terms=terms, hide_parts=victim_first)
