"""Adapter for an operator with its own users table: a mapping file maps Jaga's steps to statements or calls, without
code.

`docs/sql-adapter.md` explains the file. Its scope is narrow: a statement changes exactly one row, nothing is deleted,
values are always parameters, and observing uses a read-only role.
"""

from jaga.platforms.sql.adapter import CREDENTIALS, OPTIONS, SqlAdapter, from_configuration

__all__ = ["CREDENTIALS", "OPTIONS", "SqlAdapter", "from_configuration"]
