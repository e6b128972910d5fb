"""Letter templates: recipients, placeholders, and rendering.

texts/: invented texts with the category they belong to, which the rules are run on. One JSON object a line.

They test the rules and say nothing about their quality: whoever wrote the rules may have read them.

Letters that look like others, and invisible characters: they make two equal-looking words differ.

A key with a Cyrillic “а” is unknown although it reads like a known one, and a phrase with one is never found, since
screening folds every text to plain letters. Examples of rules and phrases may hold such letters: they show disguises.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass as schema

from jaga.core.errors import N_
from jaga.core.terms.cases import ActionKind
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Language
from jaga.policy.models import STRICT, Key, LocalText, Text
from jaga.policy.problems import ReleaseProblem, Sentence, WrongPlaceholders, fill


@schema(frozen=True, config=STRICT)
class LabelledText:
    """A text and what people call it. `missed` and `mistaken` admit what the rules do wrong with it."""

    id: Text
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    style: Text
    region: Text
    category: Key | None = None  # None: innocent
    note: str = ""
    missed: bool = False
    mistaken: bool = False

    @model_validator(mode="after")
    def _one_fault(self) -> "LabelledText":
        if (self.missed and self.category is None) or (self.mistaken and self.category is not None):
            raise ValueError("`missed` only with a category, `mistaken` only without one")
        return self


@dataclass(frozen=True)
class LabelledFile:
    """One file of texts, with the line of each."""

    name: str
    texts: tuple[tuple[int, LabelledText], ...]


_ONE: TypeAdapter[LabelledText] = TypeAdapter(LabelledText)


def read_texts(name: str, content: bytes) -> tuple[LabelledFile, list[ReleaseProblem]]:
    """The texts of one file that can be read, and the problems of the others. Empty lines are skipped."""
    found: list[tuple[int, LabelledText]] = []
    problems: list[ReleaseProblem] = []
    for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, _ONE.validate_python(_object(line))))
        except ValidationError as error:
            problems += [
                ReleaseProblem(name, number, what, N_("docs/policy.md lists the fields of a text."))
                for what in _faults(error)
            ]
        except ValueError:
            problems.append(
                ReleaseProblem(
                    name, number, N_("this line is not a JSON object"), N_("Write one JSON object per line, in braces.")
                )
            )
    return LabelledFile(name, tuple(found)), problems


def _object(line: str) -> dict[str, Any]:
    """Raises ValueError."""
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        field = ".".join(map(str, fault["loc"])) or "text"
        yield fill(N_("`%(field)s` is not valid: %(why)s"), field=field, why=str(fault["msg"]))


Recipient = Literal["holder", "reporter", "officer", "operator", "concerned", "data_authority"]

_REPORTER = frozenset({"reference", "category", "platform", "decided_on", "host"})
_OFFICER = frozenset({"request_number", "reference", "category", "outcome", "legal_basis", "explanation",
                      "decided_on", "host"})  # fmt: skip
# No facts, no reporter, and nothing about the holder but the account name: letters are printed and passed on. Facts are
# only in the notice, which opens in the portal.
_OPERATOR = frozenset({"letter_number", "notice_number", "notice_link", "stage", "operator", "platform", "account",
                       "category", "legal_basis", "asked", "objection_way", "signer", "date", "host"})  # fmt: skip
_BREACH = frozenset({"number", "what", "data", "began_at", "stopped_at", "found_at", "measures", "advice", "contact",
                     "complaints", "host"})  # fmt: skip

CONTRACT: Mapping[str, tuple[Recipient, frozenset[str]]] = MappingProxyType({
    # One text in all categories, since whoever controls a victim may read it. Cases differ only in measure, end,
    # number, date, code and app.
    "measure": ("holder", frozenset({
        "reference", "platform", "restriction", "duration", "decided_on", "appeal_link", "appeal_code", "appeal_until",
        "helplines", "host",
    })),
    # Sent before anything is done where the holder is asked first. It says that there is a question, not which.
    "hearing": ("holder", frozenset({
        "reference", "platform", "appeal_link", "appeal_code", "days", "helplines", "host",
    })),
    # DSA art. 17(3): restriction, scope, duration, facts, automation, ground, redress. Shown on the code's page,
    # together with the appeal deadline and outside bodies, which can change later. Nothing about a reporter: `source`
    # names only the kind of channel.
    "statement_of_reasons": ("holder", frozenset({
        "reference", "platform", "account", "restriction", "scope", "duration", "facts", "source", "automation",
        "ground", "rule", "public_words", "legal_basis", "decided_on", "host", "operator",
    })),
    "restoration": ("holder", frozenset({"reference", "platform", "account", "restored_on", "lost", "host"})),
    "closure_undone": ("holder", frozenset({"reference", "platform", "account", "undone_on", "host"})),
    "measure_rests": ("holder", frozenset({"reference", "platform", "appeal_link", "host"})),
    "appeal_upheld": ("holder", frozenset({"reference", "platform", "answered_on", "appeal_link", "host"})),
    "restriction_over": ("holder", frozenset({"reference", "platform", "account", "ended_on", "host"})),
    "reporter_dismiss": ("reporter", _REPORTER),
    "reporter_preserve": ("reporter", _REPORTER),
    "reporter_restrict": ("reporter", _REPORTER),
    "reporter_redact": ("reporter", _REPORTER),
    "reporter_close": ("reporter", _REPORTER),
    "reporter_refer": ("reporter", _REPORTER),  # after the receiver's confirmation
    "reporter_referring": ("reporter", _REPORTER),  # decided, not yet confirmed
    "reporter_restore": ("reporter", _REPORTER),
    "reporter_ended": ("reporter", _REPORTER),
    "reporter_settled": ("reporter", _REPORTER),
    "officer_decision": ("officer", _OFFICER),
    "officer_restore": ("officer", _OFFICER - {"outcome", "legal_basis"}),
    # After a breach of personal data (UU PDP art. 46(2), GDPR arts 33(3), 34(2)): which data, when and how, what was
    # done and is advised, whom to ask. One text for reporters and holders; it names no case.
    "breach_person": ("concerned", _BREACH),
    "breach_authority": ("data_authority", _BREACH | {"cases", "people", "declared_at"}),
    "operator_clarification": ("operator", _OPERATOR | {"question", "correction"}),
    "operator_order": ("operator", _OPERATOR | {"clock", "afterwards"}),
    "operator_warning": ("operator", _OPERATOR | {"clock", "afterwards", "before_number", "before_received_on"}),
})  # fmt: skip
"""By key: the recipient, and the placeholders that the program fills. Both languages use exactly these."""

WORDING_KEYS: frozenset[str] = frozenset({
    *(f"restriction_{kind}" for kind in ("restrict", "redact", "close")),
    *(f"scope_{kind}" for kind in ("restrict", "redact", "close")),
    *(f"duration_{kind}" for kind in ("restrict", "redact", "close")),
    *(f"outcome_{kind}" for kind in ("dismiss", "preserve", "restrict", "redact", "close", "refer", "restore")),
    "outcome_ended", "duration_until", "duration_closes", "restriction_announced",
    *(f"source_{channel}" for channel in ("public", "ministry", "police", "agency", "watch", "flagger", "app")),
    "automation_none", "automation_detection", "ground_illegal_content", "ground_incompatible_content",
    "ground_not_old_enough",
    "legal_basis_terms", "basis_from", "basis_until", "public_words_none", "lost_nothing", "facts_withheld",
    *(f"rung_{stage}" for stage in EscalationStage),
    *(f"afterwards_{stage}" for stage in EscalationStage if stage is not EscalationStage.CLARIFICATION),
    *(f"asked_{what}" for what in (*ActionKind, "data")),
    "clock_hours", "clock_days", "objection_way", "correction_in_portal",
    *(f"account_hint_{adapter}" for adapter in ("synapse", "prosody", "ejabberd", "atproto_pds", "ozone", "other")),
})  # fmt: skip
"""The wordings that letters and the form use; `wordings.yaml` contains exactly these."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"  # as in string.Template
_IDENTIFIER = re.compile(rf"\$(?:(?P<escaped>\$)|(?P<named>{_NAME})|\{{(?P<braced>{_NAME})\}})?")


