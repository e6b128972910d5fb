"""data-protection.yaml: the law on personal data, as the page *Privacy* and the assessment cite it.

What is kept, and why, is said by the inventory (`records.inventory`). Which article permits it differs by jurisdiction
and is said here.
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.core.terms.person_requests import RefusalGround
from jaga.policy.models import STRICT, LocalText, Text

BASES = ("legal_obligation", "public_task", "consent", "vital_interest", "contract", "legitimate_interest")
"""The grounds on which personal data may be processed, which both laws that Jaga ships know."""
RIGHTS = ("access", "correction", "erasure", "objection")
"""Rights that every release names. It may name more."""


@dataclass(frozen=True, config=STRICT)
class LawfulBasis:
    """A ground for processing, in plain words, with its article."""

    key: Literal["legal_obligation", "public_task", "consent", "vital_interest", "contract", "legitimate_interest"]
    title: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class DataRight:
    """A right of the person concerned."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,40}$")]
    title: LocalText
    text: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class Complaints:
    """The authority to which anybody may complain."""

    name: LocalText
    contact: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class RefusalBasis:
    """The article on which a request is refused for this reason."""

    ground: RefusalGround
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class Clock:
    """Hours within which the law wants something done."""

    hours: Annotated[int, Field(ge=1, le=24 * 100)]
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class DataProtection:
    """data-protection.yaml."""

    law: LocalText
    source: Text
    read: Literal["gazette", "transcription", "second_hand", "none"]
    verified: bool
    bases: tuple[LawfulBasis, ...]
    rights: tuple[DataRight, ...]
    complaints: Complaints
    refusals: tuple[RefusalBasis, ...]
    answer: Clock  # of a person's request
    breach: Clock  # of the notice after a breach
    special: LocalText  # data that need more care: its article
    minors: LocalText
    assessment: LocalText  # the article that wants one
    note: Text | None = None

    def basis(self, key: str) -> LawfulBasis:
        """That ground. Raises KeyError."""
        return {basis.key: basis for basis in self.bases}[key]  # type: ignore[index]

    def refusal(self, ground: RefusalGround) -> LocalText:
        """The article on which a request is refused for this reason."""
        return next(one.citation for one in self.refusals if one.ground is ground)
