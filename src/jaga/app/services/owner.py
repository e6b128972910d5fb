"""Whoever works in somebody's installation works as its owner."""

import os
import pwd
from pathlib import Path


def become_owner(home: Path) -> None:
    """Where root gives a command in the home folder of another user: go on as that user, for good.

    Otherwise the command would leave files (logs, evidence, a key, the database's) that the installation's own
    processes cannot read. The owner is whoever has the keys, or the folder while there are none. Nothing happens for
    anybody but root.
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
        os.environ["HOME"] = str(home)
    else:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.environ["HOME"] = account.pw_dir  # else libraries look for their settings in root's, and may not
    os.setuid(owner.st_uid)
