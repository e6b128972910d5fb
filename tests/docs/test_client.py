"""The examples of docs/client.md run unchanged against the API."""

import re
from base64 import b64decode
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.client.conftest import Line, _no_static_files, _nothing_counted, line, world  # noqa: F401 - fixtures
from tests.docs.pages import ROOT
from tests.docs.test_api import EXAMPLE
from tests.web.api.conftest import World

from jaga.authorities.models import Order
from jaga.batches.jobs import work_on_batches
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.client import transport
from jaga.core.actors import CLI
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import Step
from jaga.core.terms.people import OrganisationKind
from jaga.people.models import Organisation
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.webhooks.models import WebhookEndpoint

BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "client.md").read_text(), re.MULTILINE | re.DOTALL)


class Worked(httpx.BaseTransport):
    """The connection to the API, with a worker that is faster than any caller."""

    def __init__(self, line: Line) -> None:  # noqa: F811
        self._line = line

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._line.handle_request(request)
        work_on_batches()
        return response


def test_every_example_runs(
    world: World,  # noqa: F811
    line: Line,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """In the page's order, with an officer's key; each has the described effect."""
    operator = Organisation.objects.get(kind=OrganisationKind.OPERATOR)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform("obrolan", "Obrolan", operator.pk, "localhost", able, practice=True), actor=CLI)
    real = httpx.Client
    monkeypatch.setattr(transport.httpx, "Client", lambda **named: real(**{**named, "transport": Worked(line)}))
    monkeypatch.chdir(tmp_path)
    Path("laporan.csv").write_text("akun,nomor\n@satu:localhost,1\n@dua:elsewhere.invalid,2\n")
    names: dict[str, Any] = {
        "KEY": world.police.secret,
        "SIGNING_KEY": world.police.signing.text(),
        "PICTURE": b64decode(str(EXAMPLE["screenshots"][0])),
        "LETTER": b64decode(str(EXAMPLE["letter"])),
    }
    for block in BLOCKS:
        partial(exec, block)(names)  # the page's own words
    said = capsys.readouterr().out
    assert Report.objects.filter(reference__startswith="P-").count() == 249
    assert "422 invalid_input" in said
    assert "account missing" in said
    assert AuthorityRequest.objects.count() == 3
    assert "ready 1 good, 1 refused" in said
    assert "1 filed" in said
    assert b"elsewhere" in Path("refused.csv").read_bytes()
    assert "2 taken back" in said
    assert Order.objects.filter(letter_number="B/18/2026", withdrawn_at__isnull=False).exists()
    assert WebhookEndpoint.objects.get().public_key in said
