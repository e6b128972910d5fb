"""The end of a job is recorded, even if the database goes away at that moment."""

import asyncio
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.testing import InMemoryConnector

from jaga.work import faults as bookkeeping
from jaga.work.faults import PatientJobManager

JOB = Job(id=7, queue="ordinary", lock=None, queueing_lock=None, task_name="jaga.triage")


class Failing(InMemoryConnector):
    """Each call fails with the next of these errors, then all succeed."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.left, self.asked = list(errors), 0

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        self.asked += 1
        if self.left:
            raise ConnectorException from self.left.pop(0)


def finish(connector: Failing) -> None:
    asyncio.run(PatientJobManager(connector).finish_job(JOB, Status.SUCCEEDED, True))


def test_a_job_whose_end_could_not_be_written_is_written_when_the_database_is_back() -> None:
    """Otherwise it would stay with a living worker that no longer has it, and nobody would take it over."""
    connector = Failing(psycopg.OperationalError(), psycopg.InterfaceError())
    finish(connector)
    assert connector.asked == 3
    again = Failing(psycopg.OperationalError())
    asyncio.run(PatientJobManager(again).retry_job(JOB))
    assert again.asked == 2


def test_what_was_written_before_the_answer_was_lost_is_no_fault() -> None:
    """The second try finds the job finished. On a first try that is a fault: somebody else has finished it."""
    finish(Failing(psycopg.OperationalError(), psycopg.errors.RaiseException()))
    with pytest.raises(ConnectorException):
        finish(Failing(psycopg.errors.RaiseException()))


def test_the_patience_ends_before_others_take_the_job_over() -> None:
    """And a bug is not retried."""
    with patch.object(bookkeeping, "PATIENCE", 0.3), pytest.raises(ConnectorException):
        finish(Failing(*(psycopg.OperationalError() for _ in range(1000))))
    faulty = Failing(psycopg.errors.UndefinedTable())
    with pytest.raises(ConnectorException):
        finish(faulty)
    assert faulty.asked == 1
