"""Rules: the meaning of a condition, and that the compiled columns agree with it."""

import json
import re
import shutil
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import hyperscan
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.screening.slow_hits import contact_hits, phrase_hits

from jaga.policy.models import LocalText
from jaga.policy.release import load_release, shipped_folder
from jaga.policy.screening_rules import AtLeast, RuleCondition, ScreeningRule, WordList, faults_of, needs_words, negated
from jaga.screening.engine.proving import SLOWEST, matches, prove, prove_texts, seconds
from jaga.screening.engine.screen import screen_texts
from jaga.screening.rules import pattern_scan
from jaga.screening.rules.pattern_scan import DIGIT, GLUED, NOTHING, PatternScan, need_of
from jaga.screening.rules.rule_set import RuleSet, columns_of
from jaga.screening.rules.rules import NOTHING_KNOWN, Rules, TextContext, place_of_pattern, span_in
from jaga.screening.rules.sentences import rules_of
from jaga.screening.text.block import NO_HITS, slow_block
from jaga.screening.text.signals import Place

REASON = LocalText("alasan", "reason")
LISTS = (WordList("promise", "x", ("gacor", "cuan", "menang besar")), WordList("news", "x", ("polisi", "razia")))
NEWS = Path(__file__).parents[1] / "data" / "about_it.yaml"


def rule(when: RuleCondition, key: str = "one", mode: Any = "live") -> ScreeningRule:
    return ScreeningRule(key, "gambling", 0.6, when, REASON, mode=mode)


def fired(when: RuleCondition, text: str, about: TextContext = NOTHING_KNOWN) -> list[str] | None:
    """The words that made the rule match, or None."""
    found = Rules((rule(when),), LISTS).fired(text, about)
    return [text[start:end] for start, end in found[0][1]] if found else None


PROMISED = RuleCondition(
    all=(
        RuleCondition(pattern=r"\b[a-z]{3,9}[0-9]{2}\b"),
        RuleCondition(words="promise"),
        negated(RuleCondition(words="news")),
    )
)


def test_a_rule_names_all_its_words_and_none_of_what_must_not_stand_there() -> None:
    """All words that matched, as they stand in the original and in its order, and none from the exception."""
    assert fired(PROMISED, "cu4n di 𝐌𝐚𝐰𝐚𝐫𝟖𝟖") == ["cu4n", "𝐌𝐚𝐰𝐚𝐫𝟖𝟖"]
    assert fired(PROMISED, "gacor di mawar") is None
    assert fired(PROMISED, "razia mawar88 gacor") is None


def test_so_many_different_words_or_conditions() -> None:
    """A repeated word counts once."""
    two = RuleCondition(words="promise", count=2)
    assert fired(two, "gacor gacor") is None
    assert fired(two, "gacor, menang besar") == ["gacor", "menang besar"]
    some = RuleCondition(
        at_least=AtLeast(2, (RuleCondition(phrase="dm"), RuleCondition(phrase="wa"), RuleCondition(phrase="st")))
    )
    assert fired(some, "dm") is None
    assert fired(some, "st, dm") == ["st", "dm"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("main di 𝐌𝐀𝐖𝐀𝐑 saja", ["𝐌𝐀𝐖𝐀𝐑"]),
        ("main di M̲A̲W̲A̲R̲ saja", ["M̲A̲W̲A̲R"]),
        ("main di mаwаr saja, ауо", ["аwа"]),
        ("𝐒𝐞𝐦𝐮𝐚 𝐬𝐚𝐲𝐚 𝐭𝐮𝐥𝐢𝐬 𝐛𝐞𝐠𝐢𝐧𝐢 𝐝𝐢 𝐬𝐢𝐧𝐢, kata dia begitu", None),
        ("selamat pagi #𝐌𝐀𝐖𝐀𝐑", None),
        ("café crème à la carte, s'il vous plaît", None),
        ("Привет, как дела?", None),
        ("🇮🇩🇮🇩🇮🇩 merdeka", None),
        ("nomor 1️⃣ 2️⃣ 3️⃣ dan 4️⃣", None),
    ],
)
def test_disguised_letters_are_those_that_nobody_writes_by_accident(text: str, words: list[str] | None) -> None:
    """Disguise means letters that nobody writes by accident; accents, flags, another script, boxed numbers and hashtags
    in a styled font do not count.
    """
    assert fired(RuleCondition(disguised=4), text) == words


