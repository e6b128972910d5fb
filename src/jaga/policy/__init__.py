"""The policy release: categories, dated legal bases, deadlines, enforcement, letters, lexicons. See docs/policy.md."""

from jaga.policy.letters import Letter, RenderedLetter
from jaga.policy.models import (
    Category,
    Deadline,
    Enforcement,
    LegalBasis,
    LexiconEntry,
    LocalText,
    Service,
)
from jaga.policy.problems import PolicyError, Problem, UnknownTerm, WrongPlaceholders
from jaga.policy.release import PolicyRelease, check_release, load_release

__all__ = [
    "Category", "Deadline", "Enforcement", "LegalBasis", "Letter", "LexiconEntry", "LocalText", "PolicyError",
    "PolicyRelease", "Problem", "RenderedLetter", "Service", "UnknownTerm", "WrongPlaceholders", "check_release",
    "load_release",
]  # fmt: skip
