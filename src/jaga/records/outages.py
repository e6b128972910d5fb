"""Distinguishing an unreachable database from a programming error."""

import psycopg

_CONNECTION, _RESOURCES, _OPERATOR = "08", "53", "57P"
"""Classes of PostgreSQL error codes (its manual, appendix A): lost connections, too many connections, shutdown."""


def says_away(error: BaseException | None) -> bool:
    """Whether the error is, or was caused by, an unreachable database: stopping, starting, or out of connections.

    An error without a code did not come from the server: the connection was lost or none became available in time.
    """
    while error is not None:
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
            error.sqlstate is None or error.sqlstate.startswith((_CONNECTION, _RESOURCES, _OPERATOR))
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
