"""The sealed export for the police: a folder anyone can verify, with `jaga` or with common tools.

    manifest.json      what is in it, canonical JSON        manifest.sig    Ed25519 over manifest.json's bytes
    ledger.json        the case's ledger entries, proved    public-key.pem  the key, for convenience, never for trust
    evidence/…         the sealed originals                 SHA256SUMS      for `sha256sum -c`
    proofs/…           proofs from the published log        ledger-policy.txt  its logs and witnesses
    README.txt         how to verify, in two languages

`exchange` may not import the ledger, so callers pass in `write_extract` and `check_extract` of `jaga.ledger.extract`.
`check_ledger` has no default, so no package passes with its ledger unchecked.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from jaga.core.errors import N_, Conflict
from jaga.exchange.folder import digest, open_regular, walk
from jaga.exchange.manifest import FileRecord, Heading, read_files, write_manifest
from jaga.exchange.paths import UnsafePath, is_safe, require_safe
from jaga.exchange.readme import README

MANIFEST, SIGNATURE, SUMS = "manifest.json", "manifest.sig", "SHA256SUMS"
LEDGER, KEY, README_FILE = "ledger.json", "public-key.pem", "README.txt"
_UNLISTED = frozenset({MANIFEST, SIGNATURE, SUMS})
_LISTED = frozenset({LEDGER, KEY, README_FILE})
POLICY, PROOFS = "ledger-policy.txt", "proofs/"
_SMALL = 256 * 1024 * 1024  # No manifest or ledger extract is that large; protects memory against a bomb.
_LEFT_SECONDS = 3600
_KEEP = N_("Keep the folder as it is, do not rely on it, and ask whoever made it for a new one.")


class Signer(Protocol):
    """The signing key: `jaga.ledger.keys.LedgerSigningKey`."""

    def sign(self, message: bytes, /) -> bytes:
        """A 64-byte Ed25519 signature."""

    def public_pem(self) -> bytes:
        """The public key as PEM."""


class Finding(Protocol):
    """A result of the ledger check: `jaga.ledger.verify.LedgerProblem`."""

    @property
    def sentence(self) -> str:
        """The msgid of the fault."""

    @property
    def remedy(self) -> str:
        """The msgid of the remedy."""

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of both."""


LedgerCheck = Callable[[bytes, bytes], Iterable[Finding]]
"""Checks ledger.json against the public key in PEM: `jaga.ledger.extract.check_extract`."""


@dataclass(frozen=True)
class EvidenceFile:
    """One sealed original. `path` starts with `evidence/`; `content` is its bytes or a regular file."""

    path: str
    media_type: str
    content: bytes | Path
    source: str


@dataclass(frozen=True)
class PackageProblem:
    """A fault in one file. `sentence` and `remedy` are msgids with `params`."""

    path: str
    sentence: str
    remedy: str = _KEEP
    params: Mapping[str, object] = field(default_factory=dict)

    def english(self) -> str:
        """Path and both sentences in English, for the command line."""
        sentence = self.sentence % self.params if self.params else self.sentence
        return f"{ascii(self.path)[1:-1]}: {sentence} {self.remedy}"


def fingerprint(public_pem: bytes) -> str:
    """SHA-256 of the public key file, for comparison by telephone or with the installation's site."""
    return sha256(public_pem).hexdigest()


def write_package(
    folder: Path,
    heading: Heading,
    evidence: Iterable[EvidenceFile],
    ledger: bytes,
    *,
    published: Mapping[str, bytes] | None = None,
    signer: Signer,
) -> str:
    """Write the sealed folder atomically; returns the manifest's SHA-256 (for the ledger and the letter).

    `published` has proofs from the published log by their names (`17.tlog-proof`) and the policy (`POLICY`).

    Readable only by this process's user. Raises Conflict if `folder` exists, UnsafePath for a name that leaves it or
    collides, NotCanonical, and OSError (disk full); then nothing is left behind.
    """
    if folder.exists() or folder.is_symlink():
        raise Conflict(
            N_("There is already something at the place of the export."),
            N_("Choose another folder; an export is never overwritten."),
            code="export_exists",
        )
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        manifest_sha256 = _fill(partial, heading, evidence, ledger, published or {}, signer)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial)
        raise
    return manifest_sha256


def sweep_partial(exports: Path) -> int:
    """Delete exports left unfinished by a killed process an hour after their last write, since they contain evidence.

    Returns how many.
    """
    left = [path for path in exports.glob(".*") if path.is_dir() and path.stat().st_mtime < time.time() - _LEFT_SECONDS]
    for path in left:
        shutil.rmtree(path)
    return len(left)


def _fill(
    folder: Path,
    heading: Heading,
    evidence: Iterable[EvidenceFile],
    ledger: bytes,
    published: Mapping[str, bytes],
    signer: Signer,
) -> str:
    pem = signer.public_pem()
    readme = README.replace("{fingerprint}", fingerprint(pem)).encode()
    files: dict[str, FileRecord] = {}
    for item in (
        *_below_evidence(evidence),
        EvidenceFile(LEDGER, "application/json", ledger, "ledger"),
        *(
            EvidenceFile(name if name == POLICY else f"{PROOFS}{name}", "text/plain; charset=utf-8", content, "ledger")
            for name, content in published.items()
        ),
        EvidenceFile(KEY, "application/x-pem-file", pem, "installation"),
        EvidenceFile(README_FILE, "text/plain; charset=utf-8", readme, "jaga"),
    ):
        if item.path.casefold() in files:  # The same file on case-insensitive systems.
            raise UnsafePath(path=ascii(item.path))
        _write(folder / item.path, item.content)
        files[item.path.casefold()] = FileRecord(
            item.path, item.media_type, (folder / item.path).stat().st_size, digest(folder / item.path), item.source
        )
    manifest = write_manifest(heading, tuple(files.values()), fingerprint(pem))
    signature = signer.sign(manifest)
    _write(folder / MANIFEST, manifest)
    _write(folder / SIGNATURE, signature)
    _write(folder / SUMS, _sums(files.values(), manifest, signature))
    return sha256(manifest).hexdigest()


