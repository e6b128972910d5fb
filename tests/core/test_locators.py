"""From what people paste to a platform's own account id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.locators import parse_account


@pytest.mark.parametrize("pasted", [
    "mawar", "@mawar", "@mawar:localhost", " @Mawar:LOCALHOST ", "https://matrix.to/#/@mawar:localhost",
    "https://matrix.to/#/%40mawar%3Alocalhost?via=x", "matrix:u/mawar:localhost",
])
def test_one_matrix_account_has_one_id(pasted: str) -> None:
    """However it is pasted, reports on one account meet."""
    assert parse_account("synapse", "localhost", pasted) == "@mawar:localhost"


@pytest.mark.parametrize("pasted", ["mawar", "Mawar@localhost", "xmpp:mawar@localhost?chat", "mawar@localhost/phone"])
def test_one_xmpp_account_has_one_id(pasted: str) -> None:
    """The same for XMPP addresses."""
    assert parse_account("prosody", "localhost", pasted) == "mawar@localhost"


@pytest.mark.parametrize(("adapter", "pasted"), [
    ("synapse", "@mawar:elsewhere"), ("synapse", ""), ("synapse", "@ma war:localhost"), ("synapse", "a" * 300),
    ("synapse", "@mawar\x00:localhost"), ("prosody", "mawar@elsewhere"), ("other", "two words"), ("other", "\x1b[0m"),
])
def test_what_cannot_be_an_account_here_is_none(adapter: str, pasted: str) -> None:
    """Another server's account, and what is no account at all, is refused."""
    assert parse_account(adapter, "localhost", pasted) is None


@given(st.sampled_from(["synapse", "prosody", "other"]), st.text(max_size=300))
def test_an_id_parses_to_itself(adapter: str, pasted: str) -> None:
    """Whatever was pasted: no exception, and an accepted id stays the same when pasted again."""
    found = parse_account(adapter, "localhost", pasted)
    assert found is None or parse_account(adapter, "localhost", found) == found
