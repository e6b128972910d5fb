"""Statements whose plan is kept."""

import pytest
from django.db import connection

from jaga.records.bulk import ask_prepared, ask_with_kept_plan, with_words_written


def test_words_stand_in_the_text_and_nobody_breaks_out_of_it(db: None) -> None:
    """Words and truths become literals, whatever they hold; numbers and lists stay values."""
    hostile = "100 % d'accord; \\' -- $1"
    text, values = with_words_written("SELECT %s || '', %s AND true, %s::int + 1, %s::bigint[]",
                                      (hostile, True, 7, [1, 2]))
    assert values == [7, [1, 2]]
    assert ask_with_kept_plan(text, values) == [(hostile, True, 8, [1, 2])]


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