def _below_evidence(evidence: Iterable[EvidenceFile]) -> Iterator[EvidenceFile]:
    for item in evidence:
        if not require_safe(item.path).startswith("evidence/"):
            raise UnsafePath(path=ascii(item.path))
        yield item


def _write(target: Path, content: bytes | Path) -> None:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):  # `evidence/a` is a file and `evidence/a/b` was requested.
        raise UnsafePath(path=ascii(target.name)) from None
    with target.open("xb") as out:
        if isinstance(content, bytes):
            out.write(content)
        else:
            with open_regular(content) as original:
                shutil.copyfileobj(original, out)
        out.flush()
        os.fsync(out.fileno())
    target.chmod(0o600)


def _sums(files: Iterable[FileRecord], manifest: bytes, signature: bytes) -> bytes:
    """Content of SHA256SUMS: every file but itself, sorted by path."""
    digests = {file.path: file.sha256 for file in files}
    digests |= {MANIFEST: sha256(manifest).hexdigest(), SIGNATURE: sha256(signature).hexdigest()}
    return "".join(f"{value}  {path}\n" for path, value in sorted(digests.items())).encode("utf-8", "replace")


def verify_package(folder: Path, *, trusted_pem: bytes | None, check_ledger: LedgerCheck) -> list[PackageProblem]:
    """All faults of a package; an empty list means it is complete and signed by the key.

    `trusted_pem` is the installation's public key from another source than the package. With None the package's own key
    is used, which proves integrity but not origin. Read-only; faults do not raise, but OSError if the folder cannot be
    read at all.
    """
    names = dict(walk(folder))
    problems = [
        PackageProblem(path, N_("This is a link, an empty folder or a device, which no package holds."))
        for path, regular in names.items()
        if not regular
    ]
    present = {path for path, regular in names.items() if regular}
    absent = sorted((_UNLISTED | _LISTED) - present)
    too_large = [path for path in sorted(present & (_UNLISTED | _LISTED)) if (folder / path).stat().st_size > _SMALL]
    problems += [PackageProblem(path, N_("This file is missing.")) for path in absent]
    problems += [PackageProblem(path, N_("This file is larger than any that Jaga writes.")) for path in too_large]
    if absent or too_large:
        return problems
    read = {path: (folder / path).read_bytes() for path in (MANIFEST, SIGNATURE, SUMS, LEDGER, KEY)}
    try:
        records = read_files(read[MANIFEST])
    except ValueError:
        return [*problems, PackageProblem(MANIFEST, N_("The manifest is damaged or not in the form that Jaga writes."))]
    pem = read[KEY] if trusted_pem is None else trusted_pem
    problems += _signature(read[MANIFEST], read[SIGNATURE], pem)
    if read[KEY] != pem:
        problems.append(PackageProblem(KEY, N_("The key in the folder is not the one that you trust.")))
    if read[SUMS] != _sums(records, read[MANIFEST], read[SIGNATURE]):
        problems.append(PackageProblem(SUMS, N_("The list of checksums does not fit the manifest.")))
    problems += _files(folder, records, present)
    problems += [
        PackageProblem(LEDGER, item.sentence, item.remedy, item.params) for item in check_ledger(read[LEDGER], pem)
    ]
    return problems


def _signature(manifest: bytes, signature: bytes, pem: bytes) -> Iterator[PackageProblem]:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):  # The second for a key type that one changed byte can name.
        key = None
    if not isinstance(key, Ed25519PublicKey):
        yield PackageProblem(KEY, N_("This is not an Ed25519 public key."))
        return
    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        yield PackageProblem(
            SIGNATURE, N_("The signature does not fit the manifest: one of them was changed, or another key made it.")
        )


def _files(folder: Path, records: tuple[FileRecord, ...], present: set[str]) -> Iterator[PackageProblem]:
    listed = [record.path for record in records]
    for path in sorted(present - set(listed) - _UNLISTED):
        yield PackageProblem(path, N_("This file is not in the manifest: it was added later."))
    for path in sorted(_LISTED - set(listed)):
        yield PackageProblem(path, N_("The manifest does not list this file."))
    if len({path.casefold() for path in listed}) != len(listed):
        yield PackageProblem(MANIFEST, N_("The manifest lists a file twice."))
    for record in records:
        if not is_safe(record.path) or record.path in _UNLISTED:
            yield PackageProblem(record.path, N_("The manifest names a file that no package may hold."))
        elif record.path not in present:
            yield PackageProblem(record.path, N_("This file is missing."))
        elif (folder / record.path).stat().st_size != record.size or digest(folder / record.path) != record.sha256:
            yield PackageProblem(record.path, N_("This file was changed."))
