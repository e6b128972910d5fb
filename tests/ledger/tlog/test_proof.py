"""Proofs as files and trust policies, checked by Jaga and by the program that outsiders get."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from tests.docs.pages import ROOT
from tests.ledger.tlog.published import AT, DOCUMENT, LOG, WITNESSES, leaves, policy_of, small_proof

from jaga.core.errors import JagaError
from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.notes import BadFormat, BadProof, NotWitnessed
from jaga.ledger.tlog.policy import WitnessGroup, format_policy, parse_policy
from jaga.ledger.tlog.tree import (
    check_opened_proof,
    check_proof,
    format_proof,
    leaf_of,
    opening,
    parse_proof,
    read_opening,
)

GOLDEN = Path(__file__).parent / "golden"
PROGRAM = ROOT / "tools" / "verify_proof.py"
GROUPS = b"""# two of ours and one of theirs
log %(log)s https://jaga.example/ledger
witness w1\t%(w1)s
witness w2 %(w2)s https://witness.example/
group ours all w1 w2
witness \xc3\xa9 %(w3)s

  group both 1 ours \xc3\xa9
quorum both
"""
KEYS = {b"log": LOG.verifier.vkey.encode()} | {
    b"w%d" % number: one.verifier.vkey.encode() for number, one in enumerate(WITNESSES, 1)
}


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return small_proof(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program for outsiders, loaded once instead of started a thousand times."""
    spec = importlib.util.spec_from_file_location("verify_proof", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def both(program: ModuleType, data: bytes, policy: bytes) -> tuple[bool, bool]:
    """Whether Jaga and the program accept a proof; neither may fail otherwise than by its refusal."""

    def accepts(check: Callable[[], object], refusal: type[Exception]) -> bool:
        try:
            check()
        except refusal:
            return False
        return True

    return (
        accepts(lambda: check_opened_proof(parse_proof(data), parse_policy(policy)), JagaError),
        accepts(lambda: program.verify(data, program.Policy(policy)), program.Refused),
    )


def test_a_proof_has_the_stored_bytes_and_opens_its_entry(proof: bytes) -> None:
    """A change of the format is a change of these bytes."""
    assert proof == (GOLDEN / "eight.tlog-proof").read_bytes()
    assert (GOLDEN / "eight.policy").read_bytes() == GROUPS % KEYS
    read = parse_proof(proof)
    opened = check_opened_proof(read, policy_of("w2"))
    assert (read.index, opened.head.size) == (5, 8)
    assert set(opened.cosigned.values()) == {AT}
    assert read.extra is not None
    assert read_opening(read.extra) == DOCUMENT


def test_the_program_needs_nothing_of_jaga(proof: bytes, tmp_path: Path) -> None:
    """It says which log and witnesses, and shows the entry; a wrong policy gives status 1, a missing file 2."""
    (tmp_path / "a.tlog-proof").write_bytes(proof)
    (tmp_path / "policy").write_bytes(GROUPS % KEYS)
    (tmp_path / "strict").write_bytes((GROUPS % KEYS).replace(b"both 1", b"both 2"))

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", PROGRAM, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={},
        )
        return done.returncode, done.stdout + done.stderr

    status, output = run("a.tlog-proof", "policy")
    assert status == 0
    assert output.startswith("valid: leaf 5 is in the log jaga.example/log/1, which had 8 leaves\ncosigned by w1 at ")
    assert '"category":"fraud"' in output
    assert run("a.tlog-proof", "strict") == (1, "refused: too few witnesses of the policy cosigned the checkpoint\n")
    assert run("a.tlog-proof", "none") == (2, "cannot read none: No such file or directory\n")
    assert "jaga" not in "".join(line for line in PROGRAM.read_text().splitlines() if "import" in line)
    assert len(PROGRAM.read_text().splitlines()) < 220


def test_every_changed_byte_of_a_proof_is_refused(proof: bytes, program: ModuleType) -> None:
    """By Jaga and by the program: of the opened entry, index, hashes, checkpoint, signatures and cosignatures."""
    policy = (GROUPS % KEYS).replace(b"quorum both", b"quorum ours")
    assert both(program, proof, policy) == (True, True)
    changed = [proof[:at] + bytes([proof[at] ^ 1 << at % 8]) + proof[at + 1 :] for at in range(len(proof))]
    changed += [proof[:at] + proof[at + 1 :] for at in range(0, len(proof), 7)] + [b"", proof + b"\n", b"\n" + proof]
    assert [data for data in changed if any(both(program, data, policy))] == []


def test_a_proof_of_another_entry_index_or_log_is_refused(proof: bytes) -> None:
    """Everything is genuine, but does not belong together."""
    read, policy = parse_proof(proof), policy_of("none")
    assert check_proof(read, leaf_of(opening(bytes(range(100, 132)), DOCUMENT)), policy).head.size == 8
    with pytest.raises(BadProof):
        check_proof(read, next(leaves(4, 5)), policy)
    with pytest.raises(BadProof):
        check_opened_proof(parse_proof(format_proof(4, read.hashes, read.checkpoint, read.extra)), policy)
    with pytest.raises(BadProof):
        check_opened_proof(parse_proof(format_proof(5, read.hashes, read.checkpoint)), policy)
    other = type(LOG)(LOG.name, LOG.algorithm, bytes(32))
    with pytest.raises(BadSignature):
        check_opened_proof(read, policy_of("none", log=other))
    with pytest.raises(BadFormat):
        read_opening(read.extra[1:] if read.extra else b"")


