"""The settings of sources: every kind has a form, and a wrong setting names its field."""

import pytest

from jaga.core.observations import FORMS, is_web_address, problems
from jaga.core.terms.reports import SourceKind


def test_every_kind_of_source_has_a_form() -> None:
    """Also the sentence for the data sheet."""
    assert set(FORMS) == set(SourceKind)
    assert all(form.reads.endswith(".") for form in FORMS.values())


@pytest.mark.parametrize(
    ("kind", "url", "surfaces", "token", "fields"),
    [
        (SourceKind.PUBLIC_ROOMS, "", (), "", []),
        (SourceKind.PUBLIC_ROOMS, "https://x.example", (), "t", ["url", "token_file"]),
        (SourceKind.MASTODON, "https://social.example", ("jual",), "social", []),
        (SourceKind.MASTODON, "social.example", (), "../secrets/platforms", ["url", "token_file"]),
        (SourceKind.WEB, "https://forum.example/", (), "", ["surfaces"]),
        (SourceKind.FILE, "../keys.jsonl", (), "", ["url"]),
        (SourceKind.FILE, "week-48.jsonl", ("a",), "", ["surfaces"]),
    ],
)
def test_a_wrong_setting_names_its_field(
    kind: SourceKind, url: str, surfaces: tuple[str, ...], token: str, fields: list[str]
) -> None:
    """Neither a path out of the folder nor a token in the place of a file's name is taken."""
    assert [one.field for one in problems(kind, url, surfaces, token)] == fields


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example",
        "https://u:p@x.example",
        "https://x.example/#a",
        "https://",
        "x",
        "https://[",
        "https://x.example:99999/",
        "https://x.example/a b",
    ],
)
def test_no_web_address(url: str) -> None:
    """Only http and https with a host, and no password or fragment."""
    assert not is_web_address(url)
