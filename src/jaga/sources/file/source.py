"""The source `file`: opens a file of the folder, finds its format, and reads from the cursor on."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from jaga.core.errors import N_
from jaga.core.observations import ObservedBatch, Source, SourceRefused, SourceSettings
from jaga.sources.file.rows import NAME, Position, as_cursor, from_cursor, read_lines
from jaga.sources.file.tables import read_csv, read_parquet, rows_in
from jaga.sources.file.warc import read_warc
from jaga.sources.kit import Gathering
from jaga.sources.registry import Surroundings

Read = Callable[[BinaryIO, str, Position, int, Gathering], Position]
READERS: dict[str, Read] = {
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
    ".warc": read_warc,
    ".warc.gz": read_warc,
}
_NO_FORMAT = N_("The file of this watch has no format that can be read.")
_NAME_IT = N_("Name it .jsonl, .csv, .tsv, .parquet, .warc or .warc.gz; unpack other compressed files first.")
_NO_FILE = N_("The file of this watch cannot be opened.")
_PUT_IT = N_("Put it into the folder `watch` of this installation, readable for the worker.")


class FileSource:
    """One file, from its beginning to its end; JSON lines and CSV may grow meanwhile."""

    name = NAME

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = reader_for(path.name)

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        try:
            file = self._path.open("rb")
        except OSError as error:
            raise SourceRefused(_NO_FILE, _PUT_IT, why=error.strerror or "") from error
        with file:
            by_row = self._read is read_parquet
            gathering = Gathering()
            before = from_cursor(cursor, file, by_row=by_row)
            here = self._read(file, self._path.name, before, limit, gathering)
            end = rows_in(file) if by_row else os.fstat(file.fileno()).st_size
            return gathering.batch(as_cursor(here, file, by_row=by_row), more=here != before and here.at < end)


def reader_for(name: str) -> Read:
    """The reader by the file's name. Raises SourceRefused."""
    found = next((read for suffix, read in READERS.items() if name.lower().endswith(suffix)), None)
    if found is None:
        raise SourceRefused(_NO_FORMAT, _NAME_IT, why=Path(name).suffix)
    return found


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a file in the folder. Raises SourceRefused for a name that leads elsewhere."""
    path = surroundings.folder / settings.url
    if settings.url != path.name or path.is_symlink():
        raise SourceRefused(_NO_FILE, _PUT_IT, why="no plain name")
    return FileSource(path)
