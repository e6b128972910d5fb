"""The sealed export: it verifies anywhere, and one changed byte is detected."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaga.core.canonical import canonical_json
from jaga.core.errors import Conflict
from jaga.exchange.package import (
    EvidenceFile,
    Heading,
    RequestReference,
    UnsafePath,
    Withheld,
    fingerprint,
    sweep_partial,
    verify_package,
    write_package,
)
from jaga.ledger.checkpoints import sign_checkpoint
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.extract import check_extract, write_extract
from jaga.ledger.keys import LedgerSigningKey
from jaga.ledger.publication import HashChain
from jaga.ledger.verify import LedgerRow

AT = datetime(2026, 3, 20, tzinfo=UTC)
KEY = LedgerSigningKey("jaga.example/ledger", bytes(range(32)))
HEADING = Heading(
    "JG-17",
    RequestReference("B/12/III/2026", date(2026, 3, 19), "UU 21/2007", "Polda Contoh"),
    "supervisor",
    "person:3",
    AT,
    (Withheld("image/png", 5, sha256(b"image").hexdigest(), "report:9", "victim-first"),),
)


def ledger() -> bytes:
    entries = [Entry(i, AT, "case.decide", "person:1", f"case:{i}", {"n": i}) for i in range(4)]
    chain = HashChain()
    links = chain.append(entry_hash(entry) for entry in entries)
    return write_extract([LedgerRow(links[1], entries[1])], links[1:], sign_checkpoint(chain.head(), AT, KEY))


def written(folder: Path, *, signer: LedgerSigningKey = KEY) -> str:
    evidence = [
        EvidenceFile("evidence/profile.json", "application/json", b'{"name":"invented"}', "platform"),
        EvidenceFile("evidence/report-9/text.txt", "text/plain", b"laporan contoh", "report:9"),
        EvidenceFile("evidence/empty", "application/octet-stream", b"", "report:9"),
    ]
    return write_package(folder, HEADING, evidence, ledger(), signer=signer)


def problems(folder: Path, trusted: bytes | None = KEY.public_pem()) -> list[str]:
    return [problem.english() for problem in verify_package(folder, trusted_pem=trusted, check_ledger=check_extract)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that nobody changes; tests work on copies."""
    folder = tmp_path_factory.mktemp("package") / "JG-17"
    written(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def test_a_whole_package_verifies(whole: Path) -> None:
    """With the trusted key and, to detect damage only, with its own."""
    assert problems(whole) == []
    assert problems(whole, None) == []


def test_the_manifest_says_what_for_whom_and_where_from(tmp_path: Path) -> None:
    """Its sha256 is returned; withheld files are listed only by hash."""
    digest = written(tmp_path / "a")
    data = (tmp_path / "a/manifest.json").read_bytes()
    manifest = json.loads(data)
    assert sha256(data).hexdigest() == digest
    assert canonical_json(manifest) == data
    assert manifest["request"] == {
        "number": "B/12/III/2026",
        "date": "2026-03-19",
        "legal_basis": "UU 21/2007",
        "organisation": "Polda Contoh",
    }
    assert manifest["made_by"] == {"role": "supervisor", "reference": "person:3"}
    assert [file["path"] for file in manifest["files"]] == [
        "README.txt",
        "evidence/empty",
        "evidence/profile.json",
        "evidence/report-9/text.txt",
        "ledger.json",
        "public-key.pem",
    ]
    assert manifest["withheld"][0]["reason"] == "victim-first"
    assert manifest["key_fingerprint"] == fingerprint(KEY.public_pem())


def test_only_the_own_account_can_read_it(whole: Path) -> None:
    """Other users of the machine cannot read the evidence."""
    assert whole.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in whole.rglob("*"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_one_flipped_byte_in_any_file_is_found(copy: Path, data: st.DataObject) -> None:
    """Including the list of checksums and the signature."""
    files = sorted(path for path in copy.rglob("*") if path.is_file() and path.stat().st_size)
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    changed = bytearray(before)
    changed[data.draw(st.integers(0, len(before) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        assert problems(copy)
        assert problems(copy, None)
    finally:
        path.write_bytes(before)
    assert problems(copy) == []


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "manifest.sig",
        "SHA256SUMS",
        "ledger.json",
        "public-key.pem",
        "README.txt",
        "evidence/profile.json",
        "evidence/empty",
    ],
)
def test_a_missing_file_is_found(copy: Path, name: str) -> None:
    """The missing file is named."""
    (copy / name).unlink()
    assert any(text.startswith(f"{name}: This file is missing") for text in problems(copy))


@pytest.mark.parametrize(
    "add",
    [
        lambda folder: (folder / "evidence/added.txt").write_text("x"),
        lambda folder: (folder / ".hidden").write_text("x"),
        lambda folder: (folder / "empty").mkdir(),
        lambda folder: (folder / "link").symlink_to("/etc/hostname"),
        lambda folder: (folder / "evidence/out").symlink_to("/etc"),
        lambda folder: os.mkfifo(folder / "pipe"),
        lambda folder: os.close(os.open(os.fsencode(folder) + b"/\xff\n", os.O_CREAT | os.O_WRONLY)),
    ],
)
def test_anything_added_is_found(copy: Path, add: Callable[[Path], object]) -> None:
    """Files, folders, links out of the package, pipes (without waiting for them), undecodable names."""
    add(copy)
    assert len(problems(copy)) == 1


def test_a_file_replaced_by_a_link_to_its_equal_is_found(copy: Path, whole: Path) -> None:
    """A package contains files, not references to other places."""
    (copy / "evidence/profile.json").unlink()
    (copy / "evidence/profile.json").symlink_to(whole / "evidence/profile.json")
    assert problems(copy)


def test_a_package_signed_by_somebody_else_is_refused(tmp_path: Path) -> None:
    """It is consistent with its own key, so only the trusted key reveals the forgery; its ledger fails with either."""
    written(tmp_path / "forged", signer=LedgerSigningKey.generate(KEY.name))
    assert any("not the one that you trust" in text for text in problems(tmp_path / "forged"))
    assert any("checkpoint was not signed" in text for text in problems(tmp_path / "forged", None))


def test_a_ledger_of_another_case_does_not_hide_behind_a_good_manifest(tmp_path: Path) -> None:
    """The ledger's entries are checked by their own hashes, not only as a file."""
    bad = ledger().replace(b'"n":1', b'"n":2')
    write_package(tmp_path / "a", HEADING, [], bad, signer=KEY)
    assert [text.partition(":")[0] for text in problems(tmp_path / "a")] == ["ledger.json"]


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\xff",
        b'{"format":"jaga-package/1"}',
        b'{"format":"jaga-package/1","files":[7]}',
        b'{"format":"jaga-package/1","files":{}}',
        b'{"format":"jaga-package/1","files":[{"path":1,"media_type":"","size":0,"sha256":"","source":""}]}',
    ],
)
def test_a_manifest_of_rubbish_is_a_problem_and_no_crash(copy: Path, manifest: bytes) -> None:
    """The verifier reads files from strangers."""
    (copy / "manifest.json").write_bytes(manifest)
    assert problems(copy)


@pytest.mark.parametrize("path", ["../out", "/etc/hostname", "evidence/../../out", "manifest.json", "evidence\\x"])
def test_a_signed_manifest_that_names_a_file_outside_is_refused(copy: Path, path: str) -> None:
    """Even our own key does not make the verifier read other files."""
    manifest = json.loads((copy / "manifest.json").read_bytes())
    manifest["files"].append({"path": path, "media_type": "", "size": 1, "sha256": "0" * 64, "source": ""})
    data = canonical_json(manifest)
    (copy / "manifest.json").write_bytes(data)
    (copy / "manifest.sig").write_bytes(KEY.sign(data))
    assert any("no package may hold" in text for text in problems(copy))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "evidence/../x",
        "../evidence/x",
        "evidence/..",
        "evidence//x",
        "evidence/",
        "evidence/.x",
        "evidence",
        "evidence/a b",
        "evidence/a\nb",
        "evidence/a\\b",
        "evidence/C:x",
        "evidence/nul",
        "evidence/CON.txt",
        "evidence/é",
        "evidence/x.",
        "manifest.json",
        "other/x",
        "evidence/" + "x" * 101,
        "evidence/a/b/c/d/e/f",
        "evidence/\0",
    ],
)
def test_an_unsafe_name_is_refused_and_leaves_nothing(tmp_path: Path, path: str) -> None:
    """Nothing outside the folder, no name that Windows reads differently, nothing but evidence below `evidence/`."""
    with pytest.raises(UnsafePath):
        write_package(tmp_path / "a", HEADING, [EvidenceFile(path, "text/plain", b"x", "s")], ledger(), signer=KEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "two"), [("evidence/A", "evidence/a"), ("evidence/a", "evidence/a"), ("evidence/a", "evidence/a/b")]
)
def test_two_names_that_meet_are_refused(tmp_path: Path, one: str, two: str) -> None:
    """Also if only some systems consider them equal."""
    files = [EvidenceFile(path, "text/plain", b"x", "s") for path in (one, two)]
    with pytest.raises(UnsafePath):
        write_package(tmp_path / "a", HEADING, files, ledger(), signer=KEY)
    assert list(tmp_path.iterdir()) == []


