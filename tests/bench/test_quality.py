"""The measurement of rules: shares, halves and disguises."""

import gzip
import json
from pathlib import Path

import pytest
from bench.screening import quality
from bench.screening.disguises import mask, obfuscate

from jaga.core.statistics import share


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (88, 95, 0.8555, 0.9637)],
)
def test_a_share_has_wilsons_interval(part: int, whole: int, low: float, high: float) -> None:
    """The interval equals published tables; no texts give no share, and more hits than texts are refused."""
    found = share(part, whole)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)
    assert share(0, 0) is None
    with pytest.raises(ValueError, match="11 of 10"):
        share(11, 10)


def test_the_mask_leaves_neither_hashtag_nor_bo() -> None:
    """The other words of an offer remain."""
    assert mask("Avail BO kak #openbokota minat dm, open_bo, bo").split() == ["Avail", "kak", "minat", "dm,", ","]


def test_a_disguise_is_the_same_at_each_run_and_another_than_the_text() -> None:
    """The text's hash selects one of four disguises: letters of a font, digits, spaces, dots."""
    texts = [f"open bo {number} #bispakkota" for number in range(40)]
    dressed = [obfuscate(text) for text in texts]
    assert dressed == [obfuscate(text) for text in texts]
    assert not set(dressed) & set(texts)
    assert {text.split("#")[1] for text in dressed} == {
        "𝐛𝐢𝐬𝐩𝐚𝐤𝐤𝐨𝐭𝐚",
        "b15p4kk074",
        "b i s p a k k o t a",
        "b.i.s.p.a.k.k.o.t.a",
    }


def test_the_tables_count_what_people_labelled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Found, wrong, and both halves together, from files in the sources' format; status 1 without any."""
    assert quality.main(["--data", str(tmp_path)]) == 1
    (tmp_path / "text").mkdir()
    rows = [
        ("slot gacor hari ini, daftar di bio", "1_gambling_promo"),
        ("halo semua", "0_not_gambling"),
        ("pagi", "1_gambling_promo"),
    ]
    with gzip.open(tmp_path / "text" / "judol_gbennnn.jsonl.gz", "wt") as lines:
        lines.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
    out = tmp_path / "quality.json"
    assert quality.main(["--data", str(tmp_path), "--half", "both", "--workers", "1", "--json", str(out)]) == 0
    (line,) = json.loads(out.read_text())["cold"]
    assert (line["texts"], line["positives"], line["found"], line["wrong"]) == (3, 2, 1, 0)
    assert line["recall"]["value"] == 0.5
    assert "gambling gbennnn" in capsys.readouterr().out
