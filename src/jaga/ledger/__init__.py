"""The append-only ledger as pure code: hash chain, checkpoints, promises and the offline verifier.

No Django, no I/O (but for the files that `tlog.folder` writes).

`entries` has the content · `log` the hash chain · `keys` the signing keys · `checkpoints` the signed statements ·
`verify` checks the whole ledger · `extract` a part of it for others · `receipt` one report's proof as a file ·
`publication` what is published of an entry · `tlog` the published log: tree, files, heads, proofs.
"""
