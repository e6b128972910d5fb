"""Pure: the append-only log, its checkpoints and promises, and the offline verifier. No Django, no I/O.

`entries` what is recorded · `log` how it is chained · `keys` who signs · `checkpoints` what is signed ·
`verify` the whole ledger · `extract` a part of it, for outsiders · `receipt` one report's, as a file.
"""
