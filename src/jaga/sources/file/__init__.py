"""Files of observations: JSON lines, CSV, Parquet and WARC, read from a cursor on (`docs/new-source.md`)."""

from jaga.sources.file.source import from_settings as from_settings
