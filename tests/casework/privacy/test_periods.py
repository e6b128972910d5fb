"""Every table has a period, or a reason why it has none; rows beside the cases go when their days are over."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from procrastinate.contrib.django import app
from tests.factories import CATEGORY, PLATFORM, World, in_review
from tests.roles import acting_as

from jaga.app.worker import _periodic_tasks
from jaga.batches.models import Batch
from jaga.batches.verbs.batches import NewBatch, submit_batch
from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.inventory import FixedPeriod
from jaga.core.terms.cases import SetAsideKind
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import DataKind
from jaga.core.terms.reports import BatchState
from jaga.operators.models import OutgoingMail
from jaga.people.models import OfficerRegistration
from jaga.privacy.verbs import side_tables
from jaga.privacy.verbs.sweep import LASTING, SWEPT
from jaga.quality.models import Exposure
from jaga.reporting.models import SetAsideValue
from jaga.store import vault
from jaga.store.inventory.checks import declared_tables
from jaga.store.inventory.groups import GROUPS


def test_every_table_is_swept_under_a_rule_or_kept_for_a_reason() -> None:
    """A new table whose rows nothing deletes is named here."""
    assert set(LASTING) == set(FixedPeriod)
    rows = {table.label: GROUPS[table.row].retention for table in declared_tables().values()}
    for name, period in rows.items():
        if period in SWEPT:
            assert name in SWEPT[period].tables, f"say in swept.SWEPT that `{period}` deletes the rows of {name}"
        else:
            assert period in {*DataKind, *FixedPeriod}, name
    swept = {table for sweep in SWEPT.values() for table in sweep.tables}
    assert swept <= set(rows)
    tasks = _periodic_tasks(app)
    for name, sweep in SWEPT.items():
        assert sweep.by in tasks or " " in sweep.by, f"the sweep {name} names no periodic task"
    assert {name for name, sweep in SWEPT.items() if sweep.by == "side_rows"} >= side_tables.FORGETS.keys()


def _mail(world: World) -> OutgoingMail:
    return OutgoingMail.objects.create(
        person_id=world.supervisor.person_id,
        key="k",
        language=Language.INDONESIAN,
        subject="Ada kabar",
        body="Ada yang menunggu.",
        created_at=now(),
        sent_at=now(),
    )


def _value(world: World) -> SetAsideValue:
    return SetAsideValue.objects.create(
        platform=Platform.objects.get(name=PLATFORM),
        kind=SetAsideKind.MESSAGE,
        why="odd",
        digest=b"1" * 32,
        size=1,
        sealed=b"gAAAA",
        first_seen_at=now(),
        last_seen_at=now(),
    )


def _job(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES"
            " ('ordinary', 'jaga.triage', '{}', 'failed') RETURNING id"
        )
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', %s)",
            [cursor.fetchone()[0], now()],
        )


ROWS: dict[str, tuple[timedelta, Any, Any]] = {
    "sessions": (
        side_tables.SESSION_KEPT,
        lambda world: Session.objects.create(
            session_key="a" * 32, session_data="x", expire_date=now() + side_tables.SESSION_KEPT
        ),
        lambda: Session.objects.filter(session_key="a" * 32).exists(),
    ),
    "invitations": (
        side_tables.INVITATION_KEPT,
        lambda world: OfficerRegistration.objects.filter(person=world.officer.person_id).update(
            invitation_hash=b"1" * 32, invitation_until=now() + timedelta(days=7)
        ),
        lambda: OfficerRegistration.objects.filter(invitation_hash__isnull=False).exists(),
    ),
    "exposure": (
        side_tables.EXPOSURE_KEPT,
        lambda world: Exposure.objects.create(
            person_id=world.reviewers[0].person_id, case_id=in_review(), at=now(), ended_at=now()
        ),
        lambda: Exposure.objects.exists(),
    ),
    "mail": (side_tables.MAIL_KEPT, _mail, lambda: OutgoingMail.objects.exclude(body="").exists()),
    "values": (side_tables.VALUES_KEPT, _value, lambda: SetAsideValue.objects.exclude(sealed=b"").exists()),
    "batches": (
        side_tables.BATCHES_KEPT,
        lambda world: (
            submit_batch(NewBatch("lama.csv", PLATFORM, CATEGORY), [b"akun,nomor\n@mawar:localhost,1\n"], actor=CLI)
            and Batch.objects.update(state=BatchState.READY)
        ),
        lambda: vault.is_whole(Batch.objects.get().sha256, None),
    ),
    "jobs": (side_tables.JOBS_KEPT, _job, lambda: _failed_jobs() > 0),
}


def _failed_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("name", ROWS)
def test_rows_beside_the_cases_go_after_their_days(world: World, database_roles: object, name: str) -> None:
    """As the worker's role: it has the right to it, and a row that is a day younger stays."""
    kept, make, is_there = ROWS[name]
    make(world)
    assert is_there()
    for late, there in ((-timedelta(hours=11), True), (timedelta(days=1, hours=1), False)):
        with frozen(now() + kept + late), acting_as("worker"):
            side_tables.forget_side_rows()
        assert is_there() is there, late
