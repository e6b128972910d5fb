"""The sealed export for the police: a folder anyone can verify, with `jaga` or with common tools.

    manifest.json      what is in it, canonical JSON        manifest.sig    Ed25519 over manifest.json's bytes
    ledger.json        the case's ledger entries, proved    public-key.pem  the key, for convenience, never for trust
    evidence/…         the sealed originals                 SHA256SUMS      for `sha256sum -c`
    proofs/…           proofs from the published log        ledger-policy.txt  its logs and witnesses
    README.txt         how to verify, in two languages

`exchange` may not import the ledger, so callers pass in `write_extract` and `check_extract` of `jaga.ledger.extract`.
`check_ledger` has no default, so no package passes with its ledger unchecked.

The manifest of a sealed export: its content, recipient, legal basis and each file's origin.

Which file names a package may contain: those that mean the same file on every system, inside the folder.

README.txt of a sealed export, Indonesian first, for readers who have never heard of Jaga.

Reads a folder from a stranger safely: follows no links, waits on no pipe, opens nothing outside it.
"""

import errno
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from jaga.core.canonical import canonical_json
from jaga.core.errors import N_, Conflict, JagaError

FORMAT = "jaga-package/1"


@dataclass(frozen=True)
class RequestReference:
    """The formal request the export answers: number, date, legal basis and authority."""

    number: str
    date: date
    legal_basis: str
    organisation: str


@dataclass(frozen=True)
class FileRecord:
    """One file in the folder. `source` is its origin; hashes are lower-case hexadecimal SHA-256."""

    path: str
    media_type: str
    size: int
    sha256: str
    source: str


@dataclass(frozen=True)
class Withheld:
    """Evidence disclosed only by its hash (victim-first cases), and why."""

    media_type: str
    size: int
    sha256: str
    source: str
    reason: str


@dataclass(frozen=True)
class Heading:
    """The manifest without its files. `made_by_role` and `made_by_reference` name no person to outsiders."""

    case_reference: str
    request: RequestReference
    made_by_role: str
    made_by_reference: str
    made_at: datetime
    withheld: tuple[Withheld, ...] = ()


def write_manifest(heading: Heading, files: tuple[FileRecord, ...], key_fingerprint: str) -> bytes:
    """The manifest as canonical JSON, files sorted by path. Raises NotCanonical for text with lone surrogates."""
    return canonical_json(
        {
            "format": FORMAT,
            "case": heading.case_reference,
            "request": asdict(heading.request),
            "made_by": {"role": heading.made_by_role, "reference": heading.made_by_reference},
            "made_at": heading.made_at,
            "key_fingerprint": key_fingerprint,
            "files": [asdict(file) for file in sorted(files, key=lambda file: file.path)],
            "withheld": [asdict(item) for item in heading.withheld],
        }
    )


def read_files(manifest: bytes) -> tuple[FileRecord, ...]:
    """The files a manifest lists, with types checked but nothing else trusted. Raises ValueError."""
    try:
        document = json.loads(manifest)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("not a manifest")
    files = document.get("files")
    if not isinstance(files, list):
        raise ValueError("a manifest without files")
    return tuple(_record(item) for item in files)


def _record(item: object) -> FileRecord:
    if not isinstance(item, Mapping) or item.keys() != set(FileRecord.__dataclass_fields__):
        raise ValueError("not a file's record")
    record = FileRecord(**item)
    texts = (record.path, record.media_type, record.sha256, record.source)
    if not all(isinstance(text, str) for text in texts) or type(record.size) is not int:
        raise ValueError("not a file's record")
    return record


_SEGMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_DEEPEST = 6


class UnsafePath(JagaError):
    """A file name that leaves the folder, or that some systems read differently; nothing was written."""

    code = "unsafe_path"
    status = 422
    sentence = N_("The file name %(path)s cannot be used in a package.")
    remedy = N_("Use letters, digits, dots, hyphens and underscores, with folders divided by a slash.")


def is_safe(path: str) -> bool:
    """Whether `path` is relative, stays below its folder and has no name that a common system treats specially."""
    segments = path.split("/")
    return len(segments) <= _DEEPEST and all(_SEGMENT.fullmatch(s) and not _DEVICE.fullmatch(s) for s in segments)