def test_what_is_not_known_does_not_hold() -> None:
    """Columns about the account and its place are context; if they are missing, the condition does not hold."""
    young = RuleCondition(all=(RuleCondition(phrase="dm"), RuleCondition(younger_than_days=7)))
    assert fired(young, "dm") is None
    assert fired(young, "dm", TextContext(age_days=8.0)) is None
    assert fired(young, "dm", TextContext(age_days=6.5)) == ["dm"]
    for condition, about in (
        (RuleCondition(platform=("obrolan",)), TextContext(platform="obrolan")),
        (RuleCondition(surface=("bio",)), TextContext(surface="bio")),
        (RuleCondition(copies=3), TextContext(copies=3)),
        (RuleCondition(decided=1), TextContext(decided=2)),
        (RuleCondition(listed="known_numbers"), TextContext(lists=frozenset({"known_numbers"}))),
    ):
        both = RuleCondition(all=(RuleCondition(phrase="dm"), condition))
        assert fired(both, "dm") is None
        assert fired(both, "dm", about) == ["dm"]


def test_a_contact_of_a_kind() -> None:
    """A telephone number in any disguise is a contact; a user name on a service is another kind."""
    assert fired(RuleCondition(contact=("phone",)), "hub 0812 3456 7890 ya") == ["0812 3456 7890"]
    assert fired(RuleCondition(contact=("phone",)), "ig: mawar.22") is None
    assert fired(RuleCondition(contact=("handle",)), "ig: mawar.22") == ["ig: mawar.22"]


def test_a_shadow_rule_gives_no_signal() -> None:
    """A shadow rule is counted elsewhere and changes neither score, branch nor signals."""
    release = load_release()
    shadowed = type(release)(
        **{
            **{name: getattr(release, name) for name in release.__dataclass_fields__},
            "screening_rules": (rule(RuleCondition(phrase="kata rahasia"), mode="shadow"),),
        }
    )
    (plain,) = screen_texts(["kata rahasia"], shadowed)
    assert (plain.signals, plain.score, plain.victim_first) == ((), 0.0, False)
    assert [one.mode for one, _ in rules_of(shadowed).fired("kata rahasia")] == ["shadow"]


def test_a_rules_signal_says_its_words_its_rule_and_its_release() -> None:
    """The signal has a complete sentence, the reason in both languages, and every place for the page to mark."""
    release = load_release()
    text = "halo, open bo area kota, minat chat"
    signal = max(
        (one for one in screen_texts([text], release)[0].signals if one.source == "rule"), key=lambda one: one.weight
    )
    sentence = signal.msgid % signal.params
    assert sentence.startswith("“open bo”, ")
    assert sentence.endswith(f"the rule “{signal.params['rule']}” of the policy {release.version}.")
    assert (text[signal.start : signal.end], signal.version) == ("open bo", release.hash)
    places = [tuple(map(int, one.split("-"))) for one in signal.params["places"].split()]
    assert next(text[start:end] for start, end in places) == "open bo"
    assert signal.params["reason_id"]
    assert signal.params["reason_en"]


