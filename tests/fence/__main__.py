"""`PYTHONPATH=src:practice .venv/bin/python -m tests.fence` compares; `--write` accepts what is there now.

Names of goldens after it limit it to these, for instance `tables.txt`.
"""

import os
import sys

import django


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from tests.fence.comparing import FACTS, difference, write

    names = [one for one in sys.argv[1:] if one != "--write"] or list(FACTS)
    if "--write" in sys.argv:
        for name in names:
            write(name)
        return 0
    found = "".join(map(difference, names))
    print(found or "nothing differs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
