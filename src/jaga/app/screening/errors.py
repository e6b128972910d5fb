"""What can go wrong with a file as a whole. What is wrong with one row is in `jaga.screening.base.row_errors`."""

from jaga.core.errors import N_, JagaError


class FileNotRead(JagaError):
    """Nothing of the file can be read."""

    code = "file_not_read"
    sentence = N_("%(path)s cannot be read: %(why)s.")
    remedy = N_("Check the file and your right to read it. Files may be Parquet, JSON lines or CSV, the last two also "
                "packed with gzip or zstd.")


class FileBreaksOff(JagaError):
    """The file ends too early, or is damaged from some place on. There is no result."""

    code = "file_breaks_off"
    sentence = N_("%(path)s breaks off or is damaged after %(rows)s rows (%(why)s), so there is no result.")
    remedy = N_("What was screened is kept in %(parts)s: get the file again, whole, and give the same command.")


class NoSuchColumn(JagaError):
    """Not one row could have a text."""

    code = "no_such_column"
    sentence = N_("%(path)s has no column “%(column)s”; it has: %(columns)s.")
    remedy = N_("Name the column of the texts with --column NAME.")


class ColumnTwice(JagaError):
    """Nobody can say which one is meant."""

    code = "column_twice"
    sentence = N_("%(path)s has more than one column “%(column)s”.")
    remedy = N_("Rename one of them, or name another column with --column or --id.")


class UnknownFormat(JagaError):
    """Neither the file's name nor its first bytes say what it is."""

    code = "unknown_format"
    sentence = N_("%(path)s: neither its name nor its content says what kind of file this is.")
    remedy = N_("Name it .parquet, .jsonl, .jsonl.gz, .jsonl.zst, .csv, .csv.gz or .csv.zst, or say --format.")


class ScreeningDiskFull(JagaError):
    """The disk is full; what was screened before is kept."""

    code = "no_room"
    status = 507
    sentence = N_("There is no room left to write %(path)s.")
    remedy = N_("Make room and give the same command: it goes on where it stopped. Or name another place with --out.")


class NotWritten(JagaError):
    """The place of the result cannot be written to."""

    code = "not_written"
    status = 403
    sentence = N_("%(path)s cannot be written: %(why)s.")
    remedy = N_("Name another place with --out.")


class UnderWay(JagaError):
    """Two runs would write the same result."""

    code = "under_way"
    status = 409
    sentence = N_("Another run is writing %(path)s.")
    remedy = N_("Wait until it has ended, or name another file with --out.")


class WorkersDie(JagaError):
    """The same block ended its worker again and again: nothing is tried for ever."""

    code = "workers_die"
    status = 500
    sentence = N_("A worker died %(times)s times at the same place, block %(block)s of %(path)s (%(why)s).")
    remedy = N_("What was screened is kept: give more memory or fewer --workers, and the same command again.")


class NoDask(JagaError):
    """The cluster's library is an extra."""

    code = "no_dask"
    status = 503
    sentence = N_("--dask needs the package “distributed”, which is not installed here.")
    remedy = N_("Install it with: .venv/bin/python -m pip install distributed. Without a cluster, use --workers N.")


class ClusterLost(JagaError):
    """The scheduler does not answer, or no longer."""

    code = "cluster_lost"
    status = 503
    sentence = N_("The Dask cluster at %(address)s does not answer (%(why)s).")
    remedy = N_("Start its scheduler and at least one worker, then give the same command: what was screened is kept.")


class OtherRelease(JagaError):
    """A worker of the cluster would say something else than this machine."""

    code = "other_release"
    status = 409
    sentence = N_("A worker has another version of Jaga or another policy release (%(theirs)s) than this machine "
                  "(%(ours)s).")
    remedy = N_("Install the same version on every machine of the cluster.")
