"""The web server's entry point: request buffering around the WSGI application (ADR 0048)."""

import resource

from jaga.app import wsgi  # isort: skip - it sets Django up

from jaga.app import config
from jaga.app.services import database as roles
from jaga.core.caches.garbage import keep_what_is_loaded
from jaga.store.room import RETRY_SECONDS, StorageFull
from jaga.web.admission import TooBusy
from jaga.web.buffering.application import Buffering
from jaga.web.buffering.portions import Portions
from jaga.web.buffering.uploads import BodyTooSlow, NetworkLocks, TooManyUploads, Uploads, UploadsFull
from jaga.web.errors import RequestUnreadable, TooLarge, make_ready

# Checked at server start, not on import: the practice story uses the owner's address.
roles.check_if_there(config.database_url(), "web")
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if 0 <= _soft < config.WEB_FILES:  # A systemd session starts with 1,024, fewer than the possible connections.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most for most in (config.WEB_FILES, _hard) if most >= 0), _hard))

make_ready(
    [
        TooBusy(),
        BodyTooSlow(),
        TooManyUploads(),
        UploadsFull(),
        StorageFull(retry_after=RETRY_SECONDS),
        TooLarge(),
        RequestUnreadable(),
    ]
)
_networks = NetworkLocks(config.home() / "run" / "uploads.lock", config.WEB_UPLOADS_OF_A_NETWORK)
_together = Portions(wsgi.reports_together, config.WEB_TOGETHER, config.WEB_WAITING, wsgi.PATIENCE)
application = Buffering(wsgi.application, Uploads(config.WEB_UPLOADS, _networks), config.WEB_THREADS, _together)
keep_what_is_loaded()
