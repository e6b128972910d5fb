"""Keys, signed notes, checkpoints, cosignatures: against published examples, and with everything changed."""

import pytest
from tests.ledger.tlog.published import AT, LOG, WITNESSES

from jaga.ledger.keys import BadKey, BadSignature, LedgerSigningKey
from jaga.ledger.tlog.notes import (
    BadFormat,
    NoteSigner,
    NoteVerifier,
    SignatureAlgorithm,
    check_note,
    parse_note,
    sign_note,
)
from jaga.ledger.tlog.policy import TreeHead, cosign, open_checkpoint, sign_checkpoint

# The example in the documentation of golang.org/x/mod/sumdb/note
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

# The example in c2sp.org/tlog-cosignature
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
HEAD = TreeHead(LOG.name, 7, bytes(range(32)))
LEDGER_KEY = LedgerSigningKey(LOG.name, LOG.seed)


def test_the_example_of_go_is_signed_and_read_alike() -> None:
    """Keys, key id and signature are byte for byte those of Go's library."""
    signer, verifier = NoteSigner.from_skey(SKEY), NoteVerifier.from_vkey(VKEY)
    assert (signer.skey, signer.verifier, verifier.vkey, verifier.key_id.hex()) == (SKEY, verifier, VKEY, "c74f20a3")
    assert sign_note(TEXT, signer).decode() == f"{TEXT}\n{LINE}\n"
    assert check_note(parse_note(f"{TEXT}\n{LINE}\n".encode()), [verifier]) == {verifier: None}
    assert SKEY[-20:] not in repr(signer)


def test_the_ledgers_key_is_the_same_in_both_forms() -> None:
    """The key that the hash chain uses can sign the log's checkpoints under a name of its own."""
    assert LEDGER_KEY.public.text() == LOG.verifier.vkey


def test_the_example_of_c2sp_is_read() -> None:
    """Origin, size and root of a cosigned checkpoint, and the witness's time."""
    note = parse_note(COSIGNED.encode())
    head = TreeHead.from_text(note.text)
    assert (head.origin, head.size, note.encode().decode()) == ("example.com/behind-the-sofa", 20852163, COSIGNED)
    assert int.from_bytes(note.signatures[1].signature[:8], "big") == 1679315147
    assert [len(one.signature) for one in note.signatures] == [64, 72]


def test_a_cosigned_checkpoint_has_the_stored_bytes() -> None:
    """Ed25519 signs alike each time: a change of the format is a change of these bytes."""
    checkpoint = cosign(sign_checkpoint(HEAD, LOG), WITNESSES[0], AT)
    assert checkpoint.decode() == GOLDEN
    opened = open_checkpoint(checkpoint, LOG.verifier, witnesses=[WITNESSES[0].verifier, WITNESSES[1].verifier])
    assert (opened.head, opened.log, opened.cosigned) == (HEAD, LOG.verifier, {WITNESSES[0].verifier: AT})


def test_every_changed_byte_of_a_checkpoint_is_refused() -> None:
    """Of text, empty line, names, key ids, times and signatures, if both keys must have signed."""
    good = cosign(sign_checkpoint(HEAD, LOG), WITNESSES[0], AT)
    keys = {LOG.verifier, WITNESSES[0].verifier}

    def is_signed_by_both(note: bytes) -> bool:
        try:
            opened = open_checkpoint(note, LOG.verifier, witnesses=[WITNESSES[0].verifier])
        except (BadFormat, BadSignature):
            return False
        return {opened.log, *opened.cosigned} == keys

    assert is_signed_by_both(good)
    changed = [good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :] for at in range(len(good)) for bit in (1, 32, 128)]
    changed += [good[:at] + good[at + 1 :] for at in range(len(good))] + [good + b"\n", good + good, b"", b"\n" + good]
    assert [note for note in changed if is_signed_by_both(note)] == []


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        f"{HEAD.text}extension\n",
        HEAD.text.replace("7", "07"),
        HEAD.text.replace("7", "-7"),
        HEAD.text.replace("7", "٧"),
        HEAD.text.replace("7", "9" * 19),
        HEAD.text.replace("=", ""),
        f"\n{HEAD.text}",
        HEAD.text.replace("\n7", " b\n7"),
        HEAD.text.replace("8=", "9="),
    ],
)
def test_a_head_in_another_form_is_refused_though_it_is_signed(text: str) -> None:
    """Also extension lines: nobody audits them."""
    with pytest.raises(BadFormat):
        open_checkpoint(sign_note(text, LOG), LOG.verifier)


