"""Whoever works in somebody's installation works as its owner."""

import os
import pwd
from pathlib import Path

from jaga.app.services.errors import NoPermission


def become_owner(home: Path) -> None:
    """Where root gives a command in the home folder of another user: go on as that user, for good.

    Otherwise the command would leave files (logs, evidence, a key, the database's) that the installation's own
    processes cannot read. The owner is whoever has the keys, or the folder while there are none. Nothing happens for
    anybody but root. Raises NoPermission where that user cannot read this code.
    """
    if os.geteuid() != 0:
        return
    marks = [path for path in (home / "secrets", home) if path.exists()]
    if not marks or (owner := marks[0].stat()).st_uid == 0:
        return
    try:
        account = pwd.getpwuid(owner.st_uid)
    except KeyError:  # a number without an account, as in a container
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.environ.update(HOME=str(home))
    else:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.environ.update(HOME=account.pw_dir)  # else libraries look for their settings in root's, and may not
    os.setuid(owner.st_uid)
    for code in (os.__file__, __file__):  # else the next import fails, and less clearly
        if not os.access(code, os.R_OK):
            raise NoPermission(path=f"{code} as the user {owner.st_uid}, who owns {home}")
