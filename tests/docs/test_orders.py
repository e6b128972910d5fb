"""docs/orders.md: Jaga accepts both shown ways of signing, and the page names every reason for holding."""

import json
import re
import subprocess
from pathlib import Path

from tests.docs.pages import ROOT

from jaga.authorities.api.orders import as_new_order
from jaga.core.clock import now
from jaga.core.standard_webhooks import PrivateKey, verify, verifying_key
from jaga.core.terms.outside import HeldReason

PAGE = (ROOT / "docs" / "orders.md").read_text()
BODY = b'{"letter_number": "B/18/2026"}'


def block(language: str) -> str:
    """The page's example in that language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_what_openssl_signs_is_taken(tmp_path: Path) -> None:
    """From a new key to the three headers, by the page's commands."""
    (tmp_path / "order.json").write_bytes(BODY)
    result = subprocess.run(["bash", "-euc", block("sh")], cwd=tmp_path, check=True, capture_output=True, text=True)
    public = verifying_key(result.stdout.partition("register this: ")[2])
    headers = dict(line.split(": ", 1) for line in (tmp_path / "headers.txt").read_text().splitlines())
    assert verify(public, headers, BODY, now=now()).body == BODY


def test_what_the_python_example_signs_is_taken() -> None:
    """The function exactly as on the page."""
    names: dict[str, object] = {}
    exec(block("python"), names)
    key, signature = PrivateKey.generate(), names["signature"]
    assert callable(signature)
    assert verify(key.public, signature(key.text(), BODY), BODY, now=now()).body == BODY


def test_the_example_order_can_be_read() -> None:
    """Each field is one that the API knows, of its type."""
    new, unreadable = as_new_order(json.loads(block("json")))
    assert (unreadable, len(new.accounts)) == ((), 2)


def test_every_reason_stands_on_the_page() -> None:
    """A program that gets a reason finds it explained."""
    assert [reason for reason in HeldReason if f"`{reason.value}`" not in PAGE] == []