def require_safe(path: str) -> str:
    """`path` unchanged. Raises UnsafePath."""
    if not is_safe(path):
        raise UnsafePath(path=ascii(path[:200]))
    return path


README = """\
PAKET BUKTI TERSEGEL (JAGA)                                    English below

Folder ini berisi bukti dari satu kasus. Folder ini dibuat untuk menjawab
permintaan resmi. Nomor permintaan, tanggal, dan dasar hukumnya ada di
manifest.json. Jangan ubah apa pun di dalam folder ini.

Isi
  manifest.json    daftar semua berkas, asalnya, ukurannya, dan SHA-256-nya
  manifest.sig     tanda tangan Ed25519 atas manifest.json
  public-key.pem   kunci publik pembuat paket
  ledger.json      catatan langkah-langkah kasus, dengan bukti rantainya
  evidence/        bukti asli
  proofs/          bukti dari log terbitan, satu untuk tiap catatan yang sudah
                   terbit, dan ledger-policy.txt: log dan saksi pembuat
  SHA256SUMS       daftar SHA-256 untuk perintah sha256sum

Cara memeriksa
1. Tanpa Jaga, apakah ada berkas yang berubah atau hilang:
     sha256sum -c SHA256SUMS
2. Tanpa Jaga, siapa yang menandatangani:
     openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin \\
       -in manifest.json -sigfile manifest.sig
   Lalu bandingkan SHA-256 public-key.pem dengan yang diumumkan di situs resmi
   pembuat paket, atau tanyakan lewat telepon. SHA-256 kunci ini harus:
     {fingerprint}
   Jangan percaya angka di atas saja: orang yang memalsukan folder bisa
   mengganti angka itu juga.
3. Dengan Jaga (memeriksa semuanya, juga ledger.json dan berkas tambahan):
     jaga export verify FOLDER --key KUNCI-RESMI.pem

Jika pemeriksaan gagal, simpan folder apa adanya, jangan dipakai, dan minta
paket baru kepada pembuatnya.

----------------------------------------------------------------------------
SEALED EVIDENCE PACKAGE (JAGA)

This folder holds the evidence of one case. It was made to answer a formal
request; its number, date and legal basis stand in manifest.json. Change
nothing in this folder.

Contents
  manifest.json    all files, where each came from, its size and its SHA-256
  manifest.sig     Ed25519 signature over manifest.json
  public-key.pem   the maker's public key
  ledger.json      the record of the case's steps, with the proof of its chain
  evidence/        the originals
  proofs/          proofs from the published log, one for each entry that is
                   published already, and ledger-policy.txt: its logs and
                   witnesses
  SHA256SUMS       the SHA-256 of each file, for the sha256sum command

How to verify
1. Without Jaga, whether a file was changed or is missing:
     sha256sum -c SHA256SUMS
2. Without Jaga, who signed it:
     openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin \\
       -in manifest.json -sigfile manifest.sig
   Then compare the SHA-256 of public-key.pem with the one published on the
   maker's own site, or ask by telephone. It must be:
     {fingerprint}
   Do not trust the number above by itself: whoever forges the folder can
   change it too.
3. With Jaga (checks everything, ledger.json and added files included):
     jaga export verify FOLDER --key OFFICIAL-KEY.pem

If a check fails, keep the folder as it is, do not rely on it, and ask its
maker for a new one.
"""


def walk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Every name below the folder as a slash-separated path, and whether it is a regular file.

    A folder appears only if empty; otherwise its files do. Raises OSError.
    """
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as found:
            entries = list(found)
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{path}/")
            else:
                yield path, entry.is_file(follow_symlinks=False)
        if below and not entries:
            yield below, False


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading. Raises UnsafePath for a link, pipe or device; OSError."""
    try:
        opened = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except IsADirectoryError:
        raise UnsafePath(path=ascii(path.name)) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnsafePath(path=ascii(path.name)) from None
        raise
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise UnsafePath(path=ascii(path.name))
    return opened


def digest(path: Path) -> str:
    """The SHA-256 of a regular file of any size. Raises UnsafePath, OSError."""
    with open_regular(path) as file:
        return file_digest(file, "sha256").hexdigest()


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
