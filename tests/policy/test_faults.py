"""Each fault of a release is reported with its file, its line and a remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.policy.conftest import Spoilt, assert_told_in_indonesian

from jaga.policy.problems import PolicyError
from jaga.policy.release import check_release, load_release

FAULTS = [
    # file, text replaced, its replacement, lines between the start of the text and the fault, part of the message
    ("categories.yaml", "severity: high", "severity: awful", 0, "severity"),
    ("categories.yaml", "    severity: high", "    severty: high\n    severity: high", 0, "`severty` is not known"),
    (
        "lexicons/words.yaml",
        "  - key: laughing\n",
        "  - key: news\n    purpose: Twice.\n    words: [razia]\n  - key: laughing\n",
        0,
        "`news` is listed twice",
    ),
    ("categories.yaml", "    severity: high", "    severity: high\n    severity: low", 1, "given twice"),
    ("categories.yaml", "    label: {id: Penipuan, en: Fraud}", "    label: {id: Penipuan}", 0, "translation `en`"),
    ("categories.yaml", "en: Fraud}", 'en: " "}', 0, "translation `en`"),
    ("categories.yaml", "key: gambling", "key: fraud", 0, "is listed twice"),
    ("categories.yaml", "order: 2", "order: 1", 0, "same order"),
    ("categories.yaml", "    victim_first: true", "    victim_first: false", 0, "must be victim-first"),
    ("categories.yaml", "mr5: none", "mr5: 9(4)(b)", 0, "`mr5`"),
    ("categories.yaml", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_FRAUD", 0, "DSA has no category"),
    ("categories.yaml", "KEYWORD_HUMAN_TRAFFICKING", "KEYWORD_PHISHING", 0, "is not a keyword of"),
    ("categories.yaml", "KEYWORD_HUMAN_TRAFFICKING", "KEYWORD_OTHER", 0, "must be given together"),
    ("categories.yaml", "    order: 1\n", "    order: !!python/name:os.system\n", 0, "tag"),
    ("jurisdiction.yaml", "  zone: Asia/Jakarta\n", "", -2, "`zone` is missing"),
    ("jurisdiction.yaml", "  zone: Asia/Jakarta", "  zone: Asia/Jakata", 0, "no time zone `Asia/Jakata`"),
    ("jurisdiction.yaml", "  zone: Asia/Jakarta", "  zone: Asia/Tokyo", 0, "not among `zones`"),
    ("jurisdiction.yaml", "first_zone: Asia/Jayapura", "first_zone: ../Asia", 0, "no time zone `../Asia`"),
    ("jurisdiction.yaml", "{zone: Asia/Makassar,", "{zone: Asia/Jakarta,", 0, "is listed twice"),
    ("jurisdiction.yaml", "languages: [id, en]", "languages: [id, fr]", 0, "`languages` is not valid"),
    ("jurisdiction.yaml", "languages: [id, en]", "languages: [id, id]", 0, "is listed twice"),
    ("jurisdiction.yaml", "name: {id: Indonesia, en: Indonesia}", "name: {id: Indonesia}", 0, "translation `en`"),
    ("jurisdiction.yaml", 'emergency: ["110", "112"]', "emergency: []", 0, "`emergency` is not valid"),
    ("jurisdiction.yaml", 'emergency: ["110", "112"]', 'emergency: ["110", "113"]', 0, "with the number 113"),
    ("jurisdiction.yaml", "citations:\n", "citations:\n  tax: {id: UU, en: UU}\n", 1, "`tax` is not known here"),
    ("jurisdiction.yaml", "code: ID", "code: Indonesia", 0, "`code` is not valid"),
    ("jurisdiction.yaml", 'country_code: "62"', 'country_code: "062"', 0, "`country_code` is not valid"),
    ("release.yaml", "language: id", "language: en", 0, "first language of jurisdiction.yaml is `id`"),
    ("legal-bases.yaml", "valid_until: 2026-01-01", "valid_until: 2026-02-30", 0, "is not a valid value"),
    ("legal-bases.yaml", "replaces: kuhp_lama_378", "replaces: nothing_known", 0, "no legal basis `nothing_known`"),
    (
        "legal-bases.yaml",
        "authorities: [ministry, police]",
        "authorities: [ministry, operator]",
        0,
        "is not a kind of authority",
    ),
    ("legal-bases.yaml", "authorities: [ministry, police]", "authorities: [ministry, army]", 0, "authorities"),
    ("legal-bases.yaml", "    verified: false", "    verified: true", 0, "was not read in the gazette"),
    ("legal-bases.yaml", "    source: Commentators and news\n", "", -6, "`source` is missing"),
    ("legal-bases.yaml", "read: second_hand", "read: hearsay", 0, "`read` is not valid"),
    ("legal-bases.yaml", "categories: [gambling]", "categories: [lottery]", 0, "no category `lottery`"),
    ("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 25", 0, "longer than the law"),
    ("deadlines.yaml", "{channel: police, hours: 4", "{channel: police, hours: 5", 0, "longer than the law"),
    ("deadlines.yaml", "restoration: {hours: 48", "restoration: {hours: 49", 0, "longer than the law"),
    (
        "deadlines.yaml",
        "{category: terrorism, when: always",
        "{category: terrorism, when: marked",
        -1,
        "must always be urgent",
    ),
    ("deadlines.yaml", "category: trafficking", "category: unrest", 0, "no category `unrest`"),
    ("enforcement.yaml", "verification: [PT0S", "verification: [PT5M", 0, "not immediate"),
    ("enforcement.yaml", "verification: [PT0S", "verification: [soon", 0, "verification"),
    ("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 183", 0, "183 days is too short"),
    ("outside-bodies.yaml", "key: ombudsman", "key: ombudsmen", -12, "the body `ombudsman` is missing"),
    ("outside-bodies.yaml", "key: courts", "key: ombudsman", 0, "is listed twice"),
    ("outside-bodies.yaml", "    note: Number and site", "    # Number and site", -10, "has no note"),
    ("services.yaml", 'contact: "110"', "contact: 110", 0, "must be text"),
    ("services.yaml", "    note: The number was", "    # The number was", -6, "has no note"),
    ("lexicons/gambling.yaml", 'phrase: "maxwin"', 'phrase: "Maxwin"', 0, "plain lower-case letters"),
    ("lexicons/gambling.yaml", "weight: 0.45", "weight: 1.2", 0, "weight"),
    ("lexicons/gambling.yaml", "needs: [link]", "needs: [lnik]", -2, "no word list `lnik`"),
    ("lexicons/gambling.yaml", "slot gacor hari ini, daftar", "slot bagus, daftar", 0, "its own example"),
    ("lexicons/gambling.yaml", "situs gacor terpercaya", "razia situs gacor", 0, "its own example"),
    ("lexicons/gambling.yaml", "branch: none", "branch: victim_first", 0, "this branch does not fit"),
    ("quality.yaml", "share_dismissals: 0.08", "share_dismissals: 0.04", 0, "almost no case would be reviewed again"),
    ("quality.yaml", "share_decisions: 0.08", "share_decisions: 1.5", 0, "`share_decisions` is not valid"),
    ("quality.yaml", "group: men", "group: women", 0, "is listed twice"),
    ("routing.yaml", "skill: english", "skill: flying", 0, "no skill `flying`"),
    (
        "routing.yaml",
        "when: {language: [en]}",
        "when: {victim_first: true, language: [en]}",
        0,
        "takes all of its cases",
    ),
    ("routing.yaml", "when: {language: [en]}", "when: {}", 0, "has no condition"),
    ("routing.yaml", "when: {language: [en]}", "when: {category: [lottery]}", 0, "no category `lottery`"),
    (
        "routing.yaml",
        "{category: [child_protection]}",
        "{category: [child_protection], flagged: true}",
        3,
        "without a clearance",
    ),
    ("lexicons/gambling.yaml", "category: gambling", "category: intimate_pictures", 0, "screening never looks for"),
    ("rules/gambling.yaml", "category: gambling", "category: underage_account", 0, "screening never looks for"),
    ("deadlines.yaml", "days: 14", "days: 13", 0, "13 days are too few"),
    ("deadlines.yaml", "category: underage_account, days", "category: gambling, days", 0, "waits for no answer"),
    (
        "categories.yaml",
        "    dsa_keywords: [KEYWORD_HUMAN_TRAFFICKING]",
        "    only_on: [kabar]\n    dsa_keywords: [KEYWORD_HUMAN_TRAFFICKING]",
        0,
        "is missing in `trafficking` or not allowed",
    ),
    (
        "enforcement.yaml",
        "allowed: [dismiss, restrict, close]",
        "allowed: [dismiss, restrict, close, preserve]",
        0,
        "can never be decided",
    ),
    ("release.yaml", 'version: "2026.10"', "version: 2026.10", 0, "must be text"),
    ("release.yaml", "dated: 2026-11-29", "dated: today", 0, "dated"),
    ("release.yaml", "name: id", "name: [id", 1, "not YAML"),
    ("data-protection.yaml", "  - key: vital_interest", "  - key: consent", 0, "`consent` is listed twice"),
    ("data-protection.yaml", "  - key: objection", "  - key: moving", -15, "`objection` is missing"),
    ("data-protection.yaml", "verified: false", "verified: true", 0, "its official text was not read"),
    ("review.yaml", "  - category: gambling", "  - category: betting", 0, "no category `betting`"),
    ("review.yaml", "  - category: gambling", "  - category: fraud", 0, "has two rules"),
    ("review.yaml", "      - key: promotes", "      - key: gambling", 0, "is listed twice"),
    ("review.yaml", "      en: The account promotes or", "      # The account promotes or", -2, "translation `en`"),
]


def _cases() -> list[object]:
    return [pytest.param(*case, id=f"{case[0]}: {case[2].strip()}") for case in FAULTS]


@pytest.mark.parametrize(("file", "old", "new", "offset", "message"), _cases())
def test_a_fault_is_named_with_file_line_and_remedy(
    spoilt: Spoilt, file: str, old: str, new: str, offset: int, message: str
) -> None:
    """One broken line gives one problem on that line, with a sentence that says what to do."""
    line = spoilt.change(file, old, new)
    found = [problem for problem in spoilt.problems() if message in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [(file, line + offset)]
    assert found[0].remedy
    assert str(found[0]).startswith(f"{file}:{line + offset}: ")
    assert_told_in_indonesian(found[0])


@pytest.mark.parametrize("decision", ["restrict", "close", "redact", "preserve", "restore"])
@pytest.mark.parametrize("category", ["defamation", "sara", "false_news", "terrorism", "other"])
def test_a_label_cannot_be_given_an_action(spoilt: Spoilt, category: str, decision: str) -> None:
    """No release may offer an action on an account in a category outside the narrow list."""
    ladder = f"  - category: {category}\n    allowed: [dismiss"
    line = spoilt.change("enforcement.yaml", ladder, f"{ladder}, {decision}") + 1
    problem = spoilt.only()
    assert (problem.line, problem.what) == (
        line, f"`{decision}` can never be decided for `{category}`",
    )  # fmt: skip


@pytest.mark.parametrize("category", ["trafficking", "child_protection"])
def test_a_victim_first_category_cannot_be_given_a_closure(spoilt: Spoilt, category: str) -> None:
    """In a category where the holder may be the victim, no release may offer a closure."""
    ladder = f"  - category: {category}\n    allowed: [dismiss"
    spoilt.change("enforcement.yaml", ladder, f"{ladder}, close")
    assert "can never be decided" in spoilt.only().what


def test_a_closure_by_one_person_is_refused(spoilt: Spoilt) -> None:
    """A closure always takes two people, whatever the release says."""
    line = spoilt.change("enforcement.yaml", "second_person: [redact, close, refer]", "second_person: [redact, refer]")
    problem = spoilt.only()
    assert (problem.line, "one person alone" in problem.what) == (line, True)


def test_a_victim_first_dismissal_by_one_person_is_refused(spoilt: Spoilt) -> None:
    """Dismissing a victim-first case takes two people: overlooking a victim is as serious as acting against one."""
    spoilt.change("enforcement.yaml", "second_person: [dismiss, preserve", "second_person: [preserve")
    assert spoilt.only().what == "one person alone could decide `dismiss` for `trafficking`"


def test_a_category_that_cannot_be_dismissed_is_refused(spoilt: Spoilt) -> None:
    """MR5 art. 10 obliges the host to reject what is not prohibited, so every category must allow a dismissal."""
    spoilt.change("enforcement.yaml", "allowed: [dismiss, preserve", "allowed: [preserve")
    assert "cannot be dismissed" in spoilt.only().what


def test_a_category_without_a_ladder_is_refused(spoilt: Spoilt) -> None:
    """Each category must list its measures, so nobody has to guess what may be done."""
    spoilt.change("enforcement.yaml", "  - category: sara\n    allowed: [dismiss]\n    second_person: []\n", "")
    assert spoilt.only().what == "`sara` has no ladder"


def test_letters_name_somebody_who_helps_and_was_called(spoilt: Spoilt) -> None:
    """Letters to holders name only help services that somebody has called, and at least one."""
    line = spoilt.change("services.yaml", '    contact: "112"\n', '    contact: "112"\n    in_letters: true\n')
    assert (spoilt.only().line < line, "is named in letters but not verified" in spoilt.only().what) == (True, True)
    spoilt.change("services.yaml", "    in_letters: true\n", "")
    spoilt.change("services.yaml", "    in_letters: true\n", "")
    spoilt.change("services.yaml", "    in_letters: true\n", "")
    assert spoilt.only().what == "no service is named in the letters to account holders"


@pytest.mark.parametrize(
    ("day", "message"), [("2026-01-02", "overlaps with"), ("2025-12-31", "no law covers some days")]
)
def test_a_succession_of_laws_leaves_neither_overlap_nor_hole(spoilt: Spoilt, day: str, message: str) -> None:
    """A provision begins on the day after the end of the provision that it replaces."""
    spoilt.change("legal-bases.yaml", "valid_until: 2026-01-01", f"valid_until: {day}")
    problem = spoilt.only()
    assert message in problem.what
    assert problem.remedy == "End the replaced legal basis on 2026-01-01."


def test_an_actionable_category_without_law_is_refused(spoilt: Spoilt) -> None:
    """A category with actions must name the law that they are based on."""
    spoilt.change("legal-bases.yaml", "categories: [underage_account]", "categories: [trafficking]")
    assert "no legal basis covers `underage_account`" in spoilt.only().what


def test_an_unknown_placeholder_is_refused_on_its_line(spoilt: Spoilt) -> None:
    """A letter cannot use a value that the program does not give, such as the reporter's name."""
    line = spoilt.change("letters/statement_of_reasons.yaml", "Fakta: $facts", "Fakta: $facts $reporter")
    problem = spoilt.only()
    assert (problem.line, problem.what) == (line, "the placeholder $reporter is not known here")


