"""What is wrong with a release, said so that a policy officer can put it right."""

from dataclasses import dataclass

from jaga.core.errors import N_, JagaError


@dataclass(frozen=True, order=True)
class ReleaseProblem:
    """One fault: in which file (relative to the release), on which line (1 is the first), and what to do about it."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} → {self.remedy}"


class PolicyError(JagaError):
    """The release cannot be used; `problems` lists every fault that was found. Nothing was loaded."""

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
    """A category, letter or wording that this release does not have."""

    code = "unknown_term"
    status = 422
    sentence = N_("The policy has no %(kind)s called “%(key)s”.")
    remedy = N_("Choose one from the list of the policy in force.")


class WrongPlaceholders(JagaError):
    """A letter was given other values than it declares; nothing was written, so no letter goes out with a gap."""

    code = "wrong_placeholders"
    status = 500
    sentence = N_("The letter “%(key)s” needs exactly the values that it declares (missing: %(missing)s; unknown: %(unknown)s).")  # noqa: E501
    remedy = N_("Tell the administrator: the program and the policy release do not fit together.")