WORDS = st.sampled_from(
    [
        "gacor",
        "cu4n",
        "menang",
        "besar",
        "mawar88",
        "MAWAR",
        "𝐌𝐀𝐖𝐀𝐑",
        "m a w a r",
        "razia",
        "polisi",
        "dm",
        "wa",
        "0812 3456 7890",
        "ig: mawar.22",
        "\n",
        "\0",
        "\ud800",
        "🔥",
        "a.b@contoh.id",
        "77",
        "М",
    ]
)
TEXTS = st.lists(st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=30), max_size=5)
SINGLES = st.sampled_from(
    [
        RuleCondition(phrase="gacor"),
        RuleCondition(words="promise"),
        RuleCondition(words="promise", count=2),
        RuleCondition(words="news"),
        RuleCondition(pattern=r"\b[a-z]{3,9}[0-9]{2}\b"),
        RuleCondition(pattern=r"(?:gacor|cu4n).{1,9}dm"),
        RuleCondition(disguised=3),
        RuleCondition(pattern=r"me.{1,9}?[a-z]"),
        RuleCondition(pattern="ra|razia|maw|mawar8?"),
        RuleCondition(contact=("phone",)),
        RuleCondition(contact=("handle", "mail")),
        RuleCondition(platform=("obrolan",)),
        RuleCondition(surface=("bio", "name")),
        RuleCondition(younger_than_days=7),
        RuleCondition(copies=3),
        RuleCondition(decided=1),
        RuleCondition(listed="known"),
    ]
)
CONDITIONS = st.recursive(
    SINGLES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda some: RuleCondition(all=tuple(some))),
        st.lists(parts, min_size=1, max_size=3).map(lambda some: RuleCondition(any=tuple(some))),
        st.lists(parts, min_size=2, max_size=4).map(lambda some: RuleCondition(at_least=AtLeast(2, tuple(some)))),
        parts.map(negated),
    ),
    max_leaves=8,
)
ABOUTS = st.builds(
    TextContext,
    st.sampled_from([None, "obrolan", "lain"]),
    st.sampled_from([None, "bio", "message"]),
    st.sampled_from([None, 1.0, 30.0]),
    st.sampled_from([None, 2, 5]),
    st.sampled_from([None, 0, 1]),
    st.sampled_from([frozenset(), frozenset({"known"})]),
)


def with_words(when: RuleCondition) -> RuleCondition:
    """The condition as a release may have it: one that needs no word of the text gets one."""
    return when if needs_words(when) else RuleCondition(all=(RuleCondition(phrase="gacor"), when))


@settings(max_examples=example_count(40))
@given(st.lists(CONDITIONS.map(with_words), min_size=1, max_size=4), TEXTS, st.data())
def test_the_compiled_rules_equal_the_readable_ones(
    conditions: list[RuleCondition], texts: list[str], data: st.DataObject
) -> None:
    """The same rules match the same texts by the same words, for any rules, texts and accounts."""
    rules = Rules(tuple(rule(when, f"rule_{index}") for index, when in enumerate(conditions)), LISTS)
    abouts = [data.draw(ABOUTS) for _ in texts]
    expected = {
        (row, rules.rules.index(one)): places
        for row, (text, about) in enumerate(zip(texts, abouts, strict=True))
        for one, places in rules.fired(text, about)
    }
    compiled = RuleSet(rules)
    block = slow_block(texts)
    hits = compiled.evaluate(
        block, phrase_hits(block, texts, compiled.phrases), contact_hits(block, texts), columns_of(abouts)
    )
    found: dict[tuple[int, int], list[Place]] = {}
    for row, key, start, end in zip(hits.row, hits.key, hits.start, hits.end, strict=True):
        found.setdefault((int(row), int(key)), []).append(span_in(block, int(row), int(start), int(end)))
    assert found == {key: places for key, places in expected.items() if places}


def test_an_engine_that_looks_for_more_phrases_serves_the_same_rules() -> None:
    """The rules use their own keys; a phrase missing from the engine is refused by name."""
    rules = Rules((rule(PROMISED),), LISTS)
    more = ("lain", *RuleSet(rules).phrases[::-1])
    texts = ["lain gacor mawar88"]
    block = slow_block(texts)
    hits = RuleSet(rules, more).evaluate(block, phrase_hits(block, texts, more), contact_hits(block, texts))
    assert set(hits.key.tolist()) == {0}
    with pytest.raises(ValueError, match="gacor"):
        RuleSet(rules, ("lain",))


