"""Requirements on the machine, checked before anything starts; each failure is an error with a remedy."""

import os
import shutil
import sys
import zoneinfo
from pathlib import Path

from jaga.app import config
from jaga.app.services.errors import DiskFull, MissingZones, NoPermission, WrongPython
from jaga.app.services.ports import require_free
from jaga.policy.jurisdiction import jurisdiction

FREE_BYTES = 300_000_000  # The database's WAL segments may take two thirds of it.


def check_machine(home: Path) -> None:
    """Refuse a machine on which Jaga would fail later with a less clear error.

    Raises `WrongPython`, `MissingZones`, `NoPermission`, `DiskFull`, `PolicyError`. Creates the home folder if missing.
    """
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise WrongPython(found=sys.version.split()[0])
    zone = jurisdiction().time.zone
    try:
        zoneinfo.ZoneInfo(zone)
    except zoneinfo.ZoneInfoNotFoundError as lack:
        raise MissingZones(zone=zone) from lack
    config.make_folder(home, 0o755)
    if not os.access(home, os.W_OK | os.X_OK):
        raise NoPermission(path=home)
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES:
        raise DiskFull(path=home, free=free // 1_000_000)


def check_ports() -> None:
    """Raises `PortTaken` if another process uses Jaga's port."""
    require_free(config.port(), "JAGA_PORT")