def test_a_checkpoint_is_its_logs_own() -> None:
    """Not signed by the log, by one of another name, by a witness only, or with two signatures of one key."""
    good = sign_checkpoint(HEAD, LOG)
    other = NoteSigner("other.example/log", SignatureAlgorithm.ED25519, LOG.seed)
    with pytest.raises(BadSignature):
        open_checkpoint(good, other.verifier)
    with pytest.raises(BadSignature):
        open_checkpoint(sign_note(HEAD.text, other), other.verifier)
    only_witness = cosign(sign_note(HEAD.text, other), WITNESSES[0], AT)
    with pytest.raises(BadSignature):
        open_checkpoint(only_witness, LOG.verifier, witnesses=[WITNESSES[0].verifier])
    with pytest.raises(BadFormat):
        open_checkpoint(good + good.splitlines(keepends=True)[-1], LOG.verifier)
    with pytest.raises(BadFormat):
        cosign(cosign(good, WITNESSES[0], AT), WITNESSES[0], AT + 1)
    assert open_checkpoint(sign_note(HEAD.text, other, LOG), LOG.verifier).head == HEAD


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        VKEY[1:],
        VKEY + "=",
        VKEY.upper(),
        VKEY.replace("+AR", "+BR"),
        "a b" + VKEY,
        VKEY[:-4],
        VKEY.replace("PeterNeumann", "Peter\u00a0Neumann"),
        f" {VKEY}",
        f"{VKEY}\n",
    ],
)
def test_a_damaged_key_is_refused(vkey: str) -> None:
    """A wrong id, length, algorithm or name."""
    with pytest.raises(BadKey):
        NoteVerifier.from_vkey(vkey)
    with pytest.raises(BadKey):
        NoteSigner.from_skey(f"PRIVATE+KEY+{vkey}")


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        f"text\n\n{LINE}".encode(),
        f"text\n{LINE}\n".encode(),
        f"te\txt\n\n{LINE}\n".encode(),
        f"text\n\n{LINE}\n\n".encode(),
        f"text\n\n{LINE}\r\n".encode(),
        b"\xff\n\n" + f"{LINE}\n".encode(),
        f"text\n\n-{LINE[1:]}\n".encode(),
        f"text\n\n{LINE[:-1]}\n".encode(),
        b"text\n\n" + f"{LINE}\n".encode() * 101,
        "text\n\n— a AAAA\n".encode(),
        b"x" * 1_000_001,
    ],
)
def test_a_malformed_note_is_refused(note: bytes) -> None:
    """As Go's library refuses them."""
    with pytest.raises(BadFormat):
        parse_note(note)


def test_a_cosignature_needs_a_time_and_a_signature_has_none() -> None:
    """The two kinds of keys cannot be used for each other."""
    with pytest.raises(ValueError, match="time"):
        WITNESSES[0].sign(HEAD.text)
    with pytest.raises(ValueError, match="time"):
        LOG.sign(HEAD.text, AT)
    with pytest.raises(ValueError, match="origin"):
        sign_checkpoint(HEAD, WITNESSES[0])
    with pytest.raises(ValueError, match="origin"):
        sign_checkpoint(TreeHead("other.example/log", 0, bytes(32)), LOG)


GOLDEN = """jaga.example/log/1
7
AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=

— jaga.example/log/1 pnz0vvs361X1QrtHEdL/zWgzLp254WJyanN3PlX3UZwY5h+DO3hneuq6ldi8LcsDpVy2sAd1vMIX+/p28ZRwIN1Jegc=
— witness.example/w1 CtfTXgAAAABqGKUAL+GJvav25zO9KLyfkrF/1TP0Lsag6HrE/FsVwqUaiR114adiWwtQJ5jmxrWuVDGkxHde00P+KObQr5Ct6dYiBw==
"""  # noqa: E501
