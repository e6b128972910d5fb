"""Files of others are served exactly as they were published, and each is on record with its licence."""

import re
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders


def test_each_vendored_file_is_the_one_on_record() -> None:
    """No file beside those listed, and each has the hash that stands there."""
    readme = finders.find("vendor/README.md")
    assert readme
    folder = Path(readme).parent
    listed = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", Path(readme).read_text(), re.MULTILINE))
    found = {
        file.relative_to(folder).as_posix(): sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "README.md"
    }
    assert found == listed
