"""Checks of texts: letters, wordings, lexicons.

Checks of review.yaml.

Checks of wellness.yaml.
"""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.policy import limits
from jaga.policy.letters import CONTRACT, WORDING_KEYS, LetterTemplateFile, used_placeholders
from jaga.policy.limits import widest
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile
from jaga.policy.review import ReviewFile
from jaga.policy.screening_rules import LexiconFile, LexiconPhrase, WordList, context, occurs_in


def check_review(draft: "PartialRelease") -> Iterator[ReleaseProblem]:
    """One rule for each category; elements exactly where closures are possible, with unique keys."""
    if (part := draft.review) is None:
        return
    seen: set[str] = set()
    for index, rule in enumerate(part.value.rules):
        place = ("rules", index)
        if rule.category in seen:
            yield part.document.problem(
                (*place, "category"), fill(N_("`%(category)s` has two rules"), category=rule.category), N_("Keep one.")
            )
        seen.add(rule.category)
        keys = [element.key for element in rule.elements]
        for at, key in enumerate(keys):
            if key in keys[:at]:
                yield part.document.problem(
                    (*place, "elements", at), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
                )
    yield from _categories(draft, part, seen)
    yield from _closures(draft, part)


def _categories(draft: "PartialRelease", part: "ReleaseFile[ReviewFile]", seen: set[str]) -> Iterator[ReleaseProblem]:
    if draft.categories is None:
        return
    categories = [category.key for category in draft.categories.value.categories]
    for index, rule in enumerate(part.value.rules):
        if rule.category not in categories:
            yield part.document.problem(
                ("rules", index, "category"),
                fill(N_("there is no category `%(category)s`"), category=rule.category),
                N_("Use a key of categories.yaml."),
            )
    for key in categories:
        if key not in seen:
            yield part.document.problem(
                ("rules",), fill(N_("`%(key)s` has no rule"), key=key), N_("Add one: reviewers read it with each case.")
            )


def _closures(draft: "PartialRelease", part: "ReleaseFile[ReviewFile]") -> Iterator[ReleaseProblem]:
    if draft.enforcement is None:
        return
    closing = {
        ladder.category
        for ladder in draft.enforcement.value.ladders
        if DecisionKind.CLOSE in ladder.allowed and DecisionKind.CLOSE in widest(ladder.category, victim_first=False)
    }
    for index, rule in enumerate(part.value.rules):
        place = ("rules", index)
        if rule.category in closing and not rule.elements:
            yield part.document.problem(
                place,
                fill(N_("accounts can be closed for `%(category)s`, but it has no elements"), category=rule.category),
                N_("Add `elements`: the conditions for closing an account."),
            )
        if rule.category not in closing and rule.elements:
            yield part.document.problem(
                (*place, "elements"),
                fill(N_("accounts can never be closed for `%(category)s`"), category=rule.category),
                N_("Remove `elements`: nobody would be asked about them."),
            )


NEVER_SOUGHT = N_(
    "Remove the file: only certain people may report this category (limits.WHO_MAY_REPORT), so "
    "screening never looks for it."
)


