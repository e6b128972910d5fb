"""The WSGI entry point.

Importing it fails if the keys do not belong to the database, if the database was restored without `jaga restored`, or
if the adopted policy release cannot be loaded.
"""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence

import psycopg
from django.core.wsgi import get_wsgi_application

from jaga.app import config, keys, logs, policy_in_force, put_back
from jaga.app.services.tied import tie

if (_master := multiprocessing.parent_process()) and _master.pid:  # A worker of granian, whose master holds the port.
    tie(_master.pid, signal.SIGKILL)
while True:
    try:
        keys.prepare(config.database_url())
        put_back.check(config.database_url())
        break
    except psycopg.OperationalError as away:  # It restarts, and without it nothing could be served.
        logging.getLogger("jaga.web").warning("waiting for the database: %s", type(away).__name__)
        time.sleep(1)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
_jaga = get_wsgi_application()
logs.quiet_crashes()

# Django is set up first.
from jaga.privacy.verbs.erasure import destroy_recorded  # noqa: E402
from jaga.web.admission import Admission, Environ, Places  # noqa: E402
from jaga.web.api_portions import ApiHandler, LenientRequest, answer_reports, by_address  # noqa: E402
from jaga.web.buffering.bridge import Response  # noqa: E402

PATIENCE = 0.6
sys.setswitchinterval(config.THREADS_TURN)
policy_in_force.begin(policy_in_force.WEB)
destroy_recorded()
_api = ApiHandler()
_jaga.request_class = LenientRequest
_following = policy_in_force.Following(by_address(_jaga, _api), policy_in_force.WEB)
application = Admission(_following, Places(config.WEB_PLACES, config.WEB_FIRST_PLACES, config.WEB_WAITING, PATIENCE))


def reports_together(environs: Sequence[Environ]) -> list[Response | Exception] | None:
    """Answer calls that send a report each; None if the process is at capacity."""
    _following.watch()
    return application.let_in_together(lambda: answer_reports(_api, environs))
