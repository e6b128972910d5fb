"""A worker that kills itself with -9 at a picture that somebody asked for: `python -m tests.jobs.watch.media_process
POINT`, which is `fetched` (before it is recorded) or `recording` (before the commit).
"""

import os
import signal
import sys
from typing import Any


def main(point: str) -> None:
    import django

    django.setup()
    from jaga.watch import jobs as media
    from jaga.watch.verbs import media as recording

    def die(*_: object, **__: object) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    if point == "fetched":
        media.record_media = die
    else:
        recording.append = die
    media.fetch_asked_media()


if __name__ == "__main__":
    main(sys.argv[1])
