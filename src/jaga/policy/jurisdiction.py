"""The jurisdiction of this installation: jurisdiction.yaml of its release.

It is needed before the release (Django's settings), so it is read from the folder without the rest. Once the adopted
release is known, that one's counts. Its code never changes while an installation lives.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable

from jaga.core.errors import WrongJurisdiction
from jaga.core.terms.people import Language
from jaga.policy.adoption import in_force
from jaga.policy.documents import read_document
from jaga.policy.fitting import fit
from jaga.policy.models import Citation, Jurisdiction, LocalText
from jaga.policy.problems import PolicyError, ReleaseProblem
from jaga.policy.shipped import named, named_folder, shipped_folder, shipped_names

FILE = "jurisdiction.yaml"


def jurisdiction() -> Jurisdiction:
    """That of the release in force, or of the folder if no release was looked up.

    Raises PolicyError with all problems, OSError if there is no such file.
    """
    return in_force.current_jurisdiction() or offered_jurisdiction()


def offered_jurisdiction() -> Jurisdiction:
    """That of the folder (cached). Raises PolicyError with all problems, OSError if there is no such file.

    `checks.jurisdiction` says more about it when the whole release is loaded.
    """
    return _read_once(*named())


@cache
def _read_once(*_named: str) -> Jurisdiction:
    return _read(named_folder())


def jurisdiction_in(files: Mapping[str, bytes]) -> Jurisdiction | None:
    """That of a release with these files; None if it cannot be read."""
    return _fitted(files[FILE])[0] if FILE in files else None


def emergency_numbers() -> LocalText:
    """Whom to call when somebody is in danger, for sentences that must not wait for the release."""
    return jurisdiction().emergency_numbers


def cited(rule: str) -> Citation:
    """The citation of a rule of the jurisdiction, as `Jurisdiction.cited`."""
    return jurisdiction().cited(rule)


def require_same(theirs: str) -> None:
    """Raises WrongJurisdiction unless this process has the jurisdiction that an installation recorded."""
    ours = jurisdiction().code
    if theirs != ours:
        names = [name for name in shipped_names() if _read(shipped_folder(name)).code == theirs]
        raise WrongJurisdiction(theirs=theirs, ours=ours, release=names[0] if names else "…")


def _read(folder: Traversable) -> Jurisdiction:
    value, problems = _fitted((folder / FILE).read_bytes())
    if value is None:
        raise PolicyError(str(folder), tuple(problems))
    return value


def _fitted(content: bytes) -> tuple[Jurisdiction | None, Sequence[ReleaseProblem]]:
    document, problems = read_document(FILE, content)
    return (None, problems) if document is None else fit(document, Jurisdiction, ())


def default_language() -> Language:
    """The language of whoever has chosen none."""
    return jurisdiction().languages[0]


def offered_language(wanted: str | None) -> Language:
    """The wanted language if the jurisdiction offers it, otherwise its default."""
    return Language(wanted) if wanted in jurisdiction().languages else default_language()
