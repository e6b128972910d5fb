"""The table of permissions names every table, and the database roles have these permissions and no others."""

from datetime import timedelta

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from tests.factories import PLATFORM, make_world
from tests.roles import acting_as, owner_url
from tests.watching import LOUD, running, seen, take_in

from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccessKind
from jaga.policy.local_time import today
from jaga.quality.models import AccessEvent
from jaga.quality.verbs.canary_cases import seal_access_log
from jaga.store import grants
from jaga.store.grants import GRANTS, PARTS, Part, Right
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.sequencer import link_entries
from jaga.watch.models.kept import FlaggedText
from jaga.watch.reads.queries import WatchQuery, run_watch_query
from jaga.watch.verbs.lookups import keep_days_ready


def test_every_table_has_its_line(db: None) -> None:
    """Each table is listed; without a line, neither the web server nor the worker could use a new table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = {name for (name,) in cursor.fetchall()}
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    missing, gone = sorted((tables | models) - set(GRANTS)), sorted(set(GRANTS) - tables)
    assert not missing, (
        f"{missing} have no line in src/jaga/store/grants.py: say what the web server and the worker"
        " do with them (r, i, u, d, or - for nothing)"
    )
    assert not gone, f"src/jaga/store/grants.py names tables that are not there: {gone}"


def test_nobody_edits_or_deletes_what_is_append_only(db: None) -> None:
    """Neither role has UPDATE or DELETE on append-only tables, before any trigger refuses it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'records_append_only'"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    assert {"records_vote", "records_decision", "records_outcome", "records_accessevent"} <= guarded
    assert {
        (name, part)
        for name in guarded
        for part in PARTS
        if {right.verb for right in GRANTS[name][part]} - {"SELECT", "INSERT"}
    } == set()


def test_the_worker_writes_no_people_and_the_web_server_no_platforms() -> None:
    """The worker cannot write people, because it does not decide who may vote; the web server cannot write
    platforms.
    """

    def writes(table: str, part: Part) -> bool:
        return bool({right.verb for right in GRANTS[f"records_{table}"][part]} - {"SELECT"})

    assert not any(
        writes(table, "worker")
        for table in (
            "personrole",
            "personclearance",
            "factorexemption",
            "officerregistration",
            "signingkey",
            "officerkey",
            "order",
            "installation",
            "organisation",
        )
    )
    assert GRANTS["mfa_authenticator"]["worker"] == {Right("SELECT", ("user_id", "type"))}
    assert GRANTS["usersessions_usersession"]["worker"] == frozenset()
    # It goes on against the closure that follows the restriction, and a trigger lets it go nowhere else; words are
    # emptied only where their deletion is on record.
    assert GRANTS["records_appeal"]["worker"] == {
        Right("SELECT"),
        Right("UPDATE", ("decision_id", "text", "reasons", "helper", "check_note", "question")),
    }
    assert GRANTS["records_authorityrequest"]["worker"] == {Right("SELECT"), Right("UPDATE", ("locator",))}
    assert GRANTS["records_person"]["worker"] == {Right("SELECT"), Right("UPDATE", ("created_at",))}  # to lock the row
    assert not any(
        writes(table, "web")
        for table in ("platform", "installation", "accesslogseal", "signal", "searchtext", "hashlist")
    )
    assert (
        GRANTS["records_action"]["web"]
        == GRANTS["records_action"]["worker"]
        == {Right("SELECT"), Right("INSERT"), Right("UPDATE", ("state", "attempts", "next_attempt_at", "finished_at"))}
    )


def test_a_role_has_no_power_beyond_its_rights(database_roles: dict[Part, str], db: None) -> None:
    """The check at each start finds no excess power on Jaga's roles, and much on the owner."""
    for part in PARTS:
        with psycopg.connect(database_roles[part]) as role:
            assert grants.powers(role, part) == []
    with psycopg.connect(owner_url()) as owner:
        found = grants.powers(owner, "web")
    assert any("owns" in words for words in found)
    assert any("make roles" in words for words in found)


def test_a_right_that_was_given_by_hand_is_found_and_taken_back(database_roles: dict[Part, str], db: None) -> None:
    """A GRANT made by hand is named at the next start and revoked by the next `jaga migrate`."""
    with psycopg.connect(owner_url(), autocommit=True) as owner:
        with psycopg.connect(database_roles["web"]) as web:
            name = web.info.user
        owner.execute(f"GRANT UPDATE, TRUNCATE ON records_vote TO {name}".encode())
        try:
            with psycopg.connect(database_roles["web"]) as web:
                found = grants.powers(web, "web")
            assert found == ["it may TRUNCATE records_vote", "it may UPDATE records_vote"]
        finally:
            grants.apply(owner, {"web": name})
        with psycopg.connect(database_roles["web"]) as web:
            assert grants.powers(web, "web") == []


def test_every_guard_looks_at_our_own_tables(db: None) -> None:
    """Each trigger function names its schema, so that a caller's table cannot shadow one of Jaga's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
            " AND prorettype = 'trigger'::regtype AND proname LIKE 'records\\_%%'"
            " AND NOT coalesce(array_to_string(proconfig, ',') LIKE 'search_path=%%pg_temp', false)"
        )
        assert cursor.fetchall() == []


def test_the_worker_may_link_the_ledger(database_roles: dict[Part, str], db: None) -> None:
    """The worker may check whether a ledger entry fits the chain."""
    append("record_keys", {"names": ["web"]}, actor=CLI, case_id=None)
    with acting_as("worker"):
        assert link_entries() == 1


def test_django_can_act_as_a_part(database_roles: dict[Part, str], db: None) -> None:
    """What the web tests use: inside the block, the web server's permissions; outside, the owner's again."""
    with acting_as("web"), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0].endswith("_web")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = session_user")
        assert cursor.fetchone() == (True,)


def test_the_worker_seals_the_access_log(database_roles: dict[Part, str], db: None) -> None:
    """The worker waits for whoever is writing a read record, by a lock that a role with INSERT only cannot take."""
    AccessEvent.objects.create(
        person_id=make_world().reviewers[0].person_id, what=AccessKind.CASE, at=now() - timedelta(days=2)
    )
    with acting_as("worker"):
        assert seal_access_log() == 1


def test_the_worker_holds_the_people_of_a_run(database_roles: dict[Part, str], db: None) -> None:
    """Sharing a person's row needs the right to change it; only the worker has it, and only for this purpose."""
    person = make_world().reviewers[0].person_id
    with acting_as("worker"):
        lock_people(person)


def test_the_worker_makes_and_drops_days_of_flagged_texts(database_roles: dict[Part, str], db: None) -> None:
    """It takes a text in and drops its day, and has no right to a partition by itself; the web server only reads."""
    supervisor = make_world().supervisor
    running()
    with acting_as("worker"):
        assert len(take_in(PLATFORM, (seen(LOUD),))) == 1
        keep_days_ready()
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM records_flaggedtext_d{today():%Y%m%d}")
    with acting_as("web"):
        assert run_watch_query(WatchQuery(today(), today()), actor=supervisor).texts == 1
        with pytest.raises(ProgrammingError), transaction.atomic():
            FlaggedText.objects.all().delete()
    with acting_as("worker"), frozen(now() + timedelta(days=31)):
        assert keep_days_ready() >= 1
        assert not FlaggedText.objects.exists()
