"""A release with one changed file, to try it before it goes live. Nothing is stored."""

import shutil
from importlib.resources import as_file
from pathlib import Path
from tempfile import TemporaryDirectory

from jaga.core.errors import N_
from jaga.policy.documents import read_document
from jaga.policy.problems import PolicyError, ReleaseProblem
from jaga.policy.release import PolicyRelease, load_release, shipped_folder

_PLACES = {
    "rules": "rules/{name}",
    "entries": "lexicons/{name}",
    "lists": "lexicons/words.yaml",
    "conditions": "rules/shared.yaml",
}


def release_with(file: Path, base: Path | None = None) -> PolicyRelease:
    """The release in `base` (default: the shipped one) with this file added, or replacing the one of its name.

    The file contains rules, phrases, words or shared conditions. Raises PolicyError if it contains none of these or the
    changed release has problems, OSError.
    """
    place = _place(file)
    with TemporaryDirectory() as parent, as_file(shipped_folder()) as shipped:
        folder = Path(shutil.copytree(base or shipped, Path(parent) / "release"))
        shutil.copyfile(file, folder / place)
        return load_release(folder)


def _place(file: Path) -> str:
    document, problems = read_document(file.name, file.read_bytes())
    value = document.value if document else None
    for key, place in _PLACES.items():
        if isinstance(value, dict) and key in value:
            return place.format(name=file.with_suffix(".yaml").name)
    problems = problems or [
        ReleaseProblem(
            file.name,
            1,
            N_("this is not a file of rules, phrases, words or shared conditions"),
            N_("Write one as docs/policy.md shows; it begins with `category`."),
        )
    ]
    raise PolicyError(str(file), tuple(problems))