def test_originals_may_be_files_but_not_links_or_folders(tmp_path: Path) -> None:
    """A link in the evidence store could pass another file to the police."""
    original = tmp_path / "original"
    original.write_bytes(b"x" * 100_000)
    (tmp_path / "link").symlink_to(original)
    write_package(
        tmp_path / "a", HEADING, [EvidenceFile("evidence/x", "text/plain", original, "s")], ledger(), signer=KEY
    )
    assert problems(tmp_path / "a") == []
    for bad in (tmp_path / "link", tmp_path):
        with pytest.raises(UnsafePath):
            write_package(
                tmp_path / "b", HEADING, [EvidenceFile("evidence/x", "text/plain", bad, "s")], ledger(), signer=KEY
            )


def test_an_export_is_never_overwritten(copy: Path) -> None:
    """Nor written into an existing folder."""
    with pytest.raises(Conflict):
        written(copy)
    assert problems(copy) == []


def test_common_tools_verify_it_too(copy: Path) -> None:
    """As README.txt and docs/verify-export.md say, sha256sum and openssl are enough, and both detect a change."""
    sums = ["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"]
    seal = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "public-key.pem",
        "-rawin",
        "-in",
        "manifest.json",
        "-sigfile",
        "manifest.sig",
    ]

    def passes(command: list[str]) -> bool:
        return subprocess.run(command, cwd=copy, check=False, capture_output=True).returncode == 0

    assert passes(sums)
    assert passes(seal)
    with (copy / "manifest.json").open("ab") as file:
        file.write(b" ")
    assert not passes(sums)
    assert not passes(seal)


