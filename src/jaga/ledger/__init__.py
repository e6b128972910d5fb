"""The append-only ledger as pure code: hash chain, checkpoints, promises and the offline verifier.

No Django, no I/O.

`entries` content · `log` hash chain · `keys` signing keys · `checkpoints` signed statements · `verify` the whole ledger ·
`extract` a part of it for others · `receipt` one report's proof as a file.
"""