@schema(frozen=True, config=STRICT)
class LetterTemplateFile:
    """A file of `letters/`."""

    purpose: Text
    subject: LocalText
    text: LocalText


@dataclass(frozen=True)
class RenderedLetter:
    """A letter ready to send, as plain text."""

    subject: str
    text: str


@dataclass(frozen=True)
class LetterTemplate:
    """A letter in one language. `placeholders` are exactly the values that `render` needs."""

    key: str
    language: Language
    recipient: Recipient
    placeholders: frozenset[str]
    subject: str
    text: str

    def render(self, **values: str) -> RenderedLetter:
        """Fill the letter.

        Values are inserted unchanged; escape them when showing HTML.

        Raises WrongPlaceholders if a value is missing, empty or unknown.
        """
        missing = self.placeholders - {name for name, value in values.items() if value.strip()}
        unknown = values.keys() - self.placeholders
        if missing or unknown:
            raise WrongPlaceholders(key=self.key, missing=_names(missing), unknown=_names(unknown))
        return RenderedLetter(Template(self.subject).substitute(values), Template(self.text).substitute(values))


def used_placeholders(text: str) -> tuple[dict[str, int], list[int]]:
    """Each `$name` in `text` with the line of its first use (from 0), and the lines of each `$` without a name."""
    used: dict[str, int] = {}
    stray: list[int] = []
    for match in _IDENTIFIER.finditer(text):
        line = text.count("\n", 0, match.start())
        if name := match["named"] or match["braced"]:
            used.setdefault(name, line)
        elif not match["escaped"]:
            stray.append(line)
    return used, stray


def _names(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names)) or "–"


_LINE_ENDS = frozenset("\n\t")
EXAMPLES = frozenset({"matches", "passes", "example"})
"""Keys below which odd letters are wanted."""


def odd_letters(text: str) -> Iterator[str]:
    """The characters of `text` that are odd in Indonesian and English, each once."""
    if text.isascii():
        return
    for char in dict.fromkeys(text):
        kind = unicodedata.category(char)
        unseen = kind[0] == "C" and char not in _LINE_ENDS
        foreign = kind[0] == "L" and not unicodedata.name(char, "").startswith("LATIN ")
        if unseen or foreign or (kind == "Nd" and not char.isascii()):
            yield char


def name_of(char: str) -> Sentence:
    """How a person finds it: the letter itself if it can be seen, its Unicode name and its number."""
    name = unicodedata.name(char, "?")
    if unicodedata.category(char)[0] == "C":
        return fill(N_("an invisible character (%(name)s, U+%(number)s)"), name=name, number=f"{ord(char):04X}")
    return fill(
        N_("the letter “%(letter)s” (%(name)s, U+%(number)s)"), letter=char, name=name, number=f"{ord(char):04X}"
    )
