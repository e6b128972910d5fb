"""Telling a database that is away, which comes back, from a fault of ours, which does not go by waiting."""

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from jaga.jobs.base.turns import TurnLost

_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, TurnLost)
DATABASE_ERRORS = (*_AWAY, ConnectorException)
"""What to catch, and then to ask `database_away` about."""


def database_away(error: BaseException | None) -> bool:
    """Whether waiting for the database is the answer to this error."""
    if isinstance(error, ConnectorException):
        # Also a worker that the others took for dead and removed: it registers anew.
        return isinstance(error.__cause__, (*_AWAY, psycopg.errors.ForeignKeyViolation))
    return isinstance(error, _AWAY)
