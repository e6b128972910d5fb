"""Tests of a release's rules: patterns compile and are fast, positive examples match, negative ones do not.

`jaga.policy` checks a release without the engine; this is the part of `jaga policy check` that runs it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import hyperscan
import numpy as np

from jaga.core.errors import N_
from jaga.policy.documents import Document
from jaga.policy.letters import LabelledText
from jaga.policy.models import LocalText
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.release import PolicyRelease, load_release, read_release
from jaga.policy.screening_rules import RuleCondition, ScreeningRule, walk
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.engine.false_alarms import filter_of
from jaga.screening.engine.screen import screen_texts
from jaga.screening.models.classifier import BadModel
from jaga.screening.rules.rule_set import RuleSet
from jaga.screening.rules.rules import Rules, TextContext, evidence, holds
from jaga.screening.rules.sentences import NEARLY
from jaga.screening.text.block import Hits
from jaga.screening.text.fold import fold_texts
from jaga.screening.text.signals import Screened

SLOWEST = 0.010
"""Seconds one rule may take on a text of 64 kB."""
LONG = 64 * 1024
_RUNS, _RUNS_IF_SLOW = 5, 25
_NO_REASON = LocalText("-", "-")
_NONE = Hits(*(np.zeros(0, np.int32),) * 4)


Told = Callable[[str, int, int], None]
"""Receives each rule before it is tried: its key, its number from 1, and the number of all."""


def prove(path: Path | None = None, told_of: Told | None = None) -> list[ReleaseProblem]:
    """Problems of every rule in a valid release. Raises PolicyError if the release itself is invalid."""
    release = load_release(path)
    rules = {rule.key: rule for rule in release.screening_rules}
    written = [(part, index, one) for part in read_release(path).rules for index, one in enumerate(part.value.rules)]
    found = [*filter_faults(release), *contact_faults(release)]
    for number, (part, index, one) in enumerate(written, 1):
        if told_of is not None:
            told_of(one.key, number, len(written))
        found += _problems(rules[one.key], release, part.document, index)
    return found


def filter_faults(release: PolicyRelease) -> Iterator[ReleaseProblem]:
    """Whether the model of the false-alarm filter can be read."""
    try:
        filter_of(release)
    except BadModel:
        yield ReleaseProblem(
            "filter.yaml",
            1,
            N_("the model of the false-alarm filter cannot be read"),
            N_("Run `jaga policy learn-filter` on the folder."),
        )


def contact_faults(release: PolicyRelease) -> Iterator[ReleaseProblem]:
    """Whether each entry of the warning list holds a contact that programs recognise. Short numbers are none."""
    for one in release.screening.known_contacts:
        if not contacts_in(one.contacts):
            yield ReleaseProblem(
                "screening.yaml",
                1,
                fill(N_("no contact is recognised in `%(contacts)s` of %(who)s"), contacts=one.contacts, who=one.who),
                N_(
                    "Write a telephone number with its prefix, an e-mail address, or a link to an"
                    " account. Short numbers need no entry: they are no indicators."
                ),
            )


def prove_texts(path: Path | None = None) -> list[ReleaseProblem]:
    """Where the rules and phrases of a valid release do something else with its texts than these say.

    A text that the rules flag wrongly or miss must say so, and one that says so without being it is a problem too.
    What the false-alarm filter takes away does not count: it has learnt these very texts, and would hide what the rules
    do. What it confirms does count against it: no harmless text may be flagged by it.
    """
    release = load_release(path)
    written = [(file.name, line, one) for file in read_release(path).texts for line, one in file.texts]
    found = screen_texts([one.text for _, _, one in written], release)
    return [
        ReleaseProblem(name, line, *fault)
        for (name, line, one), screened in zip(written, found, strict=True)
        if (fault := _text_fault(one, screened, release.screening.flagged_from))
    ]


def _text_fault(one: LabelledText, screened: Screened, flagged_from: float) -> tuple[str, str] | None:
    """Where a text's marks differ from what the rules do with it, and the remedy."""
    confirmed = any(signal.msgid == NEARLY for signal in screened.signals)
    flagged = screened.filtered or (screened.score >= flagged_from and not confirmed)
    if one.category is None and confirmed:
        return (
            fill(N_("the filter flags the harmless text “%(id)s”, which nearly fulfils a rule"), id=one.id),
            N_("Raise `nearly_from` in screening.yaml, or `nearly` of the rule."),
        )
    if one.category is None and flagged != one.mistaken:
        return (
            (
                fill(N_("the harmless text “%(id)s” is flagged"), id=one.id),
                N_('Correct the rules, or write `"mistaken": true` to record the mistake.'),
            )
            if flagged
            else (fill(N_("the harmless text “%(id)s” is no longer flagged"), id=one.id), N_("Remove `mistaken`."))
        )
    if one.category is not None and flagged is one.missed:
        return (
            (fill(N_("the text “%(id)s” is found now"), id=one.id), N_("Remove `missed`."))
            if flagged
            else (
                fill(N_("the text “%(id)s” is no longer found"), id=one.id),
                N_('Correct the rules, or write `"missed": true` to record the miss.'),
            )
        )
    return None


