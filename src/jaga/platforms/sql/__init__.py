"""The adapter for an operator with a users table of its own: a file maps Jaga's steps to statements or calls, no code.

`docs/sql-adapter.md` explains the file. What it may hold is narrow: one statement changes exactly one row, nothing is
ever deleted, values go as parameters only, and looking is done by a role that can change nothing.
"""

from jaga.platforms.sql.adapter import CREDENTIALS, OPTIONS, SqlAdapter, from_configuration

__all__ = ["CREDENTIALS", "OPTIONS", "SqlAdapter", "from_configuration"]