def test_a_pattern_never_reaches_into_the_next_text() -> None:
    """Texts stand on one line each of the block, and a match stays within its line."""
    rules = Rules((rule(RuleCondition(pattern=r"gacor.{1,20}dm")),))
    texts = ["gacor", "dm"]
    block = slow_block(texts)
    compiled = RuleSet(rules)
    assert not len(compiled.evaluate(block, phrase_hits(block, texts, ()), contact_hits(block, texts)).row)


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        ("a.{1,9}?b", "xaxbxb", "axbxb"),
        ("a|ab|abc", "zabcabc", "abc"),
        ("(?:ab?){1,3}?", "ababab", "ababab"),
        (r"a(?:b|bc)(?:d|cde)?\b", "abcde", "abcde"),
        ("b|ab", "cab", "ab"),
        (r"a.{0,5}\b", "a b cd", "a b cd"),
        ("[a-z]{2,4}", "ä abcdefg", "abcd"),
        (r"(?:a|ab)(?:c|bcd)?$", "abcd", "abcd"),
        ("ab{0,2}?1{0,2}", "abb1", "abb1"),
    ],
)
def test_a_patterns_place_is_the_leftmost_and_longest(pattern: str, text: str, words: str) -> None:
    """Lazy quantifiers and the order of alternatives do not change the place; engine and reference definition agree."""
    assert not [*faults_of(pattern)]
    assert fired(RuleCondition(pattern=pattern), text) == [words]
    block = slow_block(["b", text, "1"])
    hits = RuleSet(Rules((rule(RuleCondition(pattern=pattern)),))).evaluate(block, NO_HITS, NO_HITS)
    spans = {
        int(row): text[slice(*span_in(block, int(row), int(start), int(end)))]
        for row, start, end in zip(hits.row, hits.start, hits.end, strict=True)
    }
    assert spans[1] == words


@pytest.mark.parametrize(
    ("pattern", "need"),
    [
        ("1", DIGIT),
        ("a1", GLUED),
        ("a?1", DIGIT),
        ("(a|b)1", GLUED),
        ("1|a2", DIGIT),
        ("a|1", NOTHING),
        (".1", DIGIT),
        (r"a\b1", GLUED),
        ("[a1]1", DIGIT),
        ("a[0-9]{2}", GLUED),
        ("(a1){0,2}", NOTHING),
        ("(a?1?){1,2}", NOTHING),
        (r"a(?:\d?b){1,3}-[2-4]", GLUED),
        ("[a-f]{1,2}?[.]?7", GLUED),
        ("a(b|c1)", NOTHING),
        (" 1", DIGIT),
    ],
)
def test_what_a_text_needs_for_a_pattern(pattern: str, need: int) -> None:
    """The required literals are so few that no matching text is left out."""
    assert need_of(pattern) == need


