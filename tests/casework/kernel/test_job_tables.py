"""What Jaga uses of Procrastinate's own tables: a new version that changes them fails here, and not in production."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from tests.docs.pages import ROOT

from jaga.store.kernel import jobs as job_tables
from jaga.store.kernel.jobs import DRAW, defer

pytestmark = pytest.mark.django_db
COLUMNS = {
    "procrastinate_jobs": {
        "id": "bigint",
        "queue_name": "character varying",
        "task_name": "character varying",
        "priority": "integer",
        "lock": "text",
        "args": "jsonb",
        "status": "USER-DEFINED",
        "scheduled_at": "timestamp with time zone",
        "attempts": "integer",
    },
    "procrastinate_events": {"job_id": "bigint", "at": "timestamp with time zone"},
    "procrastinate_periodic_defers": {"job_id": "bigint"},
    "procrastinate_workers": {"last_heartbeat": "timestamp with time zone"},
}
FUNCTIONS = (
    "procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])",
    "procrastinate_finish_job_v1(bigint, procrastinate_job_status, boolean)",
)
NEW_JOB = ["queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "scheduled_at"]
STATES = {"todo", "doing", "succeeded", "failed", "cancelled", "aborted"}
ALONE = {"src/jaga/store/kernel/jobs.py", "src/jaga/store/grants.py"}
"""The module, and the rights on the tables."""


def ask(sql: str, *values: object) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_are_there(table: str) -> None:
    """With the types that our statements rely on."""
    found = dict(ask("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", table))
    assert {name: found.get(name) for name in COLUMNS[table]} == COLUMNS[table]


def test_the_functions_and_types_are_there() -> None:
    """Functions by their complete signature, the row of a new job by the order of its fields."""
    assert [ask("SELECT to_regprocedure(%s)::text", name)[0][0] is not None for name in FUNCTIONS] == [True, True]
    assert {state for (state,) in ask("SELECT unnest(enum_range(NULL::procrastinate_job_status))::text")} >= STATES
    assert [
        name
        for (name,) in ask(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'procrastinate_job_to_defer_v1'::regclass AND attnum > 0"
            " ORDER BY attnum"
        )
    ] == NEW_JOB


def test_no_other_module_knows_the_tables() -> None:
    """A second module would be forgotten when Procrastinate changes them."""
    table_names = re.compile(r"procrastinate_(?:jobs|events|workers|periodic|defer|finish|fetch|retry|job_)")
    knowing = {
        str(path.relative_to(ROOT))
        for folder in ("src", "practice")
        for path in (ROOT / folder).rglob("*.py")
        if table_names.search(path.read_text())
    }
    assert knowing == ALONE


def test_a_job_is_seen_while_it_waits_and_no_longer_once_it_is_finished() -> None:
    """By its task, by its lock, and in the number of waiting jobs."""
    defer(DRAW, lock="case:7", evidence_id=1)
    assert job_tables.has_job(DRAW, 7, running=False)
    assert job_tables.has_job_with_lock("case:7")
    assert job_tables.jobs_waiting(DRAW) == 1
    assert not job_tables.has_job(DRAW, 8)
    job_tables.finish([int(ask("SELECT id FROM procrastinate_jobs")[0][0])])
    assert not job_tables.has_job(DRAW, 7)
    assert not job_tables.has_job_with_lock("case:7")
    assert job_tables.jobs_waiting(DRAW) == 0


def test_a_list_counts_as_under_way_for_a_while_after_its_job_failed() -> None:
    """A list whose job always fails must not start again all the time."""
    defer(DRAW, lock="lists", list_id=3)
    assert job_tables.lists_with_job(DRAW, timedelta(minutes=10)) == {3}
    ask("UPDATE procrastinate_jobs SET status = 'failed' RETURNING id")
    assert job_tables.lists_with_job(DRAW, timedelta(minutes=10)) == {3}
    ask("UPDATE procrastinate_events SET at = at - interval '1 hour' RETURNING id")
    assert job_tables.lists_with_job(DRAW, timedelta(minutes=10)) == frozenset()
