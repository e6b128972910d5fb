"""The database roles of web server and worker on the session's test database, made as by `jaga run`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from jaga.app.services import database as roles
from jaga.store.grants import PARTS, Part


def owner_url() -> str:
    """The owner's URL of the session's database."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def make_roles() -> Mapping[Part, str]:
    """Make the roles with their permissions and let the owner act as each; returns their URLs."""
    addresses = roles.prepare(owner_url())
    with psycopg.connect(owner_url(), autocommit=True) as owner:
        for part in PARTS:
            owner.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE").format(_role(part)))
    return addresses


def drop_roles(database: str, server: str) -> None:
    """Drop the roles of a deleted database."""
    with psycopg.connect(server, autocommit=True) as owner:
        for part in PARTS:
            owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(roles.role_name(database, part))))


@contextmanager
def acting_as(part: Part) -> Iterator[None]:
    """Limit this Django connection to the role's permissions inside the block."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(_role(part)).as_string(None))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def _role(part: Part) -> sql.Identifier:
    return sql.Identifier(roles.role_name(str(connection.settings_dict["NAME"]), part))