LETTERS = st.sampled_from(["a", "b", "1", "2", " ", ".", r"\.", r"\b", r"\d", "[a-c]", "[1a]", "[0-9]", "[ .]"])
PATTERNS = st.recursive(
    LETTERS,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=4).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        st.tuples(parts, st.sampled_from(["?", "{0,2}", "{1,3}", "{2}", "{1,2}?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=example_count(25), deadline=None)
@given(
    st.lists(PATTERNS.filter(lambda one: not [*faults_of(one)]), min_size=1, max_size=4, unique=True),
    st.lists(st.text("ab12 .", max_size=8), max_size=12),
)
def test_patterns_match_where_python_says(patterns: list[str], texts: list[str]) -> None:
    """Matches agree with Python's `re`, whatever the required literals and however many texts a block has."""
    block = slow_block(texts)
    try:
        hits = PatternScan(patterns).find(block, 0)
    except hyperscan.error:  # `jaga policy check` tells that too
        assume(False)
    found = {(int(row), int(key)): (int(start), int(end)) for row, key, start, end in zip(*hits, strict=True)}
    assert len(found) == len(hits.row)
    assert found == {
        (row, key): place
        for row, text in enumerate(texts)
        for key, pattern in enumerate(patterns)
        if (place := place_of_pattern(pattern, text.encode()))
    }


def test_a_hostile_text_of_hits_alone_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first hit of a pattern in a text is kept, wherever the memory limit falls."""
    kept = list[int]()
    first_ones = pattern_scan._first_ones
    monkeypatch.setattr(pattern_scan, "MOST_AT_ONCE", 100)
    monkeypatch.setattr(
        pattern_scan,
        "_first_ones",
        lambda firsts, found, folds: (kept.append(len(firsts) + len(found) // 3), first_ones(firsts, found, folds))[1],
    )
    texts = ["xx" + "a1" * 1000, "", "b" * 999 + "a1b"]
    hits = PatternScan(["[a-z]", "[a-z1]{1,40}", "b{1,3}"]).find(slow_block(texts), 5)
    assert sorted(zip(*map(list, hits), strict=True)) == [
        (0, 5, 0, 1),
        (0, 6, 0, 40),
        (2, 5, 0, 1),
        (2, 6, 0, 40),
        (2, 7, 0, 3),
    ]
    assert max(kept) <= 106 < sum(kept)


def test_the_shipped_rules_do_what_they_say() -> None:
    """Each rule matches its examples, does not match the others, and has fast patterns."""
    assert prove() == []


def test_the_shipped_texts_say_what_the_rules_do_with_them() -> None:
    """Each miss and each mistake is admitted, and none that is none."""
    assert prove_texts() == []


ADMITTED: tuple[tuple[dict[str, object], str | None], ...] = (
    ({"text": "kumpul di balai desa"}, None),
    ({"text": "kumpul di balai desa", "mistaken": True}, "no longer flagged"),
    ({"text": "0pen b0 area kota, minat chat"}, "is flagged"),
    ({"text": "0pen b0 area kota, minat chat", "category": "prostitution_advertising"}, None),
    ({"text": "kumpul di balai desa", "category": "gambling"}, "no longer found"),
    ({"text": "kumpul di balai desa", "category": "gambling", "missed": True}, None),
    ({"text": "0pen b0 area kota, minat chat", "category": "gambling", "missed": True}, "is found now"),
)


def test_a_text_must_admit_what_the_rules_do_wrong_with_it(tmp_path: Path) -> None:
    """And only that: by its line in the file."""
    with as_file(shipped_folder()) as shipped:
        left_out = shutil.ignore_patterns("texts", "filter.yaml")
        folder = Path(shutil.copytree(shipped, tmp_path / "release", ignore=left_out))
    (folder / "texts").mkdir()
    (folder / "texts" / "a.jsonl").write_text(
        "".join(
            json.dumps({"id": f"a{at}", "style": "s", "region": "r"} | written) + "\n"
            for at, (written, _) in enumerate(ADMITTED)
        )
    )
    found = {one.line: str(one) for one in prove_texts(folder)}
    wanted = {at: what for at, (_, what) in enumerate(ADMITTED, start=1) if what}
    assert found.keys() == wanted.keys()
    assert all(what in found[at] for at, what in wanted.items())


def test_a_pattern_that_hits_at_every_byte_is_too_slow() -> None:
    """The check's measurement tells such a pattern from a normal one."""
    assert seconds(r"[a-z]") > SLOWEST > seconds(r"\bgacor\b")


def test_an_example_is_matched_with_the_account_that_its_rule_wants() -> None:
    """An example may carry the account that its rule needs, as for a rule about young accounts."""
    young = Rules((rule(RuleCondition(all=(RuleCondition(phrase="dm"), RuleCondition(younger_than_days=7)))),), LISTS)
    assert matches(young, "dm")
    assert not matches(young, "halo")


ABOUT_IT = yaml.safe_load(NEWS.read_text(encoding="utf-8"))["texts"]


def test_the_texts_about_these_offences_are_63_different_ones() -> None:
    """The texts about these offences are distinct: no two begin alike."""
    assert len({" ".join(re.findall(r"\w+", text.lower())[:3]) for text in ABOUT_IT}) == len(ABOUT_IT) == 63


@pytest.mark.parametrize("text", ABOUT_IT, ids=range(len(ABOUT_IT)))
def test_news_warnings_and_talk_are_not_flagged(text: str) -> None:
    """Somebody who speaks about an offence does not commit it."""
    release = load_release()
    (screened,) = screen_texts([text], release)
    assert screened.score < release.screening.flagged_from, [one.params["phrase"] for one in screened.signals]


@pytest.mark.parametrize(
    "text",
    [
        "0pen b0 area kota malam ini kak",
        "avail say, isi slotnya yuk, info dm",
        "ready exclude kak, minat wa",
        "main di 𝐌𝐀𝐖𝐀𝐑𝟖𝟖 gampang menang",
        "baru coba m̲e̲l̲a̲t̲i̲, gacor terus",
        "slot gacor hari ini, klik link di bio",
        "Slmt! no anda terpilih dpt hadiah cek tunai 20jt, pin anda K7, klik situs kami",
        "ini nomor baru mama, tolong isikan pulsa 50rb ke 0812 3456 7890",
    ],
)
def test_offers_are_flagged(text: str) -> None:
    """Also without the best-known word."""
    release = load_release()
    assert screen_texts([text], release)[0].score >= release.screening.flagged_from


@pytest.mark.parametrize(
    "text",
    [
        "Polisi aman, razia sepi. Open BO area kota, minat chat ya kak",
        "BERITA: open bo malam ini, kasus beres, langsung wa 0812 3456 7890",
        "waspada polisi palsu ya say, open bo real, tarif 500/jam, wa aja",
        "no razia no polisi, avail bo, include hotel, info dm",
        "korban PHP dilarang! open bo st 400 lt 900, ig: @mawar.contoh, siap datang",
        "open bo mahasiswa, bukan iklan palsu, yang minat japri",
        "bukan open bo ya tapi avail say, isi slotnya yuk, exclude, info dm",
        "film semi gratis buat yang open bo duluan, booking via wa 0812-3456-7890 say",
        "edukasi: cewek panggilan ready malam ini, pelaku ramah, langsung chat aja",
        "kasus ditutup, hukuman ringan: bispak real, short time 350, 0812 3456 7890",
        "polisi razia lewat, open bo area kota lagi 0812 3456 7890",
        "jangan sampai kalah! slot gacor hari ini, link di bio, anti rugi",
        "stop cari yang lain, maxwin gampang, daftar sekarang, dijamin gak rugi",
        "komdigi gak bakal blokir, situs slot anti diblokir, slot gacor, buruan daftar",
        "berita gembira: slot gacor terungkap, polisi pun join sekarang",
        "guru pun pakai, slot online gacor, klik bio",
        "vcs aja beb, gak open bo ya, no dp, real account, minat japri",
        "polisi razia lewat, open bo area timur lagi, konsultasi 0812-3456-7890",
        "polisi sudah pulang, bispak ready kota, call center 0812-3456-7890",
        "berita baik, kasus ditutup: open bo kota, yang minat langsung wa",
        "Awas penipuan! Kami resmi. Perlu dana? Pinjaman online tanpa agunan, proses cepat, wa 0812-0000-1234",
        "awas yang palsu! pinjaman dana tunai langsung cair, whatsapp: 0812 0000 1234",
    ],
)
def test_words_of_news_do_not_excuse_a_text_that_calls_its_reader(text: str) -> None:
    """Mentioning the police twice, or a warning of loss beside a link, does not excuse an offer to the reader."""
    release = load_release()
    assert screen_texts([text], release)[0].score >= release.screening.flagged_from


@pytest.mark.parametrize(
    "text",
    [
        "sejak kenal Mawar⭐88⭐ hidup jadi mudah",
        "❚█══MELATI88══█❚ bikin betah",
        "🦋MELATI🦋8.8🦋 layanan juara",
        "emang gak se-asik melati88 sih",
        "nemu ⭐ M E L A T I 8 8 ⭐ dari teman",
        "[M][E][L][A][T][I][7][7] forever",
        "tiap malam buka 𝐌𝐄𝐋𝐀𝐓𝐈𝐖𝐈𝐍 dulu",
        "jadi ingat M E L A T I W I N",
        "senyum berkat m 𝐞 𝘭 𝙖 𝐭 i",
        "mampir ke melati ho-ki",
        "B.U.N.G.A.4D lewat tipis",
        "ketemu JPMELATIH0KI lagi",
    ],
)
def test_a_hidden_name_of_a_gambling_site_is_flagged(text: str) -> None:
    """The name is found by how it is hidden, framed or pointed to; no brand is listed."""
    release = load_release()
    assert screen_texts([text], release)[0].score >= release.screening.flagged_from


@pytest.mark.parametrize(
    "text",
    [
        "𝓢𝓮𝓵𝓪𝓶𝓪𝓽 ulang tahun Melati",
        "✨ Melati ✨ bikin betah",
        "🎉 angkatan 98 🎉 rame banget",
        "S E M A N G A T kawan",
        "N K R I harga mati",
        "main futsal 15 menit , ngos-ngosan",
        "gabung ke densus88 yuk",
        "alumni212 mantap",
        "kenal edwin sejak sekolah",
        "nonton darwin di bioskop",
        "#m e l a t i 2 0 2 0 semoga sukses",
        "umur 28😂😂 masih muda",
        "burungku gacor menang lomba, hadiah motor",
        "hoki banget hari ini, menang undian rt",
        "kode warna22 bagus",
        "🎂 Melati 17 🎂 semoga sukses",
        "baru nyoba windows11, lancar",
        "iphone15 emang mantap",
        "gabung ke sman12 tahun lalu, seru",
        "𝐄𝐩𝐢𝐬𝐨𝐝𝐞 12 lucu parah",
        "P E R S I B 1933 tetap juara",
        "keren covid-19 sudah hilang, terima kasih nakes",
    ],
)
def test_drawn_spelled_and_numbered_words_of_ordinary_people_are_not(text: str) -> None:
    """Styled letters, emoji and numbers alone match no rule."""
    release = load_release()
    (screened,) = screen_texts([text], release)
    assert screened.score < release.screening.flagged_from, [one.params["phrase"] for one in screened.signals]


@pytest.mark.parametrize(
    "text",
    [
        "Homestay dekat stasiun, ready kamar, minat wa",
        "open trip 2 hari include tiket exclude makan, info dm",
        "ready stok skincare kak, harga nego, wa aja",
        "dewa19 keren banget semalam",
        "@budi88 mantap bang",
        "𝗣𝗿𝗼𝗺𝗼 akhir tahun untuk semua buku",
        "Selamat kepada para pemenang lomba, hadiah bisa diambil di sekolah",
        "jual motor, dp 2 juta, nego tipis, cod",
        "konser maroon5 seru, terima kasih panitia",
        "usg4d bayi kami, bahagia",
    ],
)
def test_ordinary_selling_and_talk_are_not_flagged(text: str) -> None:
    """Prices, places, endearments and numbers alone match no rule."""
    release = load_release()
    (screened,) = screen_texts([text], release)
    assert screened.score < release.screening.flagged_from, [one.params["phrase"] for one in screened.signals]


@pytest.mark.parametrize(
    "text",
    [
        "Kursus menjahit dibuka lagi, daftar lewat telp.022-5559876",
        "Dibuka tanggal-15 untuk umum, daftar ya",
        "Pendaftaran lomba mewarnai 3 Maret-10 April, terima kasih panitia",
        "Perda-12 tentang miras wajib disosialisasikan",
        "Kumpul arisan Sabtu pukul.16.45, tempat seperti kemarin",
        "Rapat Senin-19 di balai desa, wajib hadir",
        "Lambert gacor terus, main rapi, Arsenal menang",
        "Striker timnas kita lagi gacor, semoga menang nanti malam",
        "Enak lho ki sotone, mampir yo",
        "kenal Sherwin waktu kuliah dulu",
        "ada pameran lukisan di Baldwin minggu depan",
        "daftar timeslot dulu sebelum datang ya",
        "kenal Hartoto dari kantor lama",
        "Pak Sutoto kenal baik dengan ayah saya",
        "*Stok* *45* sisa dikit ya kak",
        "*Juz* *29* selesai malam ini",
        "*Kamar* *77* sudah dibersihkan",
        "Selamat Rizal08 sudah diterima di kampus impian",
        "Semoga Persib33 menang lagi besok",
        "main basket 21 😂 capek banget",
        "terima kasih Andi99 atas kirimannya",
        "Makasih Dimas21 sudah bantu editing",
        "kata Bagas10 mainnya seru, semangat terus",
        "🎂 Nadia17 🎂 semoga sukses",
        "✨ Raka23 ✨ keren gambarnya",
        "Setelah kenal Farhan90 aku jadi semangat belajar",
        "Dapat kamar di Melati12 tempatnya bersih",
        "Kereta Argo12 memang nyaman",
        "Sekolah Dharma55 paling rajin",
        "kelas4d juara lomba kebersihan",
        "Happy birthday E R W I N",
        "H B D  D A R W I N sehat selalu",
        "belajar A L F A B E T bareng adik",
        "H U T  R I  K E  8 0",
        "D I R G A H A Y U  R I  7 9",
        "P A N C A S I L A  1 9 4 5",
        "𝐄𝐩𝐢𝐬𝐨𝐝𝐞 14 bikin mewek",
        "𝓣𝓮𝓻𝓲𝓶𝓪 𝓴𝓪𝓼𝓲𝓱 bunda, sehat terus",
        "𝐉𝐚𝐝𝐰𝐚𝐥 main bola minggu ini, gabung ya",
        "𝗞𝗮𝗷𝗶𝗮𝗻 subuh bersama ustaz, tempat di masjid raya",
        "𝐁𝐚𝐥𝐝𝐰𝐢𝐧 aktor favorit ibu",
        "Polisi bongkar kasus open BO, tarif 400 ribu. Korban bisa lapor ke hotline 0813-2222-3333",
        "Siapa saja yang minat open BO diperiksa polisi, kata Kapolsek",
        "Polisi siap melayani warga, kasus open BO di hotel sudah ditangani",
        "Aku bukan open bo, gak vcs juga, jangan chat",
        "Modus penipuan open vcs makin marak, bukan open bo lagi, kata peneliti",
        "Hati-hati pinjol tanpa agunan, proses cepat, nomornya 0812-3456-0000. Jangan dibalas",
        "Waspada pinjol tanpa agunan. Korban bisa mengadu ke LBH, hubungi 0812-3456-7890",
    ],
)
def test_dates_people_feasts_and_reports_that_look_like_offers_are_not_flagged(text: str) -> None:
    """Each text has a part of what the rules look for, in an ordinary use."""
    release = load_release()
    (screened,) = screen_texts([text], release)
    assert screened.score < release.screening.flagged_from, [one.params["phrase"] for one in screened.signals]
