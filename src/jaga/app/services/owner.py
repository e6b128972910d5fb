"""Commands run by root continue as the owner of the installation."""

import os
import pwd
from pathlib import Path

from jaga.app.services.errors import NoPermission


def become_owner(home: Path) -> None:
    """If root runs a command in another user's home folder, switch to that user for good.

    Otherwise it would leave files (logs, evidence, keys, database) that the installation's processes cannot read. The
    owner is whoever owns the keys, or the folder if there are none. No effect for other users. Raises NoPermission if
    that user cannot read this code.
    """
    if os.geteuid() != 0:
        return
    marks = [path for path in (home / "secrets", home) if path.exists()]
    if not marks or (owner := marks[0].stat()).st_uid == 0:
        return
    try:
        account = pwd.getpwuid(owner.st_uid)
    except KeyError:  # A number without an account, as in a container.
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.environ.update(HOME=str(home))
    else:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        # Otherwise libraries look for settings in root's home, which is not readable.
        os.environ.update(HOME=account.pw_dir)
    os.setuid(owner.st_uid)
    for code in (os.__file__, __file__):  # Otherwise the next import fails with a less clear error.
        if not os.access(code, os.R_OK):
            raise NoPermission(path=f"{code} as the user {owner.st_uid}, who owns {home}")