def test_the_readme_names_the_key_in_both_languages(whole: Path) -> None:
    """The reader learns what to compare."""
    readme = (whole / "README.txt").read_text()
    assert readme.count(fingerprint((whole / "public-key.pem").read_bytes())) == 2
    assert "Cara memeriksa" in readme
    assert "How to verify" in readme


def test_every_changed_byte_of_the_public_key_is_found(copy: Path) -> None:
    """Also if the change names an unknown kind of key."""
    path = copy / "public-key.pem"
    key = path.read_bytes()
    path.chmod(0o600)
    for place, byte in enumerate(key):
        for flip in (1, 2, 0x20):
            path.write_bytes(key[:place] + bytes([byte ^ flip]) + key[place + 1 :])
            assert problems(copy)
            assert problems(copy, trusted=None)


def test_what_a_killed_export_left_is_removed_later_and_whole_ones_stay(tmp_path: Path) -> None:
    """It contains readable evidence that nobody would look for. A package being written is not touched."""
    whole, partial = tmp_path / "JG-1", tmp_path / ".JG-2.x1y2"
    for folder in (whole, partial):
        (folder / "evidence").mkdir(parents=True)
        (folder / "evidence" / "a").write_bytes(b"original")
    assert sweep_partial(tmp_path) == 0
    long_ago = time.time() - 7200
    for folder in (whole, partial):
        os.utime(folder, (long_ago, long_ago))
    assert sweep_partial(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["JG-1"]
    assert sweep_partial(tmp_path / "never made") == 0
