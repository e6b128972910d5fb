"""From what people paste to a platform's own account id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.locators import DID as DID_PATTERN
from jaga.core.locators import find_account, is_stable, parse_account


@pytest.mark.parametrize(
    "pasted",
    [
        "mawar",
        "@mawar",
        "@mawar:localhost",
        " @Mawar:LOCALHOST ",
        "https://matrix.to/#/@mawar:localhost",
        "https://matrix.to/#/%40mawar%3Alocalhost?via=x",
        "matrix:u/mawar:localhost",
    ],
)
def test_one_matrix_account_has_one_id(pasted: str) -> None:
    """Reports on one account meet, however it is pasted."""
    assert parse_account("synapse", "localhost", pasted) == "@mawar:localhost"


@pytest.mark.parametrize(
    "pasted",
    [
        "mawar",
        "@mawar",
        "Mawar@localhost",
        "xmpp:mawar@localhost?chat",
        "XMPP:mawar@localhost?message;body=hai",
        "mawar@localhost/phone",
        "xmpp:mawar%40localhost",
        "https://xmpp.link/#mawar@localhost",
        "https://conversations.im/i/mawar@localhost?omemo-sid-1=00",
        "\u2068mawar@localhost\u2069",
    ],
)
def test_one_xmpp_account_has_one_id(pasted: str) -> None:
    """The same for XMPP addresses."""
    assert parse_account("prosody", "localhost", pasted) == "mawar@localhost"


@pytest.mark.parametrize(
    ("adapter", "pasted"),
    [
        ("synapse", "@mawar:elsewhere"),
        ("synapse", ""),
        ("synapse", "@ma war:localhost"),
        ("synapse", "a" * 300),
        ("synapse", "@mawar\x00:localhost"),
        ("prosody", "mawar@elsewhere"),
        ("prosody", "https://localhost/mawar"),
        ("ejabberd", "xmpp:mawar@elsewhere"),
        ("other", "two words"),
        ("other", "\x1b[0m"),
        ("prosody", "http://["),
        ("other", "https://[x]/mawar"),
        ("atproto_pds", "https://a\u2100b/profile/rina.test"),
        ("ejabberd", "xmpp:mawar%00@localhost"),
        ("prosody", "mawar%0a"),
        ("other", "mawar\ud800"),
    ],
)
def test_what_cannot_be_an_account_here_is_none(adapter: str, pasted: str) -> None:
    """Another server's account, and text that is no account, are refused."""
    assert parse_account(adapter, "localhost", pasted) is None


@given(st.sampled_from(["synapse", "prosody", "other"]), st.text(max_size=300))
def test_an_id_parses_to_itself(adapter: str, pasted: str) -> None:
    """Whatever was pasted: no exception, and an accepted id stays the same when pasted again."""
    found = parse_account(adapter, "localhost", pasted)
    assert found is None or parse_account(adapter, "localhost", found) == found


DID = "did:plc:abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize("adapter", ["atproto_pds", "ozone"])
@pytest.mark.parametrize(
    "pasted",
    [
        DID,
        f"at://{DID}/app.bsky.feed.post/3k",
        f"https://bsky.app/profile/{DID}",
        f"https://bsky.app/profile/{DID}/post/3k",
    ],
)
def test_one_account_of_the_at_protocol_has_one_id(adapter: str, pasted: str) -> None:
    """Identifier, record address and link lead to the same DID."""
    assert parse_account(adapter, "pds.example", pasted) == DID


@pytest.mark.parametrize(
    "pasted",
    [
        "rina.test",
        "@Rina.test",
        "at://rina.test",
        "https://bsky.app/profile/rina.test",
        "https://pds.example/profile/rina.test?x=1",
        "https://bsky.app/profile/rina.test/post/3k",
        "\u202a@rina.test\u202c",
    ],
)
def test_a_handle_of_the_at_protocol_stays_a_handle(pasted: str) -> None:
    """Only its server knows whose it is; apps put invisible marks around a copied name."""
    assert parse_account("atproto_pds", "pds.example", pasted) == "rina.test"


@pytest.mark.parametrize(
    ("adapter", "name", "stable"),
    [
        ("atproto_pds", DID, True),
        ("ozone", "did:web:toko.test", True),
        ("ozone", "rina.test", False),
        ("atproto_pds", f"{DID}x", False),
        ("synapse", "@mawar:localhost", True),
        ("prosody", "mawar@localhost", True),
    ],
)
def test_what_can_pass_to_somebody_else_is_no_stable_id(adapter: str, name: str, stable: bool) -> None:
    """A handle of the AT Protocol can change owners; on Matrix and XMPP the name is the id."""
    assert is_stable(DID_PATTERN if adapter in ("atproto_pds", "ozone") else "", name) is stable


@pytest.mark.parametrize(
    "pasted",
    [
        "rina",
        "did:plc:short",
        "did:key:z6Mk",
        "https://bsky.app/",
        "a b.test",
        "-a.test",
        "rina.1",
        "did:web:",
        "did:plc:../../x",
    ],
)
def test_what_is_no_account_of_the_at_protocol_is_none(pasted: str) -> None:
    """A name without a domain, other identifiers, and pages that are no profile."""
    assert parse_account("atproto_pds", "pds.example", pasted) is None


@pytest.mark.parametrize(
    ("adapter", "pasted", "found"),
    [
        ("synapse", "Profil\n@mawar:localhost\nDaring", "@mawar:localhost"),
        ("synapse", "lihat https://matrix.to/#/@mawar:localhost, ya", "@mawar:localhost"),
        ("synapse", "mawar", "@mawar:localhost"),
        ("synapse", "akun mawar", None),
        ("synapse", "@mawar:localhost @melati:localhost", None),
        ("synapse", "@mawar:localhost lalu @mawar:localhost lagi", "@mawar:localhost"),
        ("synapse", "@mawar:elsewhere di sini", None),
        ("prosody", "Nama: Mawar\nmawar@localhost", "mawar@localhost"),
        ("atproto_pds", "Mawar\n@mawar.contoh.test\n12 pengikut", "mawar.contoh.test"),
        ("synapse", "x " * 600 + "@mawar:localhost", None),
    ],
)
def test_an_account_is_found_in_the_midst_of_other_words(adapter: str, pasted: str, found: str | None) -> None:
    """Only words marked as accounts are used, and only if there is one: nothing is guessed."""
    assert find_account(adapter, "localhost", pasted) == found


@given(st.text(max_size=300), st.sampled_from(["synapse", "prosody", "atproto_pds", "other"]))
def test_what_is_found_in_words_is_an_account(pasted: str, adapter: str) -> None:
    """Whatever was pasted, the result parses to itself again."""
    found = find_account(adapter, "localhost", pasted)
    assert found is None or parse_account(adapter, "localhost", found) == found
