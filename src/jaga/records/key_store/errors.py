"""Errors of the key store."""

from jaga.core.errors import N_, Conflict, JagaError


class Erased(Conflict):
    """The key was destroyed: what it encrypted cannot be read any more, and nothing can be added under it."""

    code = "erased"
    status = 410
    sentence = N_("This case or report was erased; its texts can be neither read nor added to.")
    remedy = N_("What remains of it is its number, its days and the ledger.")


class KeyStoreMissing(JagaError):
    """The key store of this database is missing. None was created."""

    code = "key_store_missing"
    status = 503
    sentence = N_("The key store %(path)s is missing, and this database holds texts that only its keys open.")
    remedy = N_(
        "Put a copy of that folder back, the newest one that you have (jaga key-store copy makes them); set "
        "JAGA_KEY_STORE if it lies elsewhere. Nothing was changed. If there is no copy, read "
        "docs/operations.md, “Keys and their limits”."
    )


class KeyStoreDamaged(JagaError):
    """The file is no key store, or was damaged."""

    code = "key_store_damaged"
    status = 503
    sentence = N_("The key store %(path)s cannot be read: %(why)s.")
    remedy = N_(
        "Put back the newest copy (jaga key-store copy makes them). Erasures since then are applied again at "
        "the start. Nothing was changed."
    )


class KeyStoreDiffers(JagaError):
    """The key store belongs to another database, or another installation uses it."""

    code = "key_store_differs"
    status = 503
    sentence = N_("The key store %(path)s is not the one of this database.")
    remedy = N_(
        "Put the right folder there, or set JAGA_KEY_STORE to the folder that holds it; a new database needs a "
        "new one. Nothing was changed."
    )
