"""Tells an unavailable database, which needs patience, from a programming error, which does not go away."""

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from jaga.jobs.base.turns import TurnLost

_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, TurnLost)
DATABASE_ERRORS = (*_AWAY, ConnectorException)
"""Exceptions to catch and then check with `database_away`."""


def database_away(error: BaseException | None) -> bool:
    """Whether the error means that the database is unavailable."""
    if isinstance(error, ConnectorException):
        # A foreign key violation: the other workers pruned this one as dead; it registers again.
        return isinstance(error.__cause__, (*_AWAY, psycopg.errors.ForeignKeyViolation))
    return isinstance(error, _AWAY)