def _problems(rule: ScreeningRule, release: PolicyRelease, document: Document, index: int) -> Iterator[ReleaseProblem]:
    rules = Rules((rule,), release.word_lists)
    place = ("rules", index)
    for kind, texts, wanted in (("matches", rule.matches, True), ("passes", rule.passes, False)):
        for at, text in enumerate(texts):
            if matches(rules, text) is not wanted:
                missed = N_("the rule does not match its own example “%(text)s”")
                what = missed if wanted else N_("the rule matches “%(text)s”, which it must not match")
                yield document.problem(
                    (*place, kind, at), fill(what, text=text), N_("Correct the example or the rule.")
                )
    for within, one in walk(rule.when):
        if one.pattern is not None and (fault := _fault(one.pattern)):
            yield document.problem(
                (*place, "when", *within, "pattern"),
                fault,
                N_("Match less, or require a word boundary (\\b) at both ends."),
            )


def matches(rules: Rules, text: str) -> bool:
    """Whether the single rule matches an example, with the context the rule requires."""
    rule = rules.rules[0]
    facts = replace(rules.facts(text), about=wanted(rule.when))
    return holds(rule.when, facts) and bool(evidence(rule.when, facts))


def wanted(condition: RuleCondition) -> TextContext:
    """A context that satisfies the condition's requirements."""
    about = TextContext(age_days=0.0, copies=1_000_000, decided=100_000)
    for _, one in walk(condition):
        if one.platform is not None:
            about = replace(about, platform=about.platform or one.platform[0])
        if one.surface is not None:
            about = replace(about, surface=about.surface or one.surface[0])
        if one.listed is not None:
            about = replace(about, lists=about.lists | {one.listed})
    return about


def _fault(pattern: str) -> str:
    """Why a pattern cannot be used, or ""."""
    try:
        taken = seconds(pattern)
    except hyperscan.error as error:
        return fill(N_("the matching engine rejects the pattern: %(why)s"), why=str(error))
    if taken <= SLOWEST:
        return ""
    return fill(
        N_("the pattern takes %(taken)s ms on a text of 64 kB; at most %(most)s ms are allowed"),
        taken=round(taken * 1000),
        most=round(SLOWEST * 1000),
    )


@lru_cache(maxsize=1024)
def seconds(pattern: str) -> float:
    """The slowest time a pattern takes on hostile texts of 64 kB."""
    one = RuleSet(Rules((ScreeningRule("one", "one", 1.0, RuleCondition(pattern=pattern), _NO_REASON),)))
    return max(_best(one, text) for text in hostile(pattern))


def _best(rules: RuleSet, text: str) -> float:
    """The best of some runs; of more where it looks slow, since a busy machine makes everything look so."""
    block, best = fold_texts([text])[0], float("inf")
    for run in range(_RUNS_IF_SLOW):  # The first run warms the caches.
        start = time.thread_time()
        rules.evaluate(block, _NONE, _NONE)
        best = min(best, time.thread_time() - start)
        if best <= SLOWEST / 4 or (best <= SLOWEST and run >= _RUNS):
            break
    return best


def hostile(pattern: str) -> Iterator[str]:
    """Texts in which a pattern starts or matches as often as possible."""
    letters = "".join(dict.fromkeys(char for char in pattern if char.isalnum())) or "a"
    for unit in (
        "a",
        "1",
        "a ",
        "1 ",
        "a1",
        "a1 ",
        "aaaaaa11 ",
        ". ",
        " ",
        letters,
        letters + " ",
        *(char + " " for char in letters[:6]),
        *letters[:6],
    ):
        yield (unit * (LONG // len(unit) + 1))[:LONG]
