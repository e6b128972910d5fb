"""Trust policies (c2sp.org/tlog-policy): which logs count, and which witnesses must have cosigned.

The file has lines `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME all|any|K MEMBER…` and one `quorum NAME`.
`quorum none` asks for no witness.

Checkpoints (c2sp.org/tlog-checkpoint): signed heads of a log, which witnesses cosign.

The text has three lines: the log's origin, the number of leaves, the root in base64. Extension lines are refused,
because witnesses say nothing about them. So the checkpoints of the hash chain (`ledger.checkpoints`) are none of these.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from jaga.ledger.keys import BadKey, BadSignature
from jaga.ledger.tlog.merkle import HASH_BYTES, LARGEST_SIZE
from jaga.ledger.tlog.notes import (
    BadFormat,
    NoteSigner,
    NoteVerifier,
    NotWitnessed,
    SignatureAlgorithm,
    SignedNote,
    check_note,
    is_key_name,
    parse_note,
    read_base64,
    sign_note,
)

NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class TreeHead:
    """A log at a moment: `origin` names it, `size` counts its leaves, `root` is 32 bytes. Raises BadFormat."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.origin) or not 0 <= self.size <= LARGEST_SIZE or len(self.root) != HASH_BYTES:
            raise _bad_of_heads("it needs an origin without spaces, a size below 2^63 and a root of 32 bytes")

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the output of `text`. Raises BadFormat."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise _bad_of_heads("its text does not have exactly three lines; extension lines are not accepted")
        origin, size, root = lines[:3]
        if not NUMBER.fullmatch(size):
            raise _bad_of_heads("its size is not a decimal number without leading zeroes")
        try:
            return cls(origin, int(size), read_base64(root))
        except ValueError:
            raise _bad_of_heads("its root is not base64") from None


@dataclass(frozen=True)
class OpenedCheckpoint:
    """A checkpoint whose log has signed it; `cosigned` has the seconds since 1970 of each valid cosignature."""

    head: TreeHead
    log: NoteVerifier
    cosigned: Mapping[NoteVerifier, int]


def sign_checkpoint(head: TreeHead, log: NoteSigner) -> bytes:
    """The signed note. Sign no head that is not consistent with every one signed before."""
    if log.name != head.origin or log.algorithm is not SignatureAlgorithm.ED25519:
        raise ValueError("the log's key has the log's origin as its name, and signs without a time")
    return sign_note(head.text, log)


def cosign(checkpoint: bytes, witness: NoteSigner, at: int) -> bytes:
    """The checkpoint with one more cosignature, made at `at` (seconds since 1970).

    A witness must first have checked the log's signature, and that the log grew from the head that it cosigned last.
    Raises BadFormat if it has cosigned this already.
    """
    note = parse_note(checkpoint)
    TreeHead.from_text(note.text)
    line = witness.sign(note.text, at)
    if any((one.name, one.key_id) == (line.name, line.key_id) for one in note.signatures):
        raise _bad_of_heads(f"{line.name} has signed it already")
    return SignedNote(note.text, (*note.signatures, line)).encode()


def open_checkpoint(
    checkpoint: bytes, log: NoteVerifier, *more: NoteVerifier, witnesses: Iterable[NoteVerifier] = ()
) -> OpenedCheckpoint:
    """Read a checkpoint and check all signatures of known keys. Any one of the given logs must have signed it.

    Raises BadFormat, BadSignature.
    """
    note = parse_note(checkpoint)
    head = TreeHead.from_text(note.text)
    signed = check_note(note, [log, *more, *witnesses])
    signer = next((one for one in (log, *more) if one in signed and one.name == head.origin), None)
    if signer is None:
        raise BadSignature
    return OpenedCheckpoint(head, signer, {key: time for key, time in signed.items() if time is not None})


def _bad_of_heads(why: str) -> BadFormat:
    return BadFormat(what="checkpoint", why=why)


NONE = "none"
LARGEST_POLICY = 1_000_000
_THRESHOLD = re.compile(r"[1-9][0-9]{0,8}")
_FORBIDDEN = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")


