"""Reads the folder of a release: required files, their schemas, and the hash over all of them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic.dataclasses import dataclass as schema

from jaga.core.canonical import canonical_json
from jaga.core.errors import N_
from jaga.core.terms.people import Language
from jaga.policy.documents import Document, read_document
from jaga.policy.letters import CONTRACT, LabelledFile, LetterTemplateFile, read_texts
from jaga.policy.limits import QualityRules, Wellness
from jaga.policy.models import (
    STRICT,
    Category,
    Deadlines,
    Enforcement,
    Jurisdiction,
    LegalBasis,
    OutsideBody,
    Receivers,
    ReleaseInfo,
    Service,
    Wording,
)
from jaga.policy.privacy import DataProtection, Retention
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.review import ReviewFile
from jaga.policy.routing import Routing, fit
from jaga.policy.screening_rules import FilterFile, LexiconFile, RuleFile, Screening, SharedFile, WordListFile

T = TypeVar("T")
RECORD = "release.sha256"
"""The version and its hash (`policy.checks.recorded`). No part of the release, so it is not in the hash itself."""


@schema(frozen=True, config=STRICT)
class CategoryFile:
    """categories.yaml."""

    categories: tuple[Category, ...]


@schema(frozen=True, config=STRICT)
class LegalBasisFile:
    """legal-bases.yaml."""

    legal_bases: tuple[LegalBasis, ...]


@schema(frozen=True, config=STRICT)
class ServiceFile:
    """services.yaml."""

    services: tuple[Service, ...]


@schema(frozen=True, config=STRICT)
class OutsideBodyFile:
    """outside-bodies.yaml."""

    bodies: tuple[OutsideBody, ...]


@schema(frozen=True, config=STRICT)
class WordingFile:
    """wordings.yaml."""

    wordings: tuple[Wording, ...]


@dataclass(frozen=True)
class ReleaseFile(Generic[T]):
    """A valid file: its value, and the lines of its parts."""

    value: T
    document: Document


@dataclass
class PartialRelease:
    """The readable parts of a release. A part that could not be read is None, with its problems in `problems`."""

    hash: str
    problems: list[ReleaseProblem] = field(default_factory=list)
    about: ReleaseFile[ReleaseInfo] | None = None
    jurisdiction: ReleaseFile[Jurisdiction] | None = None
    categories: ReleaseFile[CategoryFile] | None = None
    legal_bases: ReleaseFile[LegalBasisFile] | None = None
    deadlines: ReleaseFile[Deadlines] | None = None
    enforcement: ReleaseFile[Enforcement] | None = None
    services: ReleaseFile[ServiceFile] | None = None
    bodies: ReleaseFile[OutsideBodyFile] | None = None
    receivers: ReleaseFile[Receivers] | None = None
    wordings: ReleaseFile[WordingFile] | None = None
    review: ReleaseFile[ReviewFile] | None = None
    routing: ReleaseFile[Routing] | None = None
    wellness: ReleaseFile[Wellness] | None = None
    quality: ReleaseFile[QualityRules] | None = None
    data_protection: ReleaseFile[DataProtection] | None = None
    retention: ReleaseFile[Retention] | None = None
    words: ReleaseFile[WordListFile] | None = None
    lexicons: list[ReleaseFile[LexiconFile]] = field(default_factory=list)
    screening: ReleaseFile[Screening] | None = None
    shared: ReleaseFile[SharedFile] | None = None
    rules: list[ReleaseFile[RuleFile]] = field(default_factory=list)
    letters: dict[str, ReleaseFile[LetterTemplateFile]] = field(default_factory=dict)
    texts: list[LabelledFile] = field(default_factory=list)
    filter: ReleaseFile[FilterFile] | None = None

    @property
    def languages(self) -> tuple[Language, ...]:
        """The release's languages, the default first; all of the product if they could not be read."""
        return self.jurisdiction.value.languages if self.jurisdiction else tuple(Language)


