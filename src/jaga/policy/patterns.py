"""The restricted regular expressions of rules, which hyperscan matches in linear time within one text.

Patterns match the folded text (`screening.text.block`): lower-case Latin letters, digits, ASCII signs and spaces.
Refused are lookarounds and backreferences, anything that could match a line break (texts are separated by line breaks),
and unbounded repeats. `screening.engine.proving` also compiles and times each pattern.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from jaga.core.errors import N_
from jaga.policy.problems import fill

LONGEST = 300
MOST_REPEATS = 40
MOST_TOGETHER = 400
"""The largest product of nested repeats, e.g. `(?:a{2,20}b){1,20}`."""

MOST_POSITIONS = 400
"""The largest number of characters and classes of a pattern once its repeats are written out, which is the size of the
automaton. Hyperscan refuses larger ones, or holds megabytes and takes seconds for them."""

_TOKEN = re.compile(
    r"""(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\(\?<?.|\()|(?P<close>\))"""
    r"""|(?P<counted>\{\d*,?\d*\})|(?P<repeat>[*+?])|(?P<plain>.)""",
    re.DOTALL,
)
_ESCAPES = frozenset("bd") | frozenset(".^$*+?{}[]\\|()/-:@#&!%=_'\"~,;<> ")


@lru_cache(maxsize=4096)  # drafts of a release differ in few of their hundreds of patterns
def faults_of(pattern: str, longest: int = LONGEST) -> tuple[tuple[str, str], ...]:
    """The problems of a pattern with their remedies; nothing if it is valid."""
    return tuple(_faults(pattern, longest))


def _faults(pattern: str, longest: int) -> Iterator[tuple[str, str]]:
    if len(pattern) > longest:
        yield (
            fill(N_("the pattern is longer than %(longest)s characters"), longest=longest),
            N_("Write two rules, or a word list."),
        )
        return
    if pattern != pattern.lower() and not re.search(r"\\[A-Z]", pattern):
        yield N_("the pattern has capital letters"), N_("Texts are screened in lower case; use lower-case letters.")
    if not pattern.isascii():
        yield (
            N_("the pattern has characters that never occur in a screened text"),
            N_("Use a to z, 0 to 9 and ASCII punctuation."),
        )
    faults = [*_not_the_same_everywhere(pattern)]
    if faults:
        yield from faults
        return
    try:
        parsed = _parser.parse(pattern)
    except re.error as error:
        yield (
            fill(N_("this is not a regular expression: %(error)s"), error=error),
            N_("Check the brackets and repeats."),
        )
        return
    yield from _token_faults(pattern)
    if (size := _positions(parsed)) > MOST_POSITIONS:
        yield (
            fill(N_("the pattern has %(size)s characters when its repeats are written out"), size=size),
            fill(N_("At most %(most)s: repeat less, or write two rules."), most=MOST_POSITIONS),
        )
    if parsed.getwidth()[0] == 0:
        yield N_("the pattern matches an empty text"), N_("Make it match at least one character.")


def _not_the_same_everywhere(pattern: str) -> Iterator[tuple[str, str]]:
    """What Python and hyperscan interpret differently, found by fuzzing. Python only warns about some of it."""
    if any(char < " " for char in pattern):
        yield (
            N_("the pattern has a control character"),
            N_("Remove it: screened texts have none, and hyperscan stops reading at a NUL."),
        )
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "class" and re.search(r"(?<!\\)\[|--|&&|~~|\|\|", written[1:]):
            yield (
                fill(N_("`%(written)s` has brackets or doubled characters within brackets"), written=written),
                N_("Write `\\[`, and each character once."),
            )
        elif kind == "counted" and written.startswith("{,"):
            yield (
                fill(N_("`%(written)s` has no minimum"), written=written),
                fill(N_("Write {0%(rest)s."), rest=written[1:]),
            )


def _token_faults(pattern: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "open" and written not in ("(", "(?:"):
            yield (
                fill(N_("`%(written)s` is a lookaround, a named group or a flag"), written=written),
                N_("Use plain groups, `(?:…)`, and `unless`."),
            )
        elif kind == "escape" and written[1] in "123456789":
            yield (
                fill(N_("`%(written)s` is a back-reference to a group"), written=written),
                N_("Write out what can occur there."),
            )
        elif kind == "escape" and written[1] not in _ESCAPES:
            yield (
                fill(N_("`%(written)s` is not part of the pattern syntax"), written=written),
                (N_("Use [a-z], [0-9], \\d, \\b, a space and escaped characters; none of these matches a line break.")),
            )
        elif kind == "class" and (written.startswith("[^") or re.search(r"\\[^d.\]\[\\/^-]", written)):
            yield (
                fill(N_("`%(written)s` could match a line break"), written=written),
                N_("List the characters that can occur there."),
            )
        elif kind == "counted" and any(int(n) > MOST_REPEATS for n in re.findall(r"\d+", written)):
            yield (
                fill(
                    N_("`%(written)s` repeats more than %(most_repeats)s times"),
                    written=written,
                    most_repeats=MOST_REPEATS,
                ),
                N_("Repeat less often."),
            )
        elif (kind == "repeat" and written in "*+") or (kind == "counted" and written.endswith(",}")):
            yield (
                fill(N_("`%(written)s` repeats without a limit"), written=written),
                fill(N_("Write the largest number of repeats, e.g. {1,%(most_repeats)s}."), most_repeats=MOST_REPEATS),
            )
    if _together(pattern) > MOST_TOGETHER:
        yield (
            N_("nested repeats multiply"),
            fill(N_("Keep their product at %(most_together)s or less."), most_together=MOST_TOGETHER),
        )


def _together(pattern: str) -> int:
    """The largest product of nested counted repeats."""
    inside, last = [1], 1
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "open":
            inside.append(1)
        elif kind == "close" and len(inside) > 1:
            last = inside.pop()
            inside[-1] = max(inside[-1], last)
        elif kind == "counted":
            last *= max(map(int, re.findall(r"\d+", written)), default=1)
            inside[-1] = max(inside[-1], last)
        else:
            last = 1
    return max(inside)


def _positions(parsed: Any) -> int:
    """Characters and classes with their repeats written out; `parsed` is of Python's parser."""
    found = 0
    for kind, given in parsed:
        match str(kind):
            case "SUBPATTERN":
                found += _positions(given[3])
            case "MAX_REPEAT" | "MIN_REPEAT":
                found += min(int(given[1]), MOST_POSITIONS + 1) * _positions(given[2])
            case "BRANCH":
                found += sum(_positions(one) for one in given[1])
            case "AT":
                pass
            case _:
                found += 1
    return found
