"""Writes the first migration anew from the models. Until a version is released, it is the only one.

`PYTHONPATH=src:practice .venv/bin/python -m tests.records.write_migration`, after a model changed. A database that was
made before is not changed by it: make a new one.
"""

import os
import re
import subprocess
import sys

from tests.services import CHECKOUT, provide_database

INITIAL = CHECKOUT / "src" / "jaga" / "store" / "migrations" / "0001_initial.py"
_HEADER = '"""The tables as their models say, and the guards. Written by `tests.records.write_migration`."""\n'
_IMPORT, _OPENED, _CLOSED = "from django.db import migrations, models\n", "    operations = [\n", "    ]\n"
_OURS = """
from jaga.store.grants import WITHOUT_GUARDS, guards
from jaga.store.operations_together import OperationsTogether
"""


def main() -> None:
    provide_database()
    INITIAL.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "records", "--name=initial", "--skip-checks", "-v0"],
        check=True,
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "jaga.app.settings", "PYTHONPATH": str(CHECKOUT / "src")},
    )
    text = re.sub("^# Generated .*\n", _HEADER, INITIAL.read_text())
    text = text.replace(_IMPORT, _IMPORT + _OURS, 1).replace(_OPENED, "    operations = [OperationsTogether([\n", 1)
    INITIAL.write_text(text.removesuffix(_CLOSED) + "    ]), migrations.RunSQL(guards(), WITHOUT_GUARDS)]\n")
    print(INITIAL)


if __name__ == "__main__":
    main()