def test_a_missing_placeholder_is_refused(spoilt: Spoilt) -> None:
    """Each letter must contain the placeholders for the reasons and for the way to appeal."""
    spoilt.change("letters/measure.yaml", "    Enter this code: $appeal_code\n", "")
    assert spoilt.only().what == "the placeholder $appeal_code is missing in `en`"


def test_a_dollar_that_names_nothing_is_refused(spoilt: Spoilt) -> None:
    """A dollar sign without a name, as in a price, is refused by the check and does not fail at the moment of
    sending.
    """
    line = spoilt.change("letters/restoration.yaml", "Sekali lagi", "$5. Sekali lagi")
    assert (spoilt.only().line, spoilt.only().what) == (line, "a $ without a placeholder's name")


def test_a_missing_file_and_a_stray_file_are_named(spoilt: Spoilt) -> None:
    """An unread file would change the hash and have no effect, so it is reported; so is a missing file."""
    (spoilt.folder / "services.yaml").rename(spoilt.folder / "service.yaml")
    assert [(problem.file, problem.what) for problem in spoilt.problems()] == [
        ("service.yaml", "no file of a release has this name"),
        ("services.yaml", "the file is missing"),
    ]


def test_an_alias_is_refused(spoilt: Spoilt) -> None:
    """YAML aliases are refused: a reader of a diff must understand a line without looking elsewhere."""
    own = "source: {id: aturan kami sendiri, en: our own rule}"
    spoilt.change("deadlines.yaml", own, own.replace("{id", "&own {id"))
    line = spoilt.change("deadlines.yaml", f"{{hours: 168, {own}}}", "{hours: 168, source: *own}")
    assert (spoilt.only().line, "alias" in spoilt.only().what) == (line, True)


