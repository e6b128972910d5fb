"""The example of docs/api.md matches the practice installation and the API."""

import base64
import dataclasses
import json
import re

from tests.docs.pages import ROOT

from jaga.cases.verbs.evidence import media_type
from jaga.client.values import Report
from jaga.policy.release import load_release
from jaga.reporting.api import ReportIn
from jaga.web.api.bodies import as_new_request
from jaga_practice import world

PAGE = (ROOT / "docs" / "api.md").read_text()
_FOUND = re.search(r"request\.json <<'END'\n(\{.*?\})\nEND", PAGE, re.DOTALL)
assert _FOUND is not None
EXAMPLE = json.loads(_FOUND[1])


def test_the_example_can_be_read_and_names_all_that_is_required() -> None:
    """Every field from `platform` to `letter`, each of its type, with real files in them."""
    table = re.findall(r"^\| (`.+?`) \|", PAGE[PAGE.index("| `platform` |") :], re.MULTILINE)
    names = [name for cell in table for name in re.findall(r"`(\w+)`", cell)]
    assert set(EXAMPLE) == set(names[: names.index("letter") + 1])
    assert as_new_request(EXAMPLE)[1] == ()
    assert media_type(base64.b64decode(EXAMPLE["screenshots"][0])) == "image/png"
    assert media_type(base64.b64decode(EXAMPLE["letter"])) == "application/pdf"


def test_the_client_and_the_page_know_each_field_of_a_report() -> None:
    """A field that was added to the API alone could be sent by nobody who reads the page or uses the client."""
    fields = set(ReportIn.model_fields)
    table = PAGE[PAGE.index("## Sending reports") :].split("\n\n", 1)[0]
    assert {
        name for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    } == fields
    assert {field.name for field in dataclasses.fields(Report)} == fields
    assert Report("obrolan", "@kenanga:localhost", "fraud").body().keys() == fields


def test_the_example_names_what_the_practice_installation_has() -> None:
    """Its platform, one of its accounts, and a category with a legal basis of the policy."""
    assert EXAMPLE["platform"] == world.PLATFORM
    assert EXAMPLE["account"] in {f"@{name}:localhost" for name in world.ACCOUNTS}
    assert load_release().category(EXAMPLE["category"])
    assert load_release().legal_basis(EXAMPLE["legal_basis"])
    assert "http://127.0.0.1:8600/" in PAGE
    assert "practice/practice/key-petugas.polisi" in PAGE
    assert "practice/practice/signing-petugas.polisi" in PAGE