def content_hash(files: dict[str, bytes]) -> str:
    """SHA-256 over the names and contents of all files of a release."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(canonical_json(digests)).hexdigest()


def read_draft(folder: Traversable) -> PartialRelease:
    """Everything readable under `folder`. Raises OSError if the folder itself is not readable."""
    files, problems = read_files(folder)
    return draft_of(files, problems)


def read_files(folder: Traversable) -> tuple[dict[str, bytes], list[ReleaseProblem]]:
    """The files under `folder` by name, without `RECORD`, and what of it was not opened. Raises OSError."""
    problems: list[ReleaseProblem] = []
    files = dict(_walk(folder, problems))
    files.pop(RECORD, None)
    return files, problems


def draft_of(files: dict[str, bytes], problems: list[ReleaseProblem]) -> PartialRelease:
    """The parts of a release in these files; `problems` are those known of them already."""
    draft = PartialRelease(content_hash(files), problems)
    reader = _Reader(files, draft.problems)
    draft.jurisdiction = reader.take("jurisdiction.yaml", Jurisdiction, ())
    if draft.jurisdiction:
        reader.languages = draft.jurisdiction.value.languages
    draft.about = reader.take("release.yaml", ReleaseInfo)
    draft.categories = reader.take("categories.yaml", CategoryFile)
    draft.legal_bases = reader.take("legal-bases.yaml", LegalBasisFile)
    draft.deadlines = reader.take("deadlines.yaml", Deadlines)
    draft.enforcement = reader.take("enforcement.yaml", Enforcement)
    draft.services = reader.take("services.yaml", ServiceFile)
    draft.bodies = reader.take("outside-bodies.yaml", OutsideBodyFile)
    draft.receivers = reader.take("receivers.yaml", Receivers)
    draft.wordings = reader.take("wordings.yaml", WordingFile)
    draft.routing = reader.take("routing.yaml", Routing)
    draft.review = reader.take("review.yaml", ReviewFile)
    draft.wellness = reader.take("wellness.yaml", Wellness)
    draft.quality = reader.take("quality.yaml", QualityRules)
    draft.data_protection = reader.take("data-protection.yaml", DataProtection)
    draft.retention = reader.take("retention.yaml", Retention)
    draft.words = reader.take("lexicons/words.yaml", WordListFile)
    draft.screening = reader.take("screening.yaml", Screening)
    draft.shared = reader.take("rules/shared.yaml", SharedFile)
    for key in sorted(CONTRACT):
        if letter := reader.take(f"letters/{key}.yaml", LetterTemplateFile):
            draft.letters[key] = letter
    draft.lexicons += reader.take_others("lexicons/", LexiconFile)
    draft.rules += reader.take_others("rules/", RuleFile)
    draft.texts += reader.take_texts()
    draft.filter = reader.take("filter.yaml", FilterFile) if "filter.yaml" in files else None
    reader.refuse_the_rest()
    return draft


def read_part(
    name: str, content: bytes, kind: type[T], languages: tuple[Language, ...]
) -> tuple[ReleaseFile[T] | None, list[ReleaseProblem]]:
    """The part of a release in this file, or None, with the file's problems. Depends on nothing but its arguments."""
    document, problems = read_document(name, content)
    if document is None:
        return None, problems
    value, faults = fit(document, kind, languages)
    return None if value is None else ReleaseFile(value, document), [*problems, *faults]


class _Reader:
    def __init__(self, files: dict[str, bytes], problems: list[ReleaseProblem]) -> None:
        self.files = files
        self.problems = problems
        self.taken: set[str] = set()
        self.languages = tuple(Language)  # all of the product, as long as the release's are not known

    def take(self, name: str, kind: type[T], languages: tuple[Language, ...] | None = None) -> ReleaseFile[T] | None:
        self.taken.add(name)
        if name not in self.files:
            self.problems.append(
                ReleaseProblem(name, 1, N_("the file is missing"), N_("Add it; docs/policy.md describes its content."))
            )
            return None
        part, problems = read_part(name, self.files[name], kind, self.languages if languages is None else languages)
        self.problems += problems
        return part

    def take_others(self, folder: str, kind: type[T]) -> list[ReleaseFile[T]]:
        """All other files of a folder, by name."""
        names = [name for name in sorted(self.files) if name.startswith(folder) and name.endswith(".yaml")]
        return [part for name in names if name not in self.taken and (part := self.take(name, kind))]

    def take_texts(self) -> list[LabelledFile]:
        """The files of labelled texts, by name."""
        names = [name for name in sorted(self.files) if name.startswith("texts/") and name.endswith(".jsonl")]
        read = [read_texts(name, self.files[name]) for name in names]
        self.taken.update(names)
        self.problems += [problem for _, problems in read for problem in problems]
        return [file for file, _ in read]

    def refuse_the_rest(self) -> None:
        """Refuse unknown files, which would change the hash without an effect."""
        for name in sorted(self.files.keys() - self.taken):
            self.problems.append(
                ReleaseProblem(
                    name,
                    1,
                    N_("no file of a release has this name"),
                    N_("Correct the name, or move the file elsewhere."),
                )
            )


LARGEST = 4 * 1024 * 1024
"""Bytes of a file; the largest shipped one has a fortieth of that."""


def _walk(
    folder: Traversable, problems: list[ReleaseProblem], root: Path | None = None, prefix: str = ""
) -> Iterator[tuple[str, bytes]]:
    """The files below `folder`. What leads out of it, or is neither file nor folder, is a problem and is not opened."""
    root = root or (folder.resolve() if isinstance(folder, Path) else None)
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{prefix}{entry.name}"
        if isinstance(entry, Path) and root is not None and (fault := _outside(entry, root)):
            problems.append(ReleaseProblem(name, 1, *fault))
        elif entry.is_dir():
            yield from _walk(entry, problems, root, f"{name}/")
        else:
            yield name, entry.read_bytes()


def _outside(entry: Path, root: Path) -> tuple[str, str] | None:
    """Why an entry is not opened, with the remedy."""
    if entry.is_symlink() and (entry.is_dir() or not entry.resolve().is_relative_to(root)):
        return (
            N_("this symbolic link leads out of the folder, or to a folder; it was not followed"),
            N_("Put the file itself here: what is used must be what was reviewed."),
        )
    if entry.is_dir():
        return None
    if not entry.is_file():
        return N_("this is neither a file nor a folder"), N_("Remove it.")
    if entry.stat().st_size > LARGEST:
        return fill(N_("the file is larger than %(most)s MB"), most=LARGEST >> 20), N_("Split or correct it.")
    return None
