"""Statements whose plan is kept."""

from datetime import timedelta

import pytest
from django.db import connection

from jaga.core.clock import now
from jaga.core.terms.cases import Severity
from jaga.core.terms.reports import Channel
from jaga.store.bulk import as_array, ask_prepared, ask_with_kept_plan, with_words_written


def test_words_stand_in_the_text_and_nobody_breaks_out_of_it(db: None) -> None:
    """Words and truths become literals, whatever they hold; numbers and lists stay values."""
    hostile = "100 % d'accord; \\' -- $1"
    text, values = with_words_written(
        "SELECT %s || '', %s AND true, %s::int + 1, %s::bigint[]", (hostile, True, 7, [1, 2])
    )
    assert values == [7, [1, 2]]
    assert ask_with_kept_plan(text, values) == [(hostile, True, 8, [1, 2])]


def test_an_array_comes_as_it_was_written(db: None) -> None:
    """Whatever its texts hold, with terms, ranks, moments and nothing among its values."""
    moment = now()
    for kind, given in (
        ("text", ["", "NULL", "a,b}", '"', "\\", '\\"{', "é\n", Channel.PUBLIC, None]),
        ("bigint", [0, -7, 2**62, Severity.HIGH, None]),
        ("float8", [0.1, 1e-300, 1.5, None]),
        ("boolean", [True, False, None]),
        ("bytea", [b"", b"\x00\xff\\", None]),
        ("bytea", [b"\x00\xff", b'"\\', b",,"]),
        ("bytea", [b"1"]),
        ("bytea", [b"", b""]),
        ("bytea", [b"12", b"3"]),
        ("timestamptz", [moment, None]),
        ("date", [moment.date(), None]),
        ("int", []),
        ("text", []),
        ("text", ["", "a,b}", Channel.PUBLIC]),
        ("text", [""]),
        ("text", ['"', '","']),
        ("text", ["\\"]),
        ("int", [0, -7, Severity.HIGH]),
        ("boolean", [True, False]),
        ("bigint", [None, None]),
        ("float8", [0.0, -0.0, 1]),
        ("timestamptz", [moment, moment - timedelta(days=1), moment]),
        ("boolean", [True, None, False]),
    ):
        assert ask_prepared(f"SELECT %s::{kind}[]", [as_array(given)]) == [(given,)]
    with pytest.raises(TypeError):
        as_array([object()])


@pytest.mark.django_db(transaction=True)
def test_the_kept_plan_is_the_setting_of_one_statement() -> None:
    """The connection plans as before afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = auto")
    try:
        assert ask_with_kept_plan("SELECT current_setting('plan_cache_mode')", []) == [("force_generic_plan",)]
        assert ask_prepared("SELECT current_setting('plan_cache_mode')", ()) == [("auto",)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET plan_cache_mode")
