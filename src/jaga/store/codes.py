"""Receipts, appeal codes, API keys, and keyed hashes of personal data.

Each kind has its own key outside the database (`config.secret`), so a stolen copy of the tables opens nothing.

The keyed words of the search index (ADR 0084).

A copy of the database contains neither the words of reports nor the names of accounts: each is a keyed hash under the
key `search`, which lies outside the database. The indexer writes vectors of them, and a query is made of the same
hashes. A hash has no beginning, so the beginnings that can be searched (`mawa*`) are hashed as well.

Internal terms such as `=category:fraud` are stored as they are; no hash begins with "=".

Keyed hashes of what a watch read, and the cipher of what it keeps. The keys are those of `jaga.store.codes`.
"""

import base64
import hmac
import json
import re
import secrets
import unicodedata
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import blake2b

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from jaga.core.canonical import rfc3339
from jaga.core.locators import fold
from jaga.policy.release import jurisdiction
from jaga.store.key_store.store import Owner, seal, unseal
from jaga.store.key_store.tree import Erased

RECEIPT_DIGITS = 16
_TURNS = 10
_HALF: int = 10 ** (RECEIPT_DIGITS // 2)
_NUMBERS, _RANDOM = 10**9, 10**7
_IDENTITY_BLOCK = 256
IDENTITY_COLUMN = "records_reporteridentity.sealed"
_REFERRAL_BLOCK = 1024
_APPEAL_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # Without 0/O and 1/I, since people type them from a phone.


def _secret(purpose: str) -> bytes:
    key: bytes = settings.JAGA_SECRET(purpose)
    return key


def keyed_hash(purpose: str, material: str) -> bytes:
    """HMAC-SHA-256 of the material, 32 bytes, under the key of this purpose (`config.secret`)."""
    return hmac.digest(_secret(purpose), material.encode("utf-8", "surrogatepass"), "sha256")


def _all_keyed(purpose: str, materials: Iterable[str]) -> list[bytes]:
    """`keyed_hash` of many: the key is looked up once."""
    key = _secret(purpose)
    return [hmac.digest(key, material.encode("utf-8", "surrogatepass"), "sha256") for material in materials]


def new_receipt(number: int) -> str:
    """A new receipt for this report number: 16 digits, about 53 bits, shown once.

    It is the number and seven random digits, encrypted, so a receipt whose report was lost in a restore is recognised
    (`number_in_receipt`, ADR 0069). Without the key it looks like 16 random digits.
    """
    return _enciphered(number % _NUMBERS * _RANDOM + secrets.randbelow(_RANDOM))


def number_in_receipt(code: str) -> int | None:
    """The report number in a receipt. Any other 16 digits yield an arbitrary number; other lengths None."""
    digits = digits_of(code)
    return _deciphered(digits) // _RANDOM if len(digits) == RECEIPT_DIGITS else None


def _enciphered(value: int) -> str:
    key = _secret("receipts")
    left, right = divmod(value, _HALF)
    for turn in range(_TURNS):
        left, right = right, (left + _turned(key, turn, right)) % _HALF
    return f"{left:0{RECEIPT_DIGITS // 2}d}{right:0{RECEIPT_DIGITS // 2}d}"


def _deciphered(digits: str) -> int:
    key = _secret("receipts")
    left, right = divmod(int(digits), _HALF)
    for turn in reversed(range(_TURNS)):
        left, right = (right - _turned(key, turn, left)) % _HALF, left
    return left * _HALF + right


def _turned(key: bytes, turn: int, half: int) -> int:
    """One round of the cipher: a Feistel network as in NIST SP 800-38G with HMAC-SHA-256 as round function."""
    return int.from_bytes(hmac.digest(key, f"turn:{turn}:{half}".encode(), "sha256")[:16]) % _HALF


def digits_of(code: str) -> str:
    """The digits of a receipt as typed."""
    return re.sub(r"\D", "", code)


def receipt_hash(code: str) -> bytes:
    """The lookup hash of a receipt. Spaces and hyphens are ignored."""
    return keyed_hash("receipts", digits_of(code))


def appeal_code(decision_id: int | str) -> str:
    """The appeal code of a decision's statement: 20 characters in groups. Derived, so it is never stored."""
    digest = keyed_hash("appeals", str(decision_id))
    letters = "".join(_APPEAL_ALPHABET[byte % 32] for byte in digest[:20])
    return "-".join(letters[i : i + 5] for i in range(0, 20, 5))


def hearing_code(hearing_id: int) -> str:
    """The code with which a holder answers a hearing; derived and looked up like an appeal code."""
    return appeal_code(f"hearing:{hearing_id}")


def appeal_hash(code: str) -> bytes:
    """The lookup hash of an appeal or hearing code."""
    return keyed_hash("appeal-hashes", re.sub(r"[^0-9A-Z]", "", code.upper()))


def new_request_code() -> str:
    """A new code for a request about one's own data: 20 characters in groups, about 100 bits, shown once."""
    letters = "".join(secrets.choice(_APPEAL_ALPHABET) for _ in range(20))
    return "-".join(letters[i : i + 5] for i in range(0, 20, 5))


def request_hash(code: str) -> bytes:
    """The lookup hash of a request's code. An appeal code never has the same."""
    return keyed_hash("appeal-hashes", "request:" + re.sub(r"[^0-9A-Z]", "", code.upper()))


def new_officer_key() -> str:
    """A new API key for an officer: 256 bits, shown once."""
    return f"jaga_{secrets.token_urlsafe(32)}"


def officer_key_hash(key: str) -> bytes:
    """The lookup hash of an officer's key."""
    return keyed_hash("officer-keys", key)


def new_invitation() -> str:
    """A new secret for a one-time invitation link: 256 bits, shown once."""
    return secrets.token_urlsafe(32)


def invitation_hash(secret: str) -> bytes:
    """The lookup hash of an invitation."""
    return keyed_hash("invitations", secret)


def source_key(material: str) -> bytes:
    """A keyed hash, equal for reports of one independent source; reveals nothing else without the key."""
    return keyed_hash("sources", material)


def network_key(network: str) -> bytes:
    """A keyed hash, equal for reports from one network; reveals nothing else without the key."""
    return keyed_hash("networks", network)


def contact_key(contact: str) -> bytes:
    """A keyed hash, equal for reports with one contact however it was written; reveals nothing else without the key."""
    return keyed_hash("contacts", normal_contact(contact))


def normal_contact(contact: str) -> str:
    """The canonical form of a contact, so one person counts as one source: lower case, phone numbers with the
    jurisdiction's country code.
    """
    if "@" in contact:
        return contact.casefold().replace(" ", "")
    digits = re.sub(r"\D", "", contact)
    if len(digits) < 6:
        return contact.casefold().strip()
    return f"+{jurisdiction().international(digits)}"


def person_search_hash(text: str) -> bytes:
    """A keyed hash of what somebody searches the whole database for, in whatever letters."""
    return keyed_hash("search", f"person:{fold(text)}")


def guess_key(limit: str, value: str) -> bytes:
    """A keyed hash under which failed attempts are counted together; hides address and name."""
    return keyed_hash("clients", f"{limit}:{value}")


def indicator_key(value: str) -> bytes:
    """A keyed hash, equal for the same trace of two accounts; reveals nothing else without the key."""
    return keyed_hash("indicators", value)


def indicator_keys(values: Iterable[str]) -> list[bytes]:
    """`indicator_key` of many values."""
    return _all_keyed("indicators", values)


def short_key(key: bytes) -> int:
    """The first 64 bits of a keyed hash as a signed number, where very many are compared."""
    return int.from_bytes(key[:8], signed=True)


def keys_of_short(number: int) -> tuple[bytes, bytes]:
    """The least and the greatest 32-byte hash with this short key."""
    begins = number.to_bytes(8, signed=True)
    return begins + bytes(24), begins + b"\xff" * 24


def cluster_keys(numbers: Iterable[int]) -> list[int]:
    """`cluster_key` of many numbers."""
    return [int.from_bytes(key[:8], signed=True) for key in _all_keyed("clusters", map(str, numbers))]


def cluster_same(values: Sequence[int]) -> bytes:
    """A keyed hash, equal for texts with the same signature; reveals nothing about them without the key."""
    return keyed_hash("clusters", ",".join(map(str, values)))


def source_mark(value: str) -> bytes:
    """A keyed 16-byte hash that identifies a source within a case."""
    return keyed_hash("voices", value)[:16]


def lot(material: str) -> float:
    """A keyed pseudo-random number in [0, 1): unpredictable without the key, reproducible with it."""
    return int.from_bytes(keyed_hash("lots", material)[:6]) / 2**48


def commitment(material: bytes) -> str:
    """A keyed commitment (hex) to something that must stay sealed, such as a first vote."""
    return keyed_hash("commitments", material.hex()).hex()


def cipher(purpose: str) -> Fernet:
    """The cipher under the key of this purpose."""
    return Fernet(base64.urlsafe_b64encode(settings.JAGA_SECRET(purpose)))


def seal_secret(secret: str) -> bytes:
    """Encrypt a secret under a key outside the database."""
    return cipher("secrets").encrypt(secret.encode())


def open_secret(sealed: bytes) -> str:
    """Decrypt what `seal_secret` encrypted. Raises cryptography's InvalidToken for anything else."""
    return cipher("secrets").decrypt(bytes(sealed)).decode()


def form_hash(material: str) -> bytes:
    """The hash that identifies a submitted form; equal only for the same form from the same browser."""
    return keyed_hash("secrets", f"form:{material}")


def form_box(material: str) -> Fernet:
    """The cipher for the stored answer to a form.

    `material` comes from the sender's browser, so Jaga's own keys cannot decrypt it.
    """
    return Fernet(base64.urlsafe_b64encode(keyed_hash("secrets", f"form-box:{material}")))


def seal_raw(raw: bytes) -> bytes:
    """Encrypt unusable bytes received from a platform, under a key outside the database."""
    return cipher("secrets").encrypt(raw)


def open_raw(sealed: bytes) -> bytes:
    """Decrypt what `seal_raw` encrypted. Raises cryptography's InvalidToken for anything else."""
    return cipher("secrets").decrypt(bytes(sealed))


def seal_identity(name: str, contact: str, owner: Owner) -> bytes:
    """Encrypt a reporter's name and contact under a separate key outside the database, and under the report's own.

    Padded to whole blocks, so the row does not reveal the name's length.
    """
    plain = json.dumps([name, contact]).encode()
    token = cipher("identities").encrypt(plain.ljust(-(-len(plain) // _IDENTITY_BLOCK) * _IDENTITY_BLOCK))
    return seal(token.decode(), owner, IDENTITY_COLUMN).encode()


def unseal_identity(sealed: bytes) -> tuple[str, str]:
    """Decrypt the name and contact from `seal_identity`.

    Raises Erased; cryptography's InvalidToken for anything else.

    Call it only from `reporting.reads.reporter_identity`, which checks permission.
    """
    token = unseal(sealed.decode(), IDENTITY_COLUMN)
    if token.erased:
        raise Erased
    name, contact = json.loads(cipher("identities").decrypt(token.encode()))
    return name, contact


def seal_request(asked: Mapping[str, str]) -> bytes:
    """Encrypt what a person wrote in a request about their own data, padded to whole blocks."""
    plain = json.dumps(asked).encode()
    return cipher("identities").encrypt(plain.ljust(-(-len(plain) // _IDENTITY_BLOCK) * _IDENTITY_BLOCK))


def open_request(sealed: bytes) -> dict[str, str]:
    """Decrypt what `seal_request` encrypted. Raises cryptography's InvalidToken for anything else.

    Call it only from `privacy.reads.person_requests`, which checks permission, and `everywhere` beside it,
    which shows nobody what stands there.
    """
    asked: dict[str, str] = json.loads(cipher("identities").decrypt(bytes(sealed)))
    return asked


def seal_boxed(text: str) -> str:
    """Encrypt a text that belongs to no single case or report, padded to whole blocks (`store.sealed_text`)."""
    plain = json.dumps(text).encode()
    return cipher("identities").encrypt(plain.ljust(-(-len(plain) // _IDENTITY_BLOCK) * _IDENTITY_BLOCK)).decode()


def open_boxed(sealed: str) -> str:
    """Decrypt what `seal_boxed` encrypted. Raises cryptography's InvalidToken for anything else."""
    text: str = json.loads(cipher("identities").decrypt(sealed.encode()))
    return text


def seal_referral(message: Mapping[str, object]) -> bytes:
    """Encrypt the message for a referral's receiver under a separate key outside the database, padded to whole
    blocks.
    """
    plain = json.dumps(message).encode()
    return cipher("referrals").encrypt(plain.ljust(-(-len(plain) // _REFERRAL_BLOCK) * _REFERRAL_BLOCK))


def open_referral(sealed: bytes) -> dict[str, object]:
    """Decrypt what `seal_referral` encrypted.

    Raises cryptography's InvalidToken for anything else.

    Call it only from `referrals.reads`, which checks permission, and `privacy.reads.own_data`,
    which shows nobody what stands there.
    """
    message: dict[str, object] = json.loads(cipher("referrals").decrypt(bytes(sealed)))
    return message


def referral_secret(referral_id: int) -> str:
    """The 256-bit secret of a referral link. Derived, so a reminder can repeat it and no table stores it."""
    return base64.urlsafe_b64encode(keyed_hash("referral-links", f"link:{referral_id}")).decode().rstrip("=")


def referral_link_hash(secret: str) -> bytes:
    """The lookup hash of a referral link."""
    return keyed_hash("referral-links", f"hash:{secret}")


def referral_code(referral_id: int) -> str:
    """The code that unlocks a referral link: 8 characters in two groups, told by telephone and never mailed."""
    letters = "".join(_APPEAL_ALPHABET[byte % 32] for byte in keyed_hash("referral-links", f"code:{referral_id}")[:8])
    return f"{letters[:4]}-{letters[4:]}"


def is_referral_code(referral_id: int, typed: str) -> bool:
    """Whether the typed code is this referral's. Hyphens, spaces and case are ignored."""
    given, code = re.sub(r"[^0-9A-Z]", "", typed.upper()), referral_code(referral_id).replace("-", "")
    return hmac.compare_digest(given.encode(), code.encode())


def _visits() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.JAGA_SECRET("visits")))


def seal_visit(report_id: int, at: datetime) -> str:
    """An encrypted cookie token that opens one report's pages for a limited time. It contains no receipt."""
    return _visits().encrypt_at_time(str(report_id).encode(), int(at.timestamp())).decode()


def open_visit(token: str, at: datetime, seconds: int) -> int | None:
    """The report id in a token at most `seconds` old, or None for anything else."""
    try:
        return int(_visits().decrypt_at_time(token, seconds, int(at.timestamp())))
    except (InvalidToken, ValueError):
        return None


WORD_BEGINNINGS = range(3, 9)
"""Letters of a word's beginnings that are indexed. More letters cost little, fewer find too much."""
NAME_BEGINNINGS = range(2, 13)
"""Letters of the beginnings of an account's name; the name up to each sign (`_`, `:`) and the whole are indexed too."""
_BYTES, _CHARACTERS = 8, 10  # 60 of the 64 bits.
_SPACE = (_BYTES + 1) // 3 * 4
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MOST_POSITIONS = 16_383  # PostgreSQL's limit in a tsvector.
_MARKS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char).startswith("M"))
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")


def words_in(folded: str) -> list[str]:
    """The words of a folded text in their order: letters, digits and marks on them. All other signs separate."""
    return _WORD.findall(folded)


def vector(folded: str, names: Iterable[str], *, terms: Iterable[str] = (), hide_parts: bool = False) -> str:
    """The indexed vector of a case, as PostgreSQL reads a `tsvector`.

    `names` are folded names of accounts, `terms` internal ones such as `=channel:public`. With `hide_parts`, names are
    found only whole (a part may point at a victim).
    """
    places: dict[str, list[int]] = {}
    key = _key()  # Once: to ask for it takes longer than to hash a word.
    for place, word in enumerate(words_in(folded)[:_MOST_POSITIONS], 1):
        places.setdefault(word, []).append(place)
    written = [
        f"{lexeme}:{','.join(map(str, at))}"
        for lexeme, at in zip(_lexemes(b"word", places, key), places.values(), strict=True)
    ]
    bare = set(
        _lexemes(
            b"beginning", {word[:length] for word in places for length in WORD_BEGINNINGS if length < len(word)}, key
        )
    )
    for name in names:
        bare.update(_lexemes(b"name", [name] if hide_parts else _beginnings(name), key))
    return " ".join([*map(quoted, terms), *sorted(bare), *written])


def _beginnings(name: str) -> set[str]:
    signs = {place for place, char in enumerate(name) if not char.isalnum()}
    return {name[:length] for length in {*NAME_BEGINNINGS, *signs, len(name)}} - {""}


def word_numbers(folded: str) -> list[int]:
    """The distinct words of a folded text as keyed 32-bit numbers, sorted: to find texts of a few days by whole words.

    Two words rarely share a number, and their order is not kept.
    """
    key = _key()
    return sorted({_word_number(word, key) for word in words_in(folded)[:_MOST_POSITIONS]})


def _word_number(word: str, key: bytes) -> int:
    hashed = _hasher(key, b"number").copy()
    hashed.update(word.encode("utf-8", "surrogatepass"))
    return int.from_bytes(hashed.digest()[:4], signed=True)


def phrase(folded: str) -> str:
    """The `tsquery` of a folded word, or of several that follow each other; "" if there is no word in it."""
    return " <-> ".join(_lexeme(b"word", word) for word in words_in(folded))


def beginning(folded: str) -> str:
    """The `tsquery` of a word's folded beginning, with the words before it as a phrase; "" if no word is in it.

    Only beginnings of WORD_BEGINNINGS letters are indexed (`can_begin`).
    """
    *before, last = words_in(folded) or [""]
    if not last:
        return ""
    begins = f"({_lexeme(b'beginning', last)} | {_lexeme(b'word', last)})"
    return f"(({phrase(' '.join(before))}) & {begins})" if before else begins


def can_begin(folded: str) -> bool:
    """Whether the last word of a folded text is a beginning that is indexed."""
    return len((words_in(folded) or [""])[-1]) in WORD_BEGINNINGS


def named(name: str) -> str:
    """The `tsquery` of an account's folded name or of its beginning."""
    return _lexeme(b"name", name)


def quoted(lexeme: str) -> str:
    """One internal term quoted for a `tsvector` or `tsquery`, whatever characters it contains."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _key() -> bytes:
    key: bytes = settings.JAGA_SECRET("search")
    return key


def _lexeme(kind: bytes, word: str) -> str:
    return _lexemes(kind, [word], _key())[0]


def _lexemes(kind: bytes, words: Iterable[str], key: bytes) -> list[str]:
    """The keyed hash of each word. All are written by one step, since that takes as long as hashing them."""
    begun, digests = _hasher(key, kind).copy, []
    for word in words:
        hashed = begun()
        hashed.update(word.encode("utf-8", "surrogatepass"))
        digests.append(hashed.digest())
    digests.append(b"")
    # With a byte more for each, its characters are as many as four for three bytes, and the first ones are the same.
    text = b2a_base64(b"\0".join(digests), newline=False).translate(_URL_SAFE).decode()
    return [f"'{text[at : at + _CHARACTERS]}'" for at in range(0, len(text), _SPACE)]


@cache
def _hasher(key: bytes, kind: bytes) -> "blake2b":
    """The state of the hash after the key, which is most of its work."""
    return blake2b(digest_size=_BYTES, key=key, person=kind)


_BLOCK = 256  # bytes


def observed_key(platform: str, native_id: str) -> bytes:
    """A keyed hash, equal for the same text of a platform by its id there; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["observed", platform, native_id]))


def content_key(text: str, media_hashes: Sequence[str]) -> bytes:
    """A keyed hash, equal for the same text with the same media; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["content", text, list(media_hashes)]))


def origin_key(platform: str, account_id: str, surface: str, at: datetime) -> bytes:
    """A keyed hash, equal for what one account published at one moment in one place; reveals nothing else without the
    key."""
    return keyed_hash("indicators", json.dumps(["origin", platform, account_id, surface, rfc3339(at)]))


def account_key(platform: str, account_id: str) -> bytes:
    """A keyed hash, equal for the same account; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["account", platform, account_id]))


def same_words_number(platform: str, category: str, text: str, contacts: Iterable[str], media: Iterable[str]) -> int:
    """The first 64 bits of a keyed hash, equal for texts of a platform and category with the same letters, contacts and
    media, whatever digits, signs and spaces stand between; reveals nothing else without the key.
    """
    letters = "".join(filter(str.isalpha, fold(text))) or text
    return short_key(
        keyed_hash(
            "indicators", json.dumps(["same words", platform, category, letters, sorted(contacts), sorted(media)])
        )
    )


def seal_observed(observed: Mapping[str, str]) -> bytes:
    """Encrypt what a watch keeps of a public text, under a key outside the database, padded to whole blocks."""
    plain = json.dumps(observed).encode()
    return cipher("identities").encrypt(plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK))


def open_observed(sealed: bytes) -> dict[str, str]:
    """Decrypt what `seal_observed` encrypted. Raises cryptography's InvalidToken for anything else.

    Call it only from `watch.reads.lookups`, which checks permission, and `privacy.reads.own_data`
    and `watch.reads.people_sample`, which show nobody what stands there.
    """
    observed: dict[str, str] = json.loads(cipher("identities").decrypt(bytes(sealed)))
    return observed
