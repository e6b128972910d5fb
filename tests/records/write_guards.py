"""Writes the list of guards that a new database has. Look at the difference.

`PYTHONPATH=src:practice .venv/bin/python -m tests.records.write_guards`, after a change of `guards/*.sql` or of
`store.bound_rows`.
"""

import psycopg
from tests.services import database, provide_database, provide_template

from jaga.store.grants import EXPECTED, HASHED, as_text


def main() -> None:
    provide_database()
    with database("jaga_guards", provide_template()) as url, psycopg.connect(url) as connection:
        EXPECTED.write_text(as_text(dict(connection.execute(HASHED).fetchall())))
    print(EXPECTED)


if __name__ == "__main__":
    main()
