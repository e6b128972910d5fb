"""Machine errors, one sentence each with a remedy."""

from jaga.core.errors import N_, JagaError


class ServiceFailed(JagaError):
    """A program Jaga needs did not start or exited."""

    code = "service_failed"
    status = 503
    sentence = N_("%(service)s did not start: %(reason)s")
    remedy = N_("Look into %(log)s, put it right and start again.")


class PortTaken(JagaError):
    """Another process listens on Jaga's port."""

    code = "port_taken"
    status = 503
    sentence = N_("Port %(port)s is taken by %(owner)s.")
    remedy = N_("Stop it, or choose another port with %(variable)s=….")


class AlreadyRunning(JagaError):
    """A second start of the same installation."""

    code = "already_running"
    status = 409
    sentence = N_("Jaga is running already (process %(pid)s), at %(address)s.")
    remedy = N_("Use that one, or stop it with Ctrl-C in its window (or: kill %(pid)s).")


class WrongHome(JagaError):
    """Practice must not write to the folder of a real installation's credentials, keys and evidence."""

    code = "wrong_home"
    status = 409
    sentence = N_("%(path)s belongs to a %(found)s installation, and this was started as a %(asked)s one.")
    remedy = N_("Say PRACTICE=0 for the real one, leave it out for practice, or name another folder with JAGA_HOME=….")


class DiskFull(JagaError):
    """Too little disk space; nothing acknowledged was lost."""

    code = "disk_full"
    status = 507
    sentence = N_("The disk is full, or nearly, at %(path)s (%(free)s MB are free).")
    remedy = N_("Make room, or name another folder with JAGA_HOME=….")


class NoTables(JagaError):
    """A command on a database that was never migrated, or not to this version."""

    code = "no_tables"
    status = 503
    sentence = N_("This database does not have the tables of this version (%(missing)s).")
    remedy = N_("Run jaga migrate, or name the installation's folder with JAGA_HOME=….")


class UnknownTables(JagaError):
    """A database of an unreleased version, or of a newer one: no migration leads from it to this version."""

    code = "unknown_tables"
    status = 503
    sentence = N_(
        "The database in %(place)s was made by an unreleased version of Jaga, or by a newer one (%(migration)s)."
    )
    remedy = N_(
        "Start anew: for practice with make fresh, otherwise in another folder (JAGA_HOME=…), or with an empty "
        "database (DATABASE_URL=…)."
    )


class NoPermission(JagaError):
    """The folder belongs to another user or is read-only."""

    code = "no_permission"
    status = 403
    sentence = N_("Jaga may not read or write %(path)s.")
    remedy = N_("Start it as the owner of that folder, or name another folder with JAGA_HOME=….")


class MissingZones(JagaError):
    """Deadlines cannot be shown without time zone data."""

    code = "missing_zones"
    status = 503
    sentence = N_("The time zone %(zone)s is missing on this machine.")
    remedy = N_("Install the zone data (on Debian: apt-get install tzdata) or run make clean and start again.")


class WrongPython(JagaError):
    """An interpreter version Jaga was not tested with."""

    code = "wrong_python"
    status = 503
    sentence = N_("Jaga needs Python 3.11 to 3.13, but this is %(found)s.")
    remedy = N_("Install one of these (on Debian 13: apt-get install python3) and name it with make PYTHON=….")


class OlderData(JagaError):
    """Data is never migrated automatically between PostgreSQL's major versions."""

    code = "older_data"
    status = 503
    sentence = N_("The database in %(path)s was made by PostgreSQL %(found)s, and this Jaga brings %(ours)s.")
    remedy = N_("Follow docs/operations.md, “Moving to a new PostgreSQL”; nothing was changed.")


class RolesMissing(JagaError):
    """Web server and worker must not connect as the owner of the tables."""

    code = "roles_missing"
    status = 503
    sentence = N_("The database has no role for the %(part)s that Jaga can use, and Jaga may not make one.")
    remedy = N_("Make the roles as docs/operations.md says, and give their addresses; or let the owner make roles.")


class RoleTooStrong(JagaError):
    """The role could disable the guards of the tables."""

    code = "role_too_strong"
    status = 503
    sentence = N_("The %(part)s would connect to the database with rights that it must not have: %(powers)s.")
    remedy = N_("Give it a role of its own (docs/operations.md, “Database roles”); leave DATABASE_URL to the owner.")