@pytest.mark.parametrize(
    ("quorum", "met"),
    [
        ("quorum none", True),
        ("quorum w1", True),
        ("quorum w3", False),
        ("group g any w2 w3\nquorum g", True),
        ("group g all w1 w2 w3\nquorum g", False),
        ("group g 2 w1 w2 w3\nquorum g", True),
        ("group a any w3\ngroup g 2 w1 w2 a\nquorum g", True),
        ("group a any w3\ngroup g all w1 a\nquorum g", False),
    ],
)
def test_the_quorum_decides(proof: bytes, program: ModuleType, quorum: str, met: bool) -> None:
    """Witnesses 1 and 2 have cosigned, witness 3 has not; groups count as their members do."""
    policy = b"log %(log)s\nwitness w1 %(w1)s\nwitness w2 %(w2)s\nwitness w3 %(w3)s\n" % KEYS + quorum.encode() + b"\n"
    assert both(program, proof, policy) == (met, met)
    if not met:
        with pytest.raises(NotWitnessed):
            parse_policy(policy).check(parse_proof(proof).checkpoint)


def test_a_policy_survives_reading_and_writing() -> None:
    """Comments and spelling go, meaning and addresses stay; names may be any bytes."""
    policy = parse_policy(GROUPS % KEYS)
    assert policy.groups == {"ours": WitnessGroup(2, ("w1", "w2")), "both": WitnessGroup(1, ("ours", "é"))}
    assert policy.urls[LOG.verifier] == "https://jaga.example/ledger"
    assert parse_policy(format_policy(policy)) == policy
    raw = (GROUPS % KEYS).replace(b"\xc3\xa9", b"\xff\xfe")
    assert b"witness \xff\xfe " in format_policy(parse_policy(raw))


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"quorum none\nquorum none\n",
        b"quorum none",
        b"quorum w1\nwitness w1 %(w1)s\n",
        b"quorum\n",
        b"log\nquorum none\n",
        b"log %(w1)s\nquorum none\n",
        b"witness w %(log)s\nquorum none\n",
        b"log %(log)s\nlog %(log)s\nquorum none\n",
        b"log %(log)s a b\nquorum none\n",
        b"witness none %(w1)s\nquorum none\n",
        b"witness %(w1)s\nquorum none\n",
        b"witness a %(w1)s\nwitness a %(w2)s\nquorum a\n",
        b"witness a %(w1)s\nwitness b %(w1)s\nquorum a\n",
        b"witness a %(w1)s\ngroup a any a\nquorum a\n",
        b"group g any\nquorum g\n",
        b"group g any none\nquorum g\n",
        b"witness a %(w1)s\ngroup g 2 a\nquorum g\n",
        b"witness a %(w1)s\ngroup g 0 a\nquorum g\n",
        b"witness a %(w1)s\ngroup g 01 a\nquorum g\n",
        b"witness a %(w1)s\ngroup g all a a\nquorum g\n",
        b"witness a %(w1)s\ngroup g any a\ngroup h any a\nquorum h\n",
        b"group g any g\nquorum g\n",
        b"Quorum none\n",
        b"quorum none\r\n",
        b"quorum\xc2\xa0none\n",
    ],
)
def test_a_policy_that_is_not_quite_one_is_refused(program: ModuleType, proof: bytes, lines: bytes) -> None:
    """By both: a policy that is half understood could ask for less than its author meant."""
    head = b"" if b"log" in lines else b"log %(log)s\n"
    with pytest.raises(BadFormat):
        parse_policy((head + lines) % KEYS)
    assert both(program, proof, (head + lines) % KEYS) == (False, False)


@pytest.mark.parametrize(
    "change",
    [
        (b"@v1", b"@v2"),
        (b"\nindex 5", b"\nindex 05"),
        (b"\nindex 5", b"\nindex  5"),
        (b"\nindex 5", b"\nindex -5"),
        (b"\nindex 5", b"\nINDEX 5"),
        (b"\nindex 5", b"\nindex 5\n"),
        (b"extra ", b"extra  "),
        (b"\nindex 5", b"\r\nindex 5"),
        (b"\nindex 5", b"\nextra AAAA\nindex 5"),
        (b"\nindex 5", b"\nindex 5\nAAAA"),
        (b"\nindex 5\n", b"\n"),
        (b"\nindex 5", b"\nindex 9223372036854775808"),
    ],
)
def test_a_proof_in_another_form_is_refused(proof: bytes, program: ModuleType, change: tuple[bytes, bytes]) -> None:
    """Only one spelling is a proof."""
    data = proof.replace(*change)
    assert data != proof
    assert both(program, data, format_policy(policy_of("none"))) == (False, False)


def test_equal_entries_have_unequal_leaves() -> None:
    """Nobody without the salt can compare a published leaf with a guessed entry."""
    assert leaf_of(opening(bytes(32), DOCUMENT)) != leaf_of(opening(bytes([1] * 32), DOCUMENT))
    with pytest.raises(ValueError, match="32"):
        opening(b"short", DOCUMENT)
