"""What can be wrong with a log, its files and its proofs. For signatures and keys: `ledger.keys`."""

from jaga.core.errors import N_, JagaError


class BadFormat(JagaError):
    """A text or file is not in its format. `what` names the format and `why` the first fault, both in English."""

    code = "bad_tlog_format"
    status = 422
    sentence = N_("This is not a valid %(what)s: %(why)s.")
    remedy = N_("Get it again, whole and unchanged, from whoever published it.")


class BadProof(JagaError):
    """A proof does not lead from the entry to the root."""

    code = "bad_tlog_proof"
    status = 422
    sentence = N_("The proof does not show that this entry is in the log.")
    remedy = N_(
        "Get proof, entry and checkpoint again from their publisher; if they still do not fit, do not rely on them."
    )


class NotConsistent(JagaError):
    """A later tree does not begin with the earlier one, or the proof of it is wrong."""

    code = "tlog_not_consistent"
    status = 409
    sentence = N_("The two heads do not fit together: the log was rewritten or forked, or a proof is wrong.")
    remedy = N_("Keep both heads unchanged, and show them to the operator and to the log's witnesses.")


class NotWitnessed(JagaError):
    """Signatures that the policy asks for are missing."""

    code = "tlog_not_witnessed"
    status = 409
    sentence = N_("Too few witnesses have cosigned this checkpoint.")
    remedy = N_("Get it again when more have cosigned it; the policy says which ones count.")


class TileConflict(JagaError):
    """A published file would have been changed; nothing was written over it."""

    code = "tile_conflict"
    status = 409
    sentence = N_("The file %(path)s of the published log has other contents already.")
    remedy = N_(
        "Compare the folder with the ledger and with a backup. After a restore, begin a new log in a new folder."
    )


class MissingTile(JagaError):
    """A file that the log must have is not there."""

    code = "missing_tile"
    status = 404
    sentence = N_("The file %(path)s of the published log is missing.")
    remedy = N_("Restore the folder from a copy, or write all entries into a new one.")


class DamagedTile(JagaError):
    """A published file has other hashes than the log's head says."""

    code = "damaged_tile"
    status = 409
    sentence = N_("The file %(path)s of the published log does not fit the log's head.")
    remedy = N_("Keep it for comparison. Restore the folder from a copy, or write all entries into a new one.")
