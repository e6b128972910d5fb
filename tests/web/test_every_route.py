"""Every address outside the console: what it needs before it shows anything. An unlisted one fails the test.

The console has its own matrix (tests/web/console/frame/test_who_may_open_what.py), the API another
(tests/web/api/test_auth).
"""

from collections.abc import Iterable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

ANYBODY = {  # holds nothing about anybody
    "",
    "report/",
    "report/received/",
    "report/received/receipt.txt",
    "report/received/number.txt",
    "about/",
    "privacy/",
    "accessibility/",
    "follow/",
    "follow/end/",
    "key/",
    "key/jaga-key.pem",
    "key/jaga-policy.txt",
    "key/jaga-head.tsr",
    "key/jaga-head.txt",
    "appeal/",
    "figures/",
    "figures/year/",
    "figures.csv",
    "operators/",
    "operators.csv",
    "operators/<slug:slug>/",
    "operators/<slug:slug>.csv",
    "flaggers/",
    "flaggers.csv",
    "watches/",
    "policy/",
    "language/",
    "health/live",
    "health/ready",
    "ledger/<path:name>",
    "ledger/<int:number>/<path:name>",
    "privacy/ask/",  # which shows what is behind a receipt or a letter's code
}
RECEIPT = {"follow/report/", "follow/report/receipt.txt", "follow/report/receipt.tlog-proof"}
# which are within a visit that a receipt of 16 digits has opened
SENT_RECEIPT = {"follow/proof.tlog-proof"}  # the receipt itself, which a program sends
CODE = {"privacy/request/"}  # the code of a request about one's own data: 100 bits
SECRET = {"referral/<str:secret>/"}  # a mail's link of 256 bits, and a code that is told by telephone
SIGNATURE = {"hooks/<slug:platform>/", "hooks/<slug:platform>/observations/"}  # the platform's own, over the body
OWN_MATRIX = ("console/", "api/")


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address of the program."""
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, here)
        else:
            yield here


def test_every_address_is_listed_once() -> None:
    """A new address must declare here what it needs."""
    found = [one for one in addresses(get_resolver().url_patterns) if not one.startswith(OWN_MATRIX)]
    assert sorted(found) == sorted(ANYBODY | RECEIPT | SENT_RECEIPT | CODE | SECRET | SIGNATURE)


@pytest.mark.parametrize("address", sorted(RECEIPT))
def test_a_mailbox_opens_to_whoever_showed_its_receipt_alone(address: str, db: None) -> None:
    """Without a receipt, every address redirects to the receipt form."""
    answer = Client().get(f"/{address}")
    assert answer.status_code == 302
    assert answer["Location"] == "/follow/"


def test_a_link_that_nobody_sent_opens_nothing(db: None) -> None:
    """Neither with nor without a code; guessing is slowed."""
    client = Client()
    assert {client.get("/referral/salah/").status_code, client.post("/referral/salah/", {"code": "A"}).status_code} == {
        404
    }


def test_a_hook_takes_nothing_without_a_signature(db: None) -> None:
    """An existing and an unknown platform get the same refusal."""
    answer = Client().post("/hooks/obrolan/", b"{}", content_type="application/json")
    assert answer.status_code in (401, 404)
