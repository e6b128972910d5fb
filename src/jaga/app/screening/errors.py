"""Errors of a file as a whole. Errors of single rows are in `jaga.screening.base.row_errors`."""

from jaga.core.errors import N_, JagaError


class FileNotRead(JagaError):
    """Nothing of the file can be read."""

    code = "file_not_read"
    sentence = N_("%(path)s cannot be read: %(why)s.")
    remedy = N_(
        "Check the file and your right to read it. Files may be Parquet, JSON lines or CSV, the last two also "
        "packed with gzip or zstd."
    )


class FileBreaksOff(JagaError):
    """The file ends early or is damaged from some position on. There is no result."""

    code = "file_breaks_off"
    sentence = N_("%(path)s breaks off or is damaged after %(rows)s rows (%(why)s), so there is no result.")
    remedy = N_("What was screened is kept in %(parts)s: get the file again, whole, and give the same command.")


class NoSuchColumn(JagaError):
    """The text column is missing."""

    code = "no_such_column"
    sentence = N_("%(path)s has no column “%(column)s”; it has: %(columns)s.")
    remedy = N_("Name the column of the texts with --column NAME.")


class ColumnTwice(JagaError):
    """The column is ambiguous."""

    code = "column_twice"
    sentence = N_("%(path)s has more than one column “%(column)s”.")
    remedy = N_("Rename one of them, or name another column with --column or --id.")


class UnknownFormat(JagaError):
    """Neither the file's name nor its first bytes identify the format."""

    code = "unknown_format"
    sentence = N_("%(path)s: neither its name nor its content says what kind of file this is.")
    remedy = N_("Name it .parquet, .jsonl, .jsonl.gz, .jsonl.zst, .csv, .csv.gz or .csv.zst, or say --format.")


class ScreeningDiskFull(JagaError):
    """The disk is full; finished blocks are kept."""

    code = "no_room"
    status = 507
    sentence = N_("There is no room left to write %(path)s.")
    remedy = N_("Make room and give the same command: it goes on where it stopped. Or name another place with --out.")


class NotWritten(JagaError):
    """The result's location is not writable."""

    code = "not_written"
    status = 403
    sentence = N_("%(path)s cannot be written: %(why)s.")
    remedy = N_("Name another place with --out.")


class UnderWay(JagaError):
    """Another run writes the same result."""

    code = "under_way"
    status = 409
    sentence = N_("Another run is writing %(path)s.")
    remedy = N_("Wait until it has ended, or name another file with --out.")


class WorkersDie(JagaError):
    """The same block repeatedly crashed its worker; it is not retried forever."""

    code = "workers_die"
    status = 500
    sentence = N_("A worker died %(times)s times at the same place, block %(block)s of %(path)s (%(why)s).")
    remedy = N_("What was screened is kept: give more memory or fewer --workers, and the same command again.")


class NoDask(JagaError):
    """Dask is an optional dependency and not installed."""

    code = "no_dask"
    status = 503
    sentence = N_("--dask needs the package “distributed”, which is not installed here.")
    remedy = N_("Install it with: .venv/bin/python -m pip install distributed. Without a cluster, use --workers N.")


class ClusterLost(JagaError):
    """The scheduler does not answer or was lost."""

    code = "cluster_lost"
    status = 503
    sentence = N_("The Dask cluster at %(address)s does not answer (%(why)s).")
    remedy = N_("Start its scheduler and at least one worker, then give the same command: what was screened is kept.")


class OtherRelease(JagaError):
    """A cluster worker has another version than this machine."""

    code = "other_release"
    status = 409
    sentence = N_(
        "A worker has another version of Jaga or another policy release (%(theirs)s) than this machine (%(ours)s)."
    )
    remedy = N_("Install the same version on every machine of the cluster.")


class FileChanged(JagaError):
    """A block's bytes are not those that were planned."""

    code = "file_changed"
    status = 409
    sentence = N_("%(path)s has changed since it was begun: block %(block)s is another one.")
    remedy = N_("Give the same command again: what the file holds now is a backlog of its own.")


class NotLines(JagaError):
    """A backlog that is no plain file of JSON lines."""

    code = "not_lines"
    status = 422
    sentence = N_("%(path)s is packed, or is no file of JSON lines.")
    remedy = N_(
        "Give a plain file with one JSON object on each line, so that every worker can read its own part of "
        "it. Unpack it first: gzip -d, zstd -d."
    )


class WorkersKeepEnding(JagaError):
    """Workers end without taking a block."""

    code = "workers_keep_ending"
    status = 500
    sentence = N_("%(times)s workers ended one after the other without doing anything (the last with %(why)s).")
    remedy = N_("Their errors are above. What was done is kept: give the same command again.")
