"""The faults that `jaga messages --check` finds: each rule with a fault, and with text that has none."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from jaga.app import translations
from jaga.app import translations as wording
from jaga.app.commands.messages import messages
from jaga.app.translations import Glossary, GlossaryTerm, TranslatedText, check, of_release

WORDS = Glossary(
    terms=(
        GlossaryTerm("supervisor", "penyelia", ("pengawas",), holds=True),
        GlossaryTerm("deadline", "batas waktu", ("tenggat",)),
    ),
    english_words=frozenset({"the", "is", "rule", "house"}),
    loanwords=frozenset({"house of laws"}),
    differ={"open": "a button and a state"},
)


def _whys(*texts: TranslatedText) -> list[str]:
    return [why for _, why in check(texts, WORDS)]


def _one(other: str, english: str = "Something.") -> list[str]:
    return _whys(TranslatedText("catalogue", english, other))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Kasus kasus ini.", "“Kasus” stands twice in a row"),
        ("Laporan ini laporan ini dibaca.", "“Laporan ini” stands twice in a row"),
        ("Akun ditutup sekarang. Lihat. Akun ditutup sekarang!", "the sentence “akun ditutup sekarang” stands twice"),
        ("Ini rule kami.", "English words: rule"),
        ("Hubungi pengawas.", "“pengawas” for “supervisor”: write “penyelia”"),
        ("Tenggatnya lewat.", "“tenggat” for “deadline”: write “batas waktu”"),
    ],
)
def test_a_planted_fault_is_named(text: str, why: str) -> None:
    assert _one(text) == [why]


@pytest.mark.parametrize(
    "text",
    [
        "Orang-orang membaca.",
        "Ya. Ya.",
        "%(a)s %(a)s",
        "Sejak 4 4 2026.",
        "Lihat docs/rule.md dan --the, HOUSE_RULE_IS.",
        "Baca House of Laws.",
        "Penegasan",
    ],
)
def test_what_is_no_fault_is_left_alone(text: str) -> None:
    """Hyphenated reduplication, short answers, placeholders, file names, options and loanwords are no faults."""
    assert _one(text) == []


def test_a_term_that_holds_must_stand() -> None:
    """A fixed term must appear in the translation; otherwise something was left out or translated differently."""
    assert _one("Kepala tim melihatnya.", "A supervisor saw it.") == ["“supervisor” is “penyelia” everywhere else"]
    assert _one("Penyelianya melihatnya.", "Its supervisors saw it.") == []


def test_a_text_that_was_not_translated_is_named() -> None:
    """A text that is the same in both languages is reported; a single word is allowed."""
    assert _one("Kami tutup", "Kami tutup") == ["the same as the English text"]
    assert _one("Hash", "Hash") == []


def test_one_text_in_two_spellings_has_one_translation() -> None:
    """Case and punctuation make no difference; contexts do, and so does an explanation in the glossary."""
    done = TranslatedText("catalogue", "Done", "Selesai")
    assert _whys(done, TranslatedText("catalogue", "done.", "sudah jadi")) == ["“done.” is also translated “Selesai”"]
    assert _whys(done, TranslatedText("catalogue", "done.", "selesai.")) == []
    assert _whys(done, TranslatedText("catalogue", "done", "beres", context="button")) == []
    assert _whys(TranslatedText("catalogue", "Open", "Buka"), TranslatedText("catalogue", "open", "menunggu")) == []


def test_the_texts_of_a_release_are_read_with_their_files(tmp_path: Path) -> None:
    """Pairs of languages are found anywhere in a file."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.yaml").write_text("subject: {id: Surat, en: Letter}\n")
    (tmp_path / "deadlines.yaml").write_text("standard:\n  - {hours: 24, source: {id: house rule, en: house rule}}\n")
    texts = list(of_release(tmp_path, "id"))
    assert [(text.place, text.other) for text in texts] == [("deadlines.yaml", "house rule"), ("one.yaml", "Surat")]
    assert [why for _, why in check(texts, WORDS)] == ["English words: house, rule"]


def test_the_shipped_texts_have_no_fault() -> None:
    """`make texts` prints the same, one line for each fault."""
    assert [f"{fault.text}: {fault.why}" for fault in wording.faults("id")] == []


def test_the_command_ends_with_status_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "missing", lambda: [])
    monkeypatch.setattr(wording, "faults", lambda _: [translations.Gap("id", "Kasus kasus", "twice")])
    result = CliRunner().invoke(messages, ["--check"])
    assert (result.exit_code, "'Kasus kasus': twice" in result.output) == (1, True)
