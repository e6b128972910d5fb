"""A pooled connection that works is not asked each time, and one that the server closed is never given out."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from jaga.app import pooled_connections
from jaga.app.pooled_connections import PooledConnection

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool() -> Iterator["ConnectionPool[PooledConnection]"]:
    """A pool of one connection to the test's database, with the check that Django asks for."""
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "password", "host", "port")
    }
    with ConnectionPool(
        kwargs=given | {"autocommit": True},
        connection_class=PooledConnection,
        min_size=1,
        max_size=1,
        check=ConnectionPool.check_connection,
    ) as opened:
        yield opened


def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The statements that are sent from now on."""
    sent: list[object] = []
    send = psycopg.Connection.execute

    def noted(self: PooledConnection, query: object, *args: object, **options: object) -> object:
        sent.append(query)
        return send(self, query, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    return sent


def test_a_server_that_answered_is_not_asked_again(
    pool: "ConnectionPool[PooledConnection]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """But some seconds later: a network that fails closes no connection."""
    sent = asked(monkeypatch)
    for _ in range(3):
        with pool.connection() as one:
            assert one.execute("SELECT 1").fetchone() == (1,)
    assert sent == ["", *["SELECT 1"] * 3]
    monkeypatch.setattr(pooled_connections, "_ASKED_EVERY", 0.0)
    with pool.connection():
        pass
    assert sent[-1] == ""


def test_a_closed_connection_is_replaced(pool: "ConnectionPool[PooledConnection]") -> None:
    """Although it answered a moment ago: what the server left at the socket says so."""
    with pool.connection() as one:
        number = one.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    with pool.connection() as another:
        assert another.info.backend_pid != number
        assert another.execute("SELECT 1").fetchone() == (1,)
