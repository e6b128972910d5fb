"""What the evidence store of a test holds, opened."""

from pathlib import Path

from django.conf import settings

from jaga.store import vault
from jaga.store import vault as sealed_files


def all_originals() -> list[bytes]:
    """The content of every file. Fails for one that cannot be opened, so that nothing is looked for in ciphertext."""
    owned = {path: owner for owner, path in vault._owned()}
    files = [path for path in Path(settings.JAGA_EVIDENCE).rglob("*") if path.is_file()]
    contents = []
    for path in files:
        with path.open("rb") as file:
            contents.append(b"".join(sealed_files.read(file, vault._key(owned.get(path), b"files"))))
    return contents
