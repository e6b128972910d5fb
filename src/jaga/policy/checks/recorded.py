"""The files that a version stands for: `release.sha256` in the folder, one line `VERSION HASH`.

Two releases of one version could not be told apart by what people say and read. Only `jaga policy check` compares, so
that an installation never stops because of this file.
"""

from importlib.resources.abc import Traversable

from jaga.core.errors import N_
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import RECORD, PartialRelease


def changed_under_its_version(folder: Traversable, draft: PartialRelease) -> list[ReleaseProblem]:
    """The problem that this version is recorded with other files. Raises OSError."""
    recorded = _recorded(folder)
    if draft.about is None or recorded is None:
        return []
    version = draft.about.value.version
    if recorded[0] != version or recorded[1] == draft.hash:
        return []
    return [
        draft.about.document.problem(
            ("version",),
            fill(N_("the files were changed, and the version is still %(version)s"), version=version),
            N_("Raise `version`, then run `jaga policy check --record` on the folder."),
        )
    ]


def check_recorded(folder: Traversable, draft: PartialRelease) -> list[ReleaseProblem]:
    """The problem that version and files are not those recorded, or that nothing is. Raises OSError."""
    if draft.about is None or _recorded(folder) == (draft.about.value.version, draft.hash):
        return []
    return changed_under_its_version(folder, draft) or [
        ReleaseProblem(
            RECORD,
            1,
            fill(
                N_("version %(version)s is not recorded with the hash of its files"), version=draft.about.value.version
            ),
            N_("Run `jaga policy check --record` on the folder."),
        )
    ]


def line_of(version: str, release_hash: str) -> str:
    """The content of `release.sha256`."""
    return f"{version} {release_hash}\n"


def _recorded(folder: Traversable) -> tuple[str, str] | None:
    """Version and hash as recorded; None if there is no such file, or something else in it."""
    try:
        words = (folder / RECORD).read_text().split()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return (words[0], words[1]) if len(words) == 2 else None
