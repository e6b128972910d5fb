"""The database: all tables, constraints and migrations, and the read queries in `records.access`.

Actions that change data are in `casework`.
"""
