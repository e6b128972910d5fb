"""Files of observations: JSON lines, CSV, Parquet and WARC, read from a cursor on."""

from jaga.sources.file.source import from_settings as from_settings
