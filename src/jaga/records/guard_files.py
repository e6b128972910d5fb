"""The triggers and functions of the database, as SQL by subject: what no model can say."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "guards"
_FIRST = ("kernel", "privacy")  # triggers of other subjects call their functions

WITHOUT_GUARDS = """
DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN SELECT oid FROM pg_proc
                WHERE proname LIKE 'records\\_%' AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', made);
    END LOOP;
END $$;
"""
"""Removes the functions, and with them the triggers."""


def guards() -> str:
    """All of them, in the order in which an empty database takes them."""
    files = sorted(_FOLDER.glob("*.sql"), key=lambda path: (path.stem not in _FIRST, path.stem))
    return "\n".join(path.read_text() for path in files)
