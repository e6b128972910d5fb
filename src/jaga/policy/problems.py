"""Problems of a release, worded for policy officers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jaga.core.errors import N_, JagaError


class Sentence(str):
    """An English sentence that remembers how it was made, so that it can be shown in another language.

    `msgid` has the form `%(name)s`; a parameter may itself be a sentence.
    """

    msgid: str
    params: Mapping[str, object]


def fill(msgid: str, **params: object) -> Sentence:
    """The sentence in English. Mark its msgid with `N_`."""
    made = Sentence(msgid % params)
    made.msgid, made.params = msgid, params
    return made


def in_words(sentence: str, translate: Callable[[str], str]) -> str:
    """The sentence as translated by `translate`; one without parameters is its own msgid."""
    if not isinstance(sentence, Sentence):
        return translate(sentence)
    return translate(sentence.msgid) % {
        name: in_words(value, translate) if isinstance(value, Sentence) else value
        for name, value in sentence.params.items()
    }


@dataclass(frozen=True, order=True)
class ReleaseProblem:
    """A problem: file (relative to the release), line (from 1), and remedy."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} → {self.remedy}"

    def translated(self, translate: Callable[[str], str]) -> str:
        """The same line as translated by `translate`."""
        what, remedy = in_words(self.what, translate), in_words(self.remedy, translate)
        return f"{self.file}:{self.line}: {what} → {remedy}"


class PolicyError(JagaError):
    """The release is invalid and was not loaded; `problems` lists every problem found."""

    code = "policy_invalid"
    status = 500
    sentence = N_("The policy release in %(where)s has %(count)s faults, so it was not loaded.")
    remedy = N_("Correct them; `jaga policy check` shows each with its file and line.")

    def __init__(self, where: str, problems: tuple[ReleaseProblem, ...]) -> None:
        self.problems = problems
        super().__init__(where=where, count=len(problems))

    def english(self) -> str:
        return "\n".join([super().english(), *map(str, self.problems)])


class UnknownTerm(JagaError):
    """This release has no such category, letter or wording."""

    code = "unknown_term"
    status = 422
    sentence = N_("The policy has no %(kind)s called “%(key)s”.")
    remedy = N_("Choose one from the list of the policy in force.")


class WrongPlaceholders(JagaError):
    """The values of a letter do not match its placeholders; nothing was written."""

    code = "wrong_placeholders"
    status = 500
    sentence = N_(
        "The letter “%(key)s” needs exactly the values that it declares (missing: %(missing)s; unknown: %(unknown)s)."
    )
    remedy = N_("Tell the administrator: the program and the policy release do not fit together.")