def check_letters(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Each language of each letter uses exactly the placeholders that the program fills."""
    for key, part in draft.letters.items():
        for language in draft.languages:
            yield from _placeholders(part, language, CONTRACT[key][1])


def _placeholders(
    part: ReleaseFile[LetterTemplateFile], language: str, wanted: frozenset[str]
) -> Iterator[ReleaseProblem]:
    subject, text = getattr(part.value.subject, language), getattr(part.value.text, language)
    place = ("text", language)
    head = part.document.line(*place)
    offset = 1 if "\n" in text else 0  # a block text starts on the line after its key
    remedy = fill(N_("Use only %(names)s."), names=", ".join(f"${name}" for name in sorted(wanted)))
    used, stray = used_placeholders(text)
    lines = {name: head + offset + line for name, line in used.items()}
    in_subject, stray_subject = used_placeholders(subject)
    lines.update({name: part.document.line("subject", language) for name in in_subject if name not in lines})
    for name in sorted(lines.keys() - wanted):
        yield ReleaseProblem(
            part.document.file, lines[name], fill(N_("the placeholder $%(name)s is not known here"), name=name), remedy
        )
    for name in sorted(wanted - lines.keys()):
        what = fill(N_("the placeholder $%(name)s is missing in `%(language)s`"), name=name, language=language)
        yield ReleaseProblem(part.document.file, head, what, fill(N_("Put $%(name)s into the text."), name=name))
    for line in stray:
        yield ReleaseProblem(
            part.document.file,
            head + offset + line,
            N_("a $ without a placeholder's name"),
            N_("Write $$ for a dollar sign."),
        )
    for _ in stray_subject:
        yield part.document.problem(
            ("subject", language), N_("a $ without a placeholder's name"), N_("Write $$ for a dollar sign.")
        )


def check_wordings(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Exactly the wordings that letters use exist."""
    if (part := draft.wordings) is None:
        return
    seen: set[str] = set()
    for index, wording in enumerate(part.value.wordings):
        place = ("wordings", index, "key")
        if wording.key in seen:
            yield part.document.problem(place, fill(N_("`%(key)s` is listed twice"), key=wording.key), N_("Keep one."))
        elif wording.key not in WORDING_KEYS:
            yield part.document.problem(
                place,
                fill(N_("no letter or page uses the wording `%(key)s`"), key=wording.key),
                N_("Correct or remove it."),
            )
        seen.add(wording.key)
    for key in sorted(WORDING_KEYS - seen):
        yield part.document.problem(
            ("wordings",), fill(N_("the wording `%(key)s` is missing"), key=key), N_("Add it in both languages.")
        )


def too_short(phrase: str) -> bool:
    """Whether it has fewer letters and digits than anything to look for needs."""
    if phrase.isalnum():  # as most are
        return len(phrase) < limits.LEAST_LETTERS
    return sum(map(str.isalnum, phrase)) < limits.LEAST_LETTERS


def short_phrase(phrase: str) -> tuple[str, str]:
    """What is wrong with a phrase that is too short, and the remedy."""
    return (
        fill(N_("“%(phrase)s” occurs in nearly every text"), phrase=phrase),
        fill(N_("Use at least %(least)s letters or digits."), least=limits.LEAST_LETTERS),
    )


def check_lexicons(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Categories and word lists exist, no phrase is repeated, and each entry matches its own example."""
    if draft.words is None:
        return
    lists = {words.key: words for words in draft.words.value.lists}
    flags = {c.key: c.victim_first for c in draft.categories.value.categories} if draft.categories else None
    for at, words in enumerate(draft.words.value.lists):
        for index, word in enumerate(words.words):
            if too_short(word):
                yield draft.words.document.problem(("lists", at, "words", index), *short_phrase(word))
    seen: set[tuple[str, str]] = set()
    for part in draft.lexicons:
        lexicon = part.value
        if flags is not None and lexicon.category not in flags:
            yield part.document.problem(
                ("category",),
                fill(N_("there is no category `%(category)s`"), category=lexicon.category),
                N_("Use a key of categories.yaml."),
            )
        elif flags is not None and (lexicon.branch == "victim_first") != flags[lexicon.category]:
            yield part.document.problem(
                ("branch",), fill(N_("this branch does not fit `%(category)s`"), category=lexicon.category),
                N_("Write `victim_first` for victim-first categories and `none` for all others."),
            )  # fmt: skip
        if lexicon.category in limits.UNSOUGHT_CATEGORIES:
            yield part.document.problem(
                ("category",),
                fill(N_("screening never looks for `%(category)s`"), category=lexicon.category),
                NEVER_SOUGHT,
            )
        for index, entry in enumerate(lexicon.entries):
            yield from _entry(part, index, entry, lists)
            if (lexicon.category, entry.phrase) in seen:
                yield part.document.problem(
                    ("entries", index, "phrase"),
                    fill(N_("“%(phrase)s” is listed twice"), phrase=entry.phrase),
                    N_("Keep one."),
                )
            seen.add((lexicon.category, entry.phrase))


def _entry(
    part: ReleaseFile[LexiconFile], index: int, entry: LexiconPhrase, lists: dict[str, WordList]
) -> Iterator[ReleaseProblem]:
    place = ("entries", index)
    if entry.phrase != " ".join(entry.phrase.casefold().split()):
        yield part.document.problem(
            (*place, "phrase"),
            fill(N_("“%(phrase)s” is not in plain lower-case letters"), phrase=entry.phrase),
            N_("Screening turns texts into plain lower-case letters; write the phrase so too."),
        )
    if too_short(entry.phrase):
        yield part.document.problem((*place, "phrase"), *short_phrase(entry.phrase))
    unknown = [name for name in (*entry.needs, *entry.exceptions) if name not in lists]
    for name in unknown:
        yield part.document.problem(
            place, fill(N_("there is no word list `%(name)s`"), name=name), N_("Use a key of lexicons/words.yaml.")
        )
    if unknown:
        return
    needs, exceptions = context(entry, lists)
    if (
        not occurs_in(entry.phrase, entry.example)
        or (entry.needs and not any(occurs_in(word, entry.example) for word in needs))
        or any(occurs_in(word, entry.example) for word in exceptions)
    ):
        yield part.document.problem(
            (*place, "example"), fill(N_("“%(phrase)s” would not be found in its own example"), phrase=entry.phrase),
            N_("Give an example that has the phrase, one of the words that it needs, and none of its exceptions."),
        )  # fmt: skip


def check_wellness(draft: "PartialRelease") -> Iterator[ReleaseProblem]:
    """Weights grow with severity, severe material has a weight, and a rotation can become due."""
    if (part := draft.wellness) is None:
        return
    value = part.value
    ordered = [value.weights.of(severity) for severity in Severity]
    if ordered != sorted(ordered):
        yield part.document.problem(
            ("weights",),
            N_("more severe material has less weight than milder material"),
            N_("Increase the weights from `low` to `critical`."),
        )
    if value.weights.of(value.severe_from) == 0:
        yield part.document.problem(
            ("weights", value.severe_from.name.lower()),
            N_("severe material has no weight, so nobody would ever reach the limit"),
            N_("Give it a weight above 0."),
        )
    if value.rotation.after_minutes >= value.rotation.within_minutes:
        yield part.document.problem(
            ("rotation", "after_minutes"),
            N_("reviewers would never be rotated to lighter material"),
            N_("Make `after_minutes` less than `within_minutes`."),
        )
