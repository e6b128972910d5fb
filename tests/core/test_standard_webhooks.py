"""Standard Webhooks: a signed message is accepted unchanged, within five minutes, and nothing else is."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jaga.core.standard_webhooks import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    TOLERANCE,
    ForgedHook,
    HookKeyInvalid,
    MalformedHook,
    PrivateKey,
    SharedSecret,
    StaleHook,
    sign,
    signing_key,
    verify,
    verifying_key,
)

AT = datetime(2026, 3, 20, 4, 0, 0, tzinfo=UTC)
PRIVATE = PrivateKey(bytes(range(32)))
SECRET = SharedSecret(bytes(range(100, 132)))
PAIRS = [(PRIVATE, PRIVATE.public), (SECRET, SECRET)]
pairs = st.sampled_from(PAIRS)
ids = st.from_regex(r"[!-\-/-~]{1,40}", fullmatch=True)


@given(pairs, ids, st.binary(max_size=200), st.integers(-300, 300))
def test_what_was_signed_is_read_as_it_was(pair, identity: str, body: bytes, away: int) -> None:  # type: ignore[no-untyped-def]
    """Id, time and body are returned unchanged if the clocks differ by at most five minutes."""
    mine, theirs = pair
    hook = verify(theirs, sign(mine, identity, AT, body), body, now=AT + timedelta(seconds=away))
    assert (hook.id, hook.at, hook.body) == (identity, AT, body)


@given(pairs, st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_of_the_body_is_refused(pair, body: bytes, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    """One bit is enough."""
    mine, theirs = pair
    headers = sign(mine, "P000001", AT, body)
    place = data.draw(st.integers(0, len(body) - 1))
    changed = bytearray(body)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ForgedHook):
        verify(theirs, headers, bytes(changed), now=AT)
    for other in (body + b" ", body[:-1], b""):
        with pytest.raises(ForgedHook):
            verify(theirs, headers, other, now=AT)


@given(pairs, st.sampled_from([ID, TIMESTAMP, SIGNATURE]), st.data())
def test_any_changed_character_of_a_header_is_refused(pair, name: str, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    """Even if base64 would spell the same bytes differently."""
    mine, theirs = pair
    headers = sign(mine, "P000001", AT, b"{}")
    place = data.draw(st.integers(0, len(headers[name]) - 1))
    other = data.draw(st.characters(codec="latin-1"))
    assume(headers[name][place] != other)
    headers[name] = headers[name][:place] + other + headers[name][place + 1 :]
    with pytest.raises((ForgedHook, MalformedHook)):
        verify(theirs, headers, b"{}", now=AT)


@given(pairs, st.integers(int(TOLERANCE.total_seconds()) + 1, 10**9), st.sampled_from([-1, 1]))
def test_stale_and_future_messages_are_refused(pair, away: int, sense: int) -> None:  # type: ignore[no-untyped-def]
    """A replay is useless after five minutes, and nobody can sign in advance."""
    mine, theirs = pair
    with pytest.raises(StaleHook):
        verify(theirs, sign(mine, "P000001", AT, b"{}"), b"{}", now=AT + timedelta(seconds=away * sense))


@pytest.mark.parametrize("mine", [PRIVATE, SECRET])
def test_another_key_and_another_kind_of_key_are_refused(mine: PrivateKey | SharedSecret) -> None:
    """A public key is not a shared secret: it cannot be used to sign."""
    headers = sign(mine, "P000001", AT, b"{}")
    strangers = [
        PrivateKey.generate().public,
        SharedSecret(bytes(32)),
        SECRET if mine is PRIVATE else PRIVATE.public,
        SharedSecret(PRIVATE.public.raw),
    ]
    for stranger in strangers:
        with pytest.raises(ForgedHook):
            verify(stranger, headers, b"{}", now=AT)
    with pytest.raises(ForgedHook):
        verify([], headers, b"{}", now=AT)


def test_while_a_key_is_replaced_both_are_known_on_either_side() -> None:
    """With signatures of the old and new key a receiver that knows one accepts it; a receiver that knows both accepts
    either.
    """
    old, new = PRIVATE, PrivateKey.generate()
    both = sign([old, new], "P000001", AT, b"{}")
    assert both[SIGNATURE].count(" ") == 1
    for known in ([old.public], [new.public], [new.public, old.public]):
        assert verify(known, both, b"{}", now=AT).id == "P000001"
    assert verify([new.public, old.public], sign(old, "P000001", AT, b"{}"), b"{}", now=AT).id == "P000001"
    with pytest.raises(ForgedHook):
        verify([new.public], sign(old, "P000001", AT, b"{}"), b"{}", now=AT)


def test_headers_are_found_in_any_case_and_only_once() -> None:
    """Servers write header names in any case; two of the same name are refused."""
    headers = sign(PRIVATE, "P000001", AT, b"{}")
    assert verify(PRIVATE.public, {name.title(): value for name, value in headers.items()}, b"{}", now=AT)
    for name in headers:
        with pytest.raises(MalformedHook):
            verify(PRIVATE.public, {other: value for other, value in headers.items() if other != name}, b"{}", now=AT)
        with pytest.raises(MalformedHook):
            verify(PRIVATE.public, {**headers, name.upper(): headers[name]}, b"{}", now=AT)


def test_the_parts_of_a_message_cannot_be_shifted_into_each_other() -> None:
    """`a.1` + `2` + `x` and `a` + `1` + `2.x` would have the same signature, so an id contains no full stop."""
    with pytest.raises(MalformedHook):
        sign(PRIVATE, "a.1", AT, b"x")
    signed = PRIVATE.sign(b"a.1774000000.2.x")
    headers = {ID: "a.1774000000", TIMESTAMP: "2", SIGNATURE: f"v1a,{b64encode(signed).decode()}"}
    with pytest.raises(MalformedHook):
        verify(PRIVATE.public, headers, b"x", now=AT)


@pytest.mark.parametrize("seconds", ["", "-1", "+1", "1.0", "01", "1e9", " 1", "1_0", "١٢", "9" * 13, "nan"])
def test_a_timestamp_has_one_spelling(seconds: str) -> None:
    """A spelling that another program could read as another time is refused."""
    with pytest.raises(MalformedHook):
        verify(PRIVATE.public, {**sign(PRIVATE, "P1", AT, b""), TIMESTAMP: seconds}, b"", now=AT)


def test_keys_are_read_as_they_are_written_and_secrets_are_not_shown() -> None:
    """A private key has 32 or 64 bytes; its repr shows none of them."""
    for key in (PRIVATE, SECRET):
        assert signing_key(key.text()) == key
        assert key.text().partition("_")[2] not in repr(key)
    assert signing_key(f"whsk_{b64encode(PRIVATE.seed).decode()}") == PRIVATE
    assert verifying_key(PRIVATE.public.text()) == PRIVATE.public
    assert verifying_key(SECRET.text()) == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_AAAA",
        "whpk_AAAA",
        "whsk_AAAA",
        "whsk_####",
        "whpk_é",
        PRIVATE.public.text(),
        "rahasia",
        f"whsk_{b64encode(PRIVATE.seed + bytes(32)).decode()}",
        f"whsec_{b64encode(bytes(65)).decode()}",
    ],
)
def test_what_is_no_key_to_sign_with_is_refused_and_not_repeated(text: str) -> None:
    """The error may be logged, so it contains nothing of the text."""
    with pytest.raises(HookKeyInvalid) as raised:
        signing_key(text)
    secret = text.rpartition("_")[2]
    assert not secret or secret not in str(raised.value)


def test_a_private_key_is_refused_where_only_a_public_one_belongs() -> None:
    """The web process holds no secret, not even by mistake."""
    with pytest.raises(HookKeyInvalid):
        verifying_key(PRIVATE.text())


def test_the_published_vector_of_the_reference_library_fits() -> None:
    """Our result equals that of the reference implementation of Standard Webhooks for Python."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers[SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
