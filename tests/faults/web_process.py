"""The web server of the fault tests: `python -m tests.faults.web_process PORT`. As in the worker, a fork does the
work.
"""

import sys

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server
from tests.faults import web
from tests.faults.processes import keep_forking


def serve() -> None:
    """Run in the fork. granian forks once more, and finds the application imported."""
    Server(
        f"{web.__name__}:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGINL,
        workers=1,
        http=HTTPModes.http1,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()


def main() -> None:
    """Close the database connection before the first fork: two processes cannot share one."""
    django = connections[DEFAULT_DB_ALIAS]
    assert isinstance(django, DatabaseWrapper)
    django.close()
    django.close_pool()
    keep_forking(serve)


if __name__ == "__main__":
    main()