@dataclass(frozen=True)
class WitnessGroup:
    """A group counts as a witness if `threshold` of its members (witnesses or groups) do."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Logs and witnesses that are known, and the name of the witness or group that must have cosigned.

    `urls` are the addresses that the file gives to some of the keys. `groups` come in an order in which each follows
    its members.
    """

    logs: tuple[NoteVerifier, ...]
    witnesses: Mapping[str, NoteVerifier]
    groups: Mapping[str, WitnessGroup]
    quorum: str
    urls: Mapping[NoteVerifier, str] = field(default_factory=dict)

    def check(self, checkpoint: bytes) -> OpenedCheckpoint:
        """The checkpoint, if a log of the policy signed it and the quorum cosigned it.

        Times of cosignatures are returned, not judged. Raises BadFormat, BadSignature, NotWitnessed.
        """
        if not self.logs:
            raise BadSignature
        opened = open_checkpoint(checkpoint, *self.logs, witnesses=self.witnesses.values())
        if not self.has_quorum(opened):
            raise NotWitnessed
        return opened

    def has_quorum(self, opened: OpenedCheckpoint) -> bool:
        """Whether enough witnesses have cosigned."""
        counted = {name for name, key in self.witnesses.items() if key in opened.cosigned} | {NONE}
        for name, group in self.groups.items():
            if sum(member in counted for member in group.members) >= group.threshold:
                counted.add(name)
        return self.quorum in counted


def parse_policy(data: bytes) -> Policy:
    """Read a policy file. Raises BadFormat with the number of the first wrong line."""
    if len(data) > LARGEST_POLICY or _FORBIDDEN.search(data) or (data and not data.endswith(b"\n")):
        raise _bad_of_policy("it is too long, has control characters, or its last line has no end")
    reader = _Reader()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):  # names are opaque bytes
        words = re.findall(r"[^ \t]+", line)
        if words and not words[0].startswith("#"):
            reader.read(number, words)
    if reader.quorum is None:
        raise _bad_of_policy("it has no line “quorum”")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum, reader.urls)


def format_policy(policy: Policy) -> bytes:
    """The policy as a file."""

    def addressed(key: NoteVerifier) -> str:
        return " ".join([key.vkey, *filter(None, [policy.urls.get(key)])])

    lines = [
        *(f"log {addressed(key)}" for key in policy.logs),
        *(f"witness {name} {addressed(key)}" for name, key in policy.witnesses.items()),
        *(f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in policy.groups.items()),
        f"quorum {policy.quorum}",
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


class _Reader:
    def __init__(self) -> None:
        self.logs: list[NoteVerifier] = []
        self.witnesses: dict[str, NoteVerifier] = {}
        self.groups: dict[str, WitnessGroup] = {}
        self.urls: dict[NoteVerifier, str] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def read(self, number: int, words: list[str]) -> None:
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        kind = kinds.get(words[0])
        try:
            if kind is None:
                raise _Wrong("it begins with none of log, witness, group, quorum")
            kind(words[1:])
        except _Wrong as wrong:
            raise _bad_of_policy(f"line {number}: {wrong}") from None

    def _log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise _Wrong("a log has a key and at most one address")
        key = self._key(words, SignatureAlgorithm.ED25519)
        if any(key.key == other.key for other in self.logs):
            raise _Wrong("this key stands there twice")
        self.logs.append(key)

    def _witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise _Wrong("a witness has a name, a key and at most one address")
        key = self._key(words[1:], SignatureAlgorithm.COSIGNATURE_V1)
        if any(key.key == other.key for other in self.witnesses.values()):
            raise _Wrong("this key stands there twice")
        self.witnesses[self._new_name(words[0])] = key

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise _Wrong("a group has a name, a threshold and at least one member")
        name, threshold, *members = words
        for member in members:
            if not self._is_defined(member):
                raise _Wrong(f"{member!r} is not defined above")
            if member in self._members:
                raise _Wrong(f"{member!r} is a member already")
            self._members.add(member)
        if threshold in ("all", "any"):
            needed = len(members) if threshold == "all" else 1
        elif _THRESHOLD.fullmatch(threshold) and int(threshold) <= len(members):
            needed = int(threshold)
        else:
            raise _Wrong("the threshold is all, any, or a number from 1 to that of the members")
        self.groups[self._new_name(name)] = WitnessGroup(needed, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if self.quorum is not None or len(words) != 1:
            raise _Wrong("there is one quorum, with one name")
        if words[0] != NONE and not self._is_defined(words[0]):
            raise _Wrong(f"{words[0]!r} is not defined above")
        self.quorum = words[0]

    def _key(self, words: list[str], algorithm: SignatureAlgorithm) -> NoteVerifier:
        try:
            key = NoteVerifier.from_vkey(words[0])
        except BadKey:
            raise _Wrong("the key is not a vkey with Ed25519") from None
        if key.algorithm is not algorithm:
            raise _Wrong(f"the key's algorithm must be {algorithm.value} here")
        if len(words) == 2:
            self.urls[key] = words[1]
        return key

    def _new_name(self, name: str) -> str:
        if name == NONE or self._is_defined(name):
            raise _Wrong(f"the name {name!r} is taken")
        return name

    def _is_defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups


class _Wrong(Exception):
    """A line that is not as it must be."""


def _bad_of_policy(why: str) -> BadFormat:
    return BadFormat(what="policy", why=why)
