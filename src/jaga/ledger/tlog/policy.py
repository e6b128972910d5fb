"""Trust policies (c2sp.org/tlog-policy): which logs count, and which witnesses must have cosigned.

The file has lines `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME all|any|K MEMBER…` and one `quorum NAME`.
`quorum none` asks for no witness.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jaga.ledger.keys import BadKey, BadSignature
from jaga.ledger.tlog.errors import BadFormat, NotWitnessed
from jaga.ledger.tlog.heads import OpenedCheckpoint, open_checkpoint
from jaga.ledger.tlog.notes import NoteVerifier, SignatureAlgorithm

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
        raise _bad("it is too long, has control characters, or its last line has no end")
    reader = _Reader()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):  # names are opaque bytes
        words = re.findall(r"[^ \t]+", line)
        if words and not words[0].startswith("#"):
            reader.read(number, words)
    if reader.quorum is None:
        raise _bad("it has no line “quorum”")
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
            raise _bad(f"line {number}: {wrong}") from None

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


def _bad(why: str) -> BadFormat:
    return BadFormat(what="policy", why=why)
