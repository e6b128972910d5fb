"""The restricted regular expressions of rules, which hyperscan matches in linear time within one text.

Patterns match the folded text (`screening.text.block`): lower-case Latin letters, digits, ASCII signs and spaces.
Refused are lookarounds and backreferences, anything that could match a line break (texts are separated by line breaks),
and unbounded repeats. `screening.engine.proving` also compiles and times each pattern.
"""

import re
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]

LONGEST = 300
MOST_REPEATS = 40
MOST_TOGETHER = 400
"""The largest product of nested repeats, e.g. `(?:a{2,20}b){1,20}`."""

_TOKEN = re.compile(
    r"""(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\(\?<?.|\()|(?P<close>\))"""
    r"""|(?P<counted>\{\d*,?\d*\})|(?P<repeat>[*+?])|(?P<plain>.)""", re.DOTALL)
_ESCAPES = frozenset("bd") | frozenset(".^$*+?{}[]\\|()/-:@#&!%=_'\"~,;<> ")


def faults_of(pattern: str, longest: int = LONGEST) -> Iterator[tuple[str, str]]:
    """The problems of a pattern with their remedies; nothing if it is valid."""
    if len(pattern) > longest:
        yield f"the pattern is longer than {longest} characters", "Write two rules, or a word list."
        return
    if pattern != pattern.lower() and not re.search(r"\\[A-Z]", pattern):
        yield "the pattern has capital letters", "Folded texts have none; write small ones."
    if not pattern.isascii():
        yield "the pattern has letters that a folded text never has", "Write plain a to z, 0 to 9 and ASCII signs."
    faults = [*_not_the_same_everywhere(pattern)]
    if faults:
        yield from faults
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"this is no regular expression: {error}", "Look at the brackets and repeats."
        return
    yield from _token_faults(pattern)
    if _parser.parse(pattern).getwidth()[0] == 0:
        yield "the pattern matches where nothing stands", "Let it ask for at least one character."


def _not_the_same_everywhere(pattern: str) -> Iterator[tuple[str, str]]:
    """What Python and hyperscan interpret differently, found by fuzzing. Python only warns about some of it."""
    if any(char < " " for char in pattern):
        yield "the pattern has a control character", "Folded texts have none; hyperscan stops reading at a NUL."
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "class" and re.search(r"(?<!\\)\[|--|&&|~~|\|\|", written[1:]):
            yield f"`{written}` has brackets or doubled signs within brackets", "Write `\\[`, and each sign once."
        elif kind == "counted" and written.startswith("{,"):
            yield f"`{written}` has no least number", f"Write {{0{written[1:]}."


def _token_faults(pattern: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "open" and written not in ("(", "(?:"):
            yield f"`{written}` looks around, names or switches something", "Use plain groups, `(?:…)`, and `unless`."
        elif kind == "escape" and written[1] in "123456789":
            yield f"`{written}` looks back at a group", "Write out what may stand there."
        elif kind == "escape" and written[1] not in _ESCAPES:
            yield f"`{written}` is not in the language of patterns", (
                "Use [a-z], [0-9], \\d, \\b, a space, and escaped signs; none of these matches a line's end.")
        elif kind == "class" and (written.startswith("[^") or re.search(r"\\[^d.\]\[\\/^-]", written)):
            yield f"`{written}` could match a line's end", "List the characters that may stand there."
        elif kind == "counted" and any(int(n) > MOST_REPEATS for n in re.findall(r"\d+", written)):
            yield f"`{written}` repeats more than {MOST_REPEATS} times", "Repeat less often."
        elif (kind == "repeat" and written in "*+") or (kind == "counted" and written.endswith(",}")):
            yield f"`{written}` repeats without end", f"Say how often at most, e.g. {{1,{MOST_REPEATS}}}."
    if _together(pattern) > MOST_TOGETHER:
        yield "repeats stand within repeats and multiply", f"Keep their product under {MOST_TOGETHER}."


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