NO_YAML = [b"", b"\xff\xfe", b"a: \x00", b"- 1\n--- \n- 2", b"[1, 2]", b"1: x", b"?", b"[" * 9999]


@pytest.mark.parametrize("content", NO_YAML, ids=lambda content: repr(content[:8]))
def test_a_file_that_is_no_such_yaml_is_a_problem_not_a_crash(spoilt: Spoilt, content: bytes) -> None:
    """Whatever a file contains, the answer is a list of problems that name the file."""
    (spoilt.folder / "deadlines.yaml").write_bytes(content)
    assert {problem.file for problem in spoilt.problems()} == {"deadlines.yaml"}


@settings(max_examples=example_count(10), deadline=None)
@given(st.data())
def test_no_slip_of_the_keyboard_makes_the_check_crash(copies: Callable[[], Spoilt], data: st.DataObject) -> None:
    """Deleting, doubling or cutting any line gives problems with a line of an existing file, never a crash."""
    folder = copies().folder
    path = data.draw(st.sampled_from(sorted(folder.rglob("*.yaml"))))
    lines = path.read_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    slip = data.draw(st.sampled_from(["lost", "doubled", "cut", "emptied"]))
    half = lines[at][: len(lines[at]) // 2]
    key = lines[at].split(":")[0] + ":"
    lines[at : at + 1] = {"lost": [], "doubled": [lines[at]] * 2, "cut": [half], "emptied": [key]}[slip]
    path.write_text("\n".join(lines))
    for problem in check_release(folder):
        assert 1 <= problem.line <= len((folder / problem.file).read_text().splitlines()) + 1
        assert problem.what
        assert problem.remedy


def test_every_fault_is_listed_at_once(spoilt: Spoilt) -> None:
    """All faults are listed at once, ordered by file and line."""
    spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 48")
    spoilt.change("enforcement.yaml", "second_person: [redact, close, refer]", "second_person: []")
    spoilt.change("letters/restoration.yaml", "$lost.", "$stolen.")
    problems = spoilt.problems()
    assert [problem.file for problem in problems] == [
        "deadlines.yaml", *["enforcement.yaml"] * 3, *["letters/restoration.yaml"] * 2,
    ]  # fmt: skip
    with pytest.raises(PolicyError) as caught:
        load_release(spoilt.folder)
    assert caught.value.problems == tuple(problems)
    assert str(problems[0]) in caught.value.english()


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    """A wrong path raises OSError and is not read as an empty release."""
    with pytest.raises(FileNotFoundError):
        check_release(tmp_path / "nowhere")
