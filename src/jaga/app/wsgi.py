"""The web server's entry point."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
_jaga = get_wsgi_application()

from jaga.app import config  # noqa: E402 - Django is set up first
from jaga.app.services import roles  # noqa: E402
from jaga.web.admission import Admission, Places  # noqa: E402

_PATIENCE = 0.6
roles.check_if_there(config.database_url(), "web")
sys.setswitchinterval(config.THREADS_TURN)
application = Admission(_jaga, Places(config.WEB_PLACES, config.WEB_FIRST_PLACES, config.WEB_WAITING, _PATIENCE))
