"""The policy release: categories, dated legal bases, deadlines, enforcement, letters, lexicons. See docs/policy.md."""

from jaga.policy.in_force import ReleaseNotInForce, one_release
from jaga.policy.letters import LetterTemplate, RenderedLetter
from jaga.policy.models import (
    Category,
    DeadlineRule,
    Enforcement,
    LegalBasis,
    LexiconEntry,
    LocalText,
    Service,
)
from jaga.policy.problems import PolicyError, ReleaseProblem, UnknownTerm, WrongPlaceholders
from jaga.policy.release import PolicyRelease, check_release, load_release

__all__ = [
    "Category", "DeadlineRule", "Enforcement", "LegalBasis", "LetterTemplate", "LexiconEntry", "LocalText",
    "PolicyError",
    "PolicyRelease", "ReleaseNotInForce", "ReleaseProblem", "RenderedLetter", "Service", "UnknownTerm",
    "WrongPlaceholders", "check_release", "load_release", "one_release",
]  # fmt: skip
