"""A runbook is read at night in a hurry: everything it names exists in the code, the logs and on the pages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from tests.docs.pages import ROOT, inline_in, name_of

RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
OPERATIONS = ROOT / "docs" / "operations.md"
PAGES = [*RUNBOOKS, OPERATIONS]
SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "src" / "jaga").rglob("*.py")))
THEIRS = {
    "pg_dump",
    "buffer_requests",
    "request_buffers",
    "client_body_timeout",
    "limit_conn",
    "remote_ip",
    "log_statement",
    "log_min_duration_statement",
}
"""Settings of other people's programs."""
_EVENT = re.compile(r"[a-z]+(?:_[a-z]+)+")
_ITALICS = re.compile(r"(?<![*\w])\*([^*\n]{2,60})\*(?![*\w])")
_PLACE = re.compile(r"`((?:src|tests|docs|tools|bench|examples)/[\w./-]+)`")


def _shown() -> str:
    """All texts of the product's pages in lower case."""
    with (ROOT / "src/jaga/locale/id/LC_MESSAGES/django.po").open("rb") as file:
        ids = [
            part
            for message in read_po(file)
            for part in (message.id if isinstance(message.id, (list, tuple)) else [message.id])
        ]
    return "\n".join(ids).casefold()


SHOWN = _shown()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_events_counters_and_tables_that_it_names_exist(page: Path) -> None:
    """Names such as `periodic_task_failed`, `silent_platforms` and `records_action` are in the code."""
    named = {word for word in inline_in(page) if _EVENT.fullmatch(word)}
    tables = SOURCE.casefold()
    assert (
        sorted(
            word
            for word in named - THEIRS
            if word not in SOURCE and f"class {word.removeprefix('records_')}(" not in tables
        )
        == []
    )


@pytest.mark.parametrize("page", RUNBOOKS, ids=name_of)
def test_what_it_calls_a_page_or_a_button_is_called_so(page: Path) -> None:
    """Words in italics, such as *Alarms*, are what the console shows in English."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    named = {words.strip(" .,:…") for words in _ITALICS.findall(text)}
    assert sorted(words for words in named if words[0].isupper() and words.casefold() not in SHOWN) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_of_the_project_that_it_names_exist(page: Path) -> None:
    """So nobody looks for a removed script."""
    assert [place for place in _PLACE.findall(page.read_text()) if not (ROOT / place).exists()] == []


def test_the_proxys_recipe_keeps_no_addresses() -> None:
    """In neither server: nginx writes the client's address to each line of both of its logs."""
    (recipe,) = re.findall(r"```nginx\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    servers = recipe.split("server {")[1:]
    assert len(servers) == 2
    for server in servers:
        assert "access_log off;" in server
        assert "error_log /dev/null" in server
    assert re.search(r"\$(remote_addr|binary_remote_addr)", recipe) is None
