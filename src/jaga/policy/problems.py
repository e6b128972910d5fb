"""Problems of a release, worded for policy officers."""

from dataclasses import dataclass

from jaga.core.errors import N_, JagaError


@dataclass(frozen=True, order=True)
class ReleaseProblem:
    """A problem: file (relative to the release), line (from 1), and remedy."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} → {self.remedy}"


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
    sentence = N_("The letter “%(key)s” needs exactly the values that it declares (missing: %(missing)s; unknown: %(unknown)s).")  # noqa: E501
    remedy = N_("Tell the administrator: the program and the policy release do not fit together.")
