"""A realistic office workbook of five thousand rows: only unusable rows are refused."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from tests.casework.batches.test_batches import counts, sent, worked
from tests.exchange.workbooks import several
from tests.factories import CATEGORY, PLATFORM, World

from jaga.batches import reads as seen
from jaga.batches.models import Batch
from jaga.batches.verbs.batches import start_batch
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput
from jaga.core.terms.reports import BatchState
from jaga.people.reads.api_keys import DayUsedUp
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key

ROWS = 5000
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
KINDS = (
    "JUDI ONLINE",
    "Judi Online ",
    "judol",
    "Perjudian",
    "gambling",
    "PENIPUAN",
    "Penipuan  Online",
    "Hoaks",
    "Prostitusi Online",
    "Iklan Prostitusi",
    "prostitution_advertising",
    "Ujaran Kebencian",
    "-",
    None,
    "Lain-lain",
    "Judi / Slot",
    "Konten Negatif",
)
FAULTS = {
    100: "cut",
    700: "cut",
    1500: "ip",
    1900: "elsewhere",
    2300: "nobody",
    2700: "never",
    3100: "future",
    3500: "child",
    3900: "app",
    4300: "spaces",
}


def written(day: date, chance: random.Random) -> object:
    """A date in one of the formats that offices use."""
    return chance.choice(
        [
            lambda: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
            lambda: day.strftime("%d/%m/%Y"),
            lambda: (day - date(1899, 12, 30)).days,
            lambda: str((day - date(1899, 12, 30)).days),
            day.isoformat,
            lambda: f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}",
            lambda: day.strftime("%d-%m-%y"),
            lambda: f"Senin, {day.day} {MONTHS[day.month - 1].upper()} {day.year} pukul 09.15 WIB",
            lambda: "-",
            lambda: None,
        ]
    )()


def account(number: int, chance: random.Random) -> object:
    """The account number `number` in one of the forms in which people copy it."""
    name = f"{62_812_000_000 + number}"
    return chance.choice(
        [
            f"@{name}:localhost",
            f" @{name}:localhost ",
            f"https://matrix.to/#/@{name}:localhost",
            f"@{name}",
            int(name),
            f"'{name}",
            f"\u2068@{name}\u2069",
        ]
    )


def row(number: int, chance: random.Random) -> list[object]:
    day = date(2026, 1, 5) + timedelta(days=chance.randrange(250))
    app = chance.choice(["Obrolan Contoh", "OBROLAN", "obrolan", "Obrolan  contoh", None])
    cells = [
        number,
        account(number, chance),
        app,
        chance.choice(KINDS),
        f"Uraian karangan nomor {number}",
        written(day, chance),
        chance.choice([None, "-", "https://contoh.invalid/1, https://contoh.invalid/2;"]),
        f"ADU/{number}/2026",
    ]
    match FAULTS.get(number):
        case "cut":
            cells[1] = "6,28123E+12"
        case "ip":
            cells[1] = "203.0.113.7"
        case "elsewhere":
            cells[1] = "@a:elsewhere.invalid"
        case "nobody":
            cells[1] = None
        case "never":
            cells[5] = "31 Juni 2026"
        case "future":
            cells[5] = "1 Januari 2999"
        case "child":
            cells[3] = "Terkait anak"
        case "app":
            cells[2] = "Aplikasi Lain"
        case "spaces":
            cells[1] = "pemilik akun itu"
    return cells


def dirty() -> bytes:
    """A cover sheet, a hidden sheet of last year, and the table below its titles, with pages, totals and signatures."""
    chance = random.Random(7)
    rows: list[list[object]] = [
        ["KEMENTERIAN CONTOH"],
        ["DIREKTORAT CONTOH"],
        [],
        ["REKAPITULASI AKUN TAHUN 2026"],
        [],
        [
            "No.",
            "Akun / ID",
            "Nama Aplikasi",
            "Kategori Pelanggaran",
            "Uraian (singkat)",
            "Tanggal Kejadian\n(WIB)",
            "Link Bukti",
            "Nomor Aduan",
            "Petugas",
        ],
        [f"({place})" for place in range(1, 10)],
    ]
    for number in range(1, ROWS + 1):
        rows.append(row(number, chance))
        if number % 500 == 0:
            rows += [[], [f"Halaman {number // 500}"], list(rows[5])]
    rows += [[None, None, None, None, None, None, None, f"Jumlah: {ROWS}"], [5001], [5002], ["Mengetahui,"]]
    old = [["akun", "kategori"], *([f"@lama{number}:localhost", "fraud"] for number in range(50))]
    return several(
        [("Data 2025", "hidden", old), ("Sampul", "visible", [["REKAPITULASI"]]), ("Rekap", "visible", rows)],
        {"Rekap": ["A1:I1"]},
    )


def test_a_ministrys_workbook_is_refused_where_nobody_could_use_it(world: World) -> None:
    """Fewer than fifty of five thousand, each with the found and the permitted values; the hidden sheet is not
    filed.
    """
    batch_id = sent(dirty(), platform=PLATFORM, category=CATEGORY).batch_id
    looked = worked(batch_id)
    assert looked.state is BatchState.READY
    bad = [one for one in seen.list_bad_rows(batch_id, actor=CLI, limit=ROWS) if one.errors]
    assert len(bad) == len(FAULTS) < 50, [(one.number, one.errors) for one in bad[:20]]
    assert (looked.rows, looked.good) == (ROWS, ROWS - len(FAULTS))
    texts = {one.sentence % one.params for row in bad for one in row.errors}
    assert (
        "“31 Juni 2026” is not a day that can be read. Write it as 2026-01-31, 31/01/2026 or 31 Januari 2026." in texts
    )
    assert any(one.startswith("“Terkait anak” is none of the categories here: Iklan prostitusi (p") for one in texts)
    assert any(one.startswith("“Aplikasi Lain” is none of the chat platforms here: ") for one in texts)
    assert any(one.startswith("“6,28123E+12” is a number whose digits") for one in texts)
    assert "“203.0.113.7” is an internet address and no account. Name the account itself." in texts
    assert not any("pemilik akun itu" in one for one in texts)  # a sentence is not repeated
    notes = [sentence % params for sentence, params in looked.notes]
    assert notes[0] == "The sheet “Rekap” was read, and not these: Sampul."
    assert notes[1] == "The names of the columns stand in row 6; what is above them was left out."
    assert notes[2].startswith("Rows whose own category is none of ours, and which took the file's: ")
    start_batch(batch_id, actor=CLI)
    while worked(batch_id).state is BatchState.RUNNING:
        pass
    filed = Counter(Report.objects.values_list("category", flat=True))
    assert sum(filed.values()) == ROWS - len(FAULTS)
    assert filed["gambling"] > 1500
    assert not Report.objects.filter(subject__account_id__contains="lama").exists()
    assert any(
        text.endswith("[Konten Negatif]")
        for text in Report.objects.filter(category=CATEGORY).values_list("text", flat=True)
    )


@pytest.mark.parametrize("per_day", [3, 10])
def test_the_quota_is_named_at_validation(world: World, per_day: int) -> None:
    """The check says how much of the daily quota is left, or that the file exceeds a whole day's quota."""
    key = issue_officer_key(world.officer.person_id, KeyTerms(per_day=per_day), actor=CLI)
    first = b"akun\n" + b"".join(b"@satu%d:localhost\n" % number for number in range(2))
    begun = sent(first, actor=world.officer, key_id=key.key_id, start=True).batch_id
    worked(begun, world.officer)
    more = b"akun\n" + b"".join(b"@dua%d:localhost\n" % number for number in range(9))
    batch_id = sent(more, actor=world.officer, key_id=key.key_id).batch_id
    looked = worked(batch_id, world.officer)
    assert (looked.state, counts(looked)[:2]) == (BatchState.READY, (9, 9))
    assert looked.why is not None
    assert looked.why.code == ("more_than_a_day" if per_day == 3 else "quota_day")
    if per_day == 10:
        assert looked.why.english().startswith(
            "This file has 9 good rows, and its key may send 8 more today (of 10 a day)."
        )
    with pytest.raises((DayUsedUp, InvalidInput)):
        start_batch(batch_id, actor=world.officer, key_id=key.key_id)
    assert Batch.objects.get(pk=batch_id).state == BatchState.READY
