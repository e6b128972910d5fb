"""Telling a database that cannot be reached just now from a fault of ours."""

import psycopg

_CONNECTION, _RESOURCES, _OPERATOR = "08", "53", "57P"
"""Classes of PostgreSQL's codes (its manual, appendix A): lost connections, too many of them, a server that stops."""


def says_away(error: BaseException | None) -> bool:
    """Whether this is, or comes from, a database that does not answer: it stops, starts, or has no connection left.

    An error without a code never came from the server: the connection was lost, or there was none in time.
    """
    while error is not None:
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
                error.sqlstate is None or error.sqlstate.startswith((_CONNECTION, _RESOURCES, _OPERATOR))):
            return True
        error = error.__cause__ or error.__context__
    return False
