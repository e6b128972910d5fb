"""The jurisdiction of this installation: jurisdiction.yaml of its release, read without the rest.

It is needed before the release (Django's settings, calendar days), and never changes while an installation lives.
"""

from functools import cache
from importlib.resources.abc import Traversable

from jaga.core.errors import WrongJurisdiction
from jaga.core.terms import Language
from jaga.policy.documents import read_document
from jaga.policy.fitting import fit
from jaga.policy.models import Citation, Jurisdiction, LocalText
from jaga.policy.problems import PolicyError
from jaga.policy.shipped import shipped_folder, shipped_names

FILE = "jurisdiction.yaml"
_BEFORE = "ID"


@cache
def jurisdiction() -> Jurisdiction:
    """The jurisdiction (cached). Raises PolicyError with all problems, OSError if there is no such file.

    `checks.jurisdiction` says more about it when the whole release is loaded.
    """
    return _read(shipped_folder())


def emergency_numbers() -> LocalText:
    """Whom to call when somebody is in danger, for sentences that must not wait for the release."""
    return jurisdiction().emergency_numbers


def cited(rule: str) -> Citation:
    """The citation of a rule of the jurisdiction, as `Jurisdiction.cited`."""
    return jurisdiction().cited(rule)


def require_same(recorded: str | None) -> None:
    """Raises WrongJurisdiction unless this process has the jurisdiction that an installation recorded.

    None: by a version that knew only one.
    """
    theirs, ours = recorded or _BEFORE, jurisdiction().code
    if theirs != ours:
        names = [name for name in shipped_names() if _read(shipped_folder(name)).code == theirs]
        raise WrongJurisdiction(theirs=theirs, ours=ours, release=names[0] if names else "…")


def _read(folder: Traversable) -> Jurisdiction:
    document, problems = read_document(FILE, (folder / FILE).read_bytes())
    value = None
    if document is not None:
        value, problems = fit(document, Jurisdiction, ())
    if value is None:
        raise PolicyError(str(folder), tuple(problems))
    return value


def default_language() -> Language:
    """The language of whoever has chosen none."""
    return jurisdiction().languages[0]


def offered_language(wanted: str | None) -> Language:
    """The wanted language if the jurisdiction offers it, otherwise its default."""
    return Language(wanted) if wanted in jurisdiction().languages else default_language()
