"""Texts with small edits stay similar, other texts do not, and short texts are not compared."""

from hypothesis import given
from hypothesis import strategies as st

from jaga.screening.copies.copies import FEWEST_LETTERS, LIKENESS_ALIKE, bands, letters_of, likeness
from jaga.screening.text.normalise import first_spellings, readings

ADVERT = (
    "Malam kak, aku lagi di kota sebelah sampai hari minggu, bisa temani ngobrol dan makan malam, nego tipis, "
    "langsung kirim pesan saja ya, jangan lupa sebut nama dan jam berapa mau ketemu di tempat biasa"
)
OTHERS = (
    "Dijual sepeda gunung bekas, kondisi masih bagus, rem baru diganti, harga bisa dibicarakan baik baik di rumah",
    "Rapat warga hari sabtu sore di balai desa membahas perbaikan jalan dan jadwal ronda malam, mohon datang semua",
    "Kehilangan kucing belang tiga di sekitar pasar, kalau ada yang melihat tolong kabari pemiliknya, terima kasih",
    "Malam kak, mau tanya ongkos kirim lemari ke kota sebelah berapa ya, dan bisa diantar hari minggu atau tidak",
)


def alike(one: str, other: str) -> bool:
    """Whether the lookup finds the pair and the comparison confirms it."""
    a, b = letters_of(one), letters_of(other)
    return bool(set(bands(a)) & set(bands(b))) and likeness(a, b) >= LIKENESS_ALIKE


def test_disguise_decoration_and_numbers_change_nothing() -> None:
    """Letter styles, capitals, repeated letters, emoji and prices are ignored in the comparison."""
    for edited in (
        ADVERT.upper(),
        ADVERT.replace("a", "а").replace("o", "𝗼"),
        ADVERT.replace(",", " 🔥🔥 "),
        f"{ADVERT} 700 500 0812",
        ADVERT.replace("ya", "yaaaa"),
        ADVERT.replace(" ", "  "),
    ):
        assert likeness(letters_of(ADVERT), letters_of(edited)) > 0.9
        assert alike(ADVERT, edited)


@given(
    st.lists(st.integers(min_value=0, max_value=29), min_size=1, max_size=3, unique=True),
    st.sampled_from(["", "sekarang", "besok"]),
)
def test_a_few_other_words_leave_it_near(places: list[int], other: str) -> None:
    """Up to three of thirty words may be replaced or left out."""
    words = ADVERT.split()
    for place in places:
        words[place % len(words)] = other
    assert alike(ADVERT, " ".join(words))


def test_other_texts_do_not_meet() -> None:
    """Different texts are not similar, even if they begin alike."""
    texts = (ADVERT, *OTHERS)
    for number, one in enumerate(texts):
        for other in texts[number + 1 :]:
            assert not alike(one, other)
            assert likeness(letters_of(one), letters_of(other)) < LIKENESS_ALIKE / 2


def test_a_short_or_repetitive_text_has_no_bands() -> None:
    """Slogans and greetings are written by many people, so they are not compared."""
    for text in ("", "open BO nego", "halo kak apa kabar", "a" * 500, "7" * 500, "😀" * 500):
        assert len(letters_of(text)) < FEWEST_LETTERS
        assert bands(letters_of(text)) == ()


@given(st.text(alphabet=st.characters(), max_size=200), st.text(alphabet=st.characters(), max_size=200))
def test_likeness_is_symmetric_and_bounded(one: str, other: str) -> None:
    """For any two strings the similarity is symmetric and within its bounds."""
    a, b = letters_of(one), letters_of(other)
    assert likeness(a, b) == likeness(b, a)
    assert 0.0 <= likeness(a, b) <= 1.0
    assert likeness(a, a) == (1.0 if len(a) >= 4 else 0.0)


DISGUISED = st.text(st.sampled_from("abilLoOxX013|!@$. -\n\u200b\ud800\u01c0éßı½٣二🅾❌⭕Ｂ𝗱🔞"), max_size=40)


@given(DISGUISED | st.text(max_size=40))
def test_the_quick_way_to_the_spellings_is_the_readable_one(text: str) -> None:
    """Bands that were stored before are found again."""
    assert first_spellings(text) == [word.spellings[0] for word in readings(text)[-1]]
