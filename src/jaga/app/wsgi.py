"""The web server's entry point. Importing it refuses to go on where the keys are not those of the database,
or where the database was put back and nobody said so."""

import logging
import multiprocessing
import os
import signal
import sys
import time

import psycopg
from django.core.wsgi import get_wsgi_application

from jaga.app import config, keys, put_back
from jaga.app.services.tied import tie

if (_master := multiprocessing.parent_process()) and _master.pid:  # one of granian's own, which holds the port
    tie(_master.pid, signal.SIGKILL)
while True:
    try:
        keys.prepare(config.database_url())
        put_back.check(config.database_url())
        break
    except psycopg.OperationalError as away:  # it restarts, and without it nothing could be answered
        logging.getLogger("jaga.web").warning("waiting for the database: %s", type(away).__name__)
        time.sleep(1)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
_jaga = get_wsgi_application()

from jaga.web.admission import Admission, Places  # noqa: E402 - Django is set up first

_PATIENCE = 0.6
sys.setswitchinterval(config.THREADS_TURN)
application = Admission(_jaga, Places(config.WEB_PLACES, config.WEB_FIRST_PLACES, config.WEB_WAITING, _PATIENCE))
