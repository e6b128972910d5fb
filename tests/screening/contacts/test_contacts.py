"""Every way of writing a contact has one canonical form; other text has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.text.visible import visible

NUMBER = "tel:+6281200001111"
_STYLES = ("0123456789", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨", "٠١٢٣٤٥٦٧٨٩", "o123456789")
_WORDS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")


def values(text: str) -> set[str]:
    return {contact.value for contact in contacts_in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "wa 0812-0000-1111",
        "+62 812 0000 1111",
        "62812.0000.1111",
        "(+62) 812-0000-1111",
        "+62 (0)812 0000 1111",
        "0 8 1 2 0 0 0 0 1 1 1 1",
        "o8I2 oooo 1111",
        "0812/0000/1111",
        "0812 🔥 0000 🔥 1111",
        "0️⃣8️⃣1️⃣2️⃣0️⃣0️⃣0️⃣0️⃣1️⃣1️⃣1️⃣1️⃣",
        "0\n8\n1\n2\n0\n0\n0\n0\n1\n1\n1\n1",
        "nol delapan satu dua nol nol nol nol satu satu satu satu",
        "kosong8satu2 0000 1111",
        "0❽❶❷ 0000 1111",
        "08\u200b12-0000-1111",
        "hub. 812 0000 1111",
        "0062 812 0000 1111",
        "https://wa.me/6281200001111?text=halo",
        "wa . me / 62 812 0000 1111",
        "wa.me/081200001111",
        "api.whatsapp.com/send?phone=6281200001111",
        "t.me/+6281200001111",
        "harga 700 500, 0812 0000 1111, 2x 900",
    ],
)
def test_one_number_has_one_form(text: str) -> None:
    """Separators, scripts, number words, look-alike letters, columns and links give the same number."""
    assert NUMBER in values(text)


@given(
    st.lists(st.sampled_from(range(len(_STYLES) + 1)), min_size=12, max_size=12),
    st.sampled_from(["", " ", "-", ".", " - ", "_", "*", "\u200b", "🔥"]),
    st.integers(min_value=1000000, max_value=9999999),
)
def test_any_mixture_of_digit_styles_and_one_separator_is_read(styles: list[int], divider: str, tail: int) -> None:
    """A number disguised in any digit style is found again, whichever digits are disguised."""
    digits = f"08123{tail}"
    written = []
    for style, digit in zip(styles, digits, strict=True):
        wordy = style == len(_STYLES)
        written.append(_WORDS[int(digit)] if wordy else _STYLES[style][int(digit)])
    assert f"tel:+62{digits[1:]}" in values("kontak: " + (divider if divider else " ").join(written))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("t.me/mawar_22", "telegram:mawar_22"),
        ("t (dot) me / Mawar_22", "telegram:mawar_22"),
        ("tele @mawar_22", "telegram:mawar_22"),
        ("Telegram: MAWAR_22", "telegram:mawar_22"),
        ("ｔ．ｍｅ／mawar_22", "telegram:mawar_22"),
        ("ig mawar.22", "instagram:mawar.22"),
        ("IG : mawar.22", "instagram:mawar.22"),
        ("instagram.com/mawar.22/", "instagram:mawar.22"),
        ("michat id: mawar22", "michat:mawar22"),
        ("line.me/ti/p/~mawar22", "line:mawar22"),
        ("mawar@contoh.test", "mail:mawar@contoh.test"),
        ("Mawar (at) contoh (dot) test", "mail:mawar@contoh.test"),
        ("m.a.war+x@gmail.com", "mail:mawar@gmail.com"),
        ("mawar@googlemail.com", "mail:mawar@gmail.com"),
        ("call +60 12-345 6789", "tel:+60123456789"),
    ],
)
def test_links_mails_and_names_elsewhere_have_one_form(text: str, value: str) -> None:
    """A user name on another service has the same form as a link or spelled out."""
    assert values(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rp 850.000.000",
        "200 300 400 500 600 700",
        "tanggal 12-11-2026 jam 20.00",
        "line yang panjang",
        "ig: dm saja",
        "pakai signal yang bagus",
        "nomor 12345",
        "makan . me",
        "ukuran 62 x 81 x 20",
        "0000 0000 0000",
        "@mawar:localhost",
    ],
)
def test_what_is_no_contact_gives_none(text: str) -> None:
    """Prices, dates, sizes and ordinary words are not contacts."""
    assert values(text) == set()


def test_only_the_ends_are_shown() -> None:
    """The masked form cannot be dialled or opened."""
    masked = {contact.masked for contact in contacts_in("0812-3456-7890, t.me/mawar_22, mawar@contoh.test")}
    assert masked == {"+62 812-***-890", "telegram ma***2", "m***@contoh.test"}


@given(
    st.text(alphabet=st.characters(), max_size=60),
    st.sampled_from(["0812-0000-1111", "t.me/mawar_22"]),
    st.text(alphabet=st.characters(), max_size=60),
)
def test_a_place_is_a_place_in_the_original(before: str, contact: str, after: str) -> None:
    """Any string is accepted, with lone surrogates and NULs; each span lies in the original and is not empty."""
    text = f"{before} {contact} {after}"
    for found in contacts_in(text):
        assert 0 <= found.start < found.end <= len(text)
    read = visible(text)
    assert len(read.text) == len(read.starts) == len(read.ends)


def test_a_contact_is_named_once_at_its_first_place() -> None:
    """Two spellings of one number are one contact, at the first place."""
    (found,) = contacts_in("wa 0812-0000-1111 atau wa.me/6281200001111")
    assert found.start == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("daftar di slot-contoh dot com ya", "link:slot-contoh.com"),
        ("slot-contoh titik com", "link:slot-contoh.com"),
        ("SLOT-CONTOH [.] COM", "link:slot-contoh.com"),
        ("https://contoh.info/masuk?ref=1", "link:contoh.info"),
        ("www.contoh.id", "link:contoh.id"),
        ("bandar88.top", "link:bandar88.top"),
        ("contoh.co.id", "link:contoh.co.id"),
        ("contoh . com", "link:contoh.com"),
        ("ｃｏｎｔｏｈ．ｃｏｍ", "link:contoh.com"),
        ("zero eight one two 0000 1111", NUMBER),
        ("nol lapan sebelas dua dua dua dua tiga tiga tiga", "tel:+628112222333"),
        ("call +1 415 555 2671", "tel:+14155552671"),
        ("0065 6123 4567", "tel:+6561234567"),
        ("no.812-0000-1111", NUMBER),
        ("08:12:00:00:11:11", NUMBER),
        ("08.12.00.00.11.11", NUMBER),
        ("0812 | 0000 | 1111", NUMBER),
    ],
)
def test_sites_words_and_other_countries_are_read(text: str, value: str) -> None:
    """A website is a contact by its host; a number may be spelled in English or be foreign."""
    assert values(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "rapat 08-12-2026 10.30 sampai 11.45",
        "2025-08-12 10:30:45",
        "08/11/2026 20.00-22.00",
        "buka 08.15 - 09.45, 10.30",
        "buka 08:15-09:45 dan 10:30-12:45",
        "Rp 62.812.345.678",
        "no rek 0812345678901",
        "invoice 081234567890",
        "Resi: 0812 3456 7890",
        "nomor pesanan 5512345678901234",
        "NIK 3201010812900001",
        "selesai.Online shop tutup",
        "kata.kata yang lain",
        "v1.2.3",
        "1.000.000,00",
        "jam 08.30",
        "lihat.id saya ya",
        "foto.jpg dan catatan.txt",
        "08.12.2026",
        "skor 21-18, 22-20, 21-19",
    ],
)
def test_prices_dates_hours_and_other_numbers_are_no_contacts(text: str) -> None:
    """Sentences without a space after the full stop are not contacts either."""
    assert values(text) == set()


def test_a_site_is_no_contact_twice() -> None:
    """A link that names more than its site is one contact; the host of a mail address is none."""
    assert values("https://t.me/mawar_22 mawar@contoh.com") == {"telegram:mawar_22", "mail:mawar@contoh.com"}


@pytest.mark.parametrize(
    "text",
    [
        "wa 0812-0000-111, 24 jam",
        "08120000111 2 menit",
        "0812 0000 111 - 2x",
        "+62 812-0000-111 / 24",
        "0812.0000.111 3",
    ],
)
def test_a_whole_number_takes_no_digits_from_what_follows(text: str) -> None:
    """When the separator changes after a complete number, the following digits belong to something else."""
    assert values(text) == {"tel:+628120000111"}
