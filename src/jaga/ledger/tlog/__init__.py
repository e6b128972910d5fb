"""A transparency log in the formats of C2SP (c2sp.org), over the Merkle tree of RFC 6962 and RFC 9162.

It is complete by itself (docs/adr/0090); `ledger.publication` and `proofs.verbs` publish the ledger by it.

`merkle` hashes, roots and the checking of proofs · `leaf` what is published of an entry · `tiles` names and contents of
the published files · `folder` writes them · `tree` reads them and makes proofs · `notes` keys and signed notes ·
`heads` checkpoints and cosignatures · `policy` who must have signed · `proof` a proof as a file.

Only `folder` touches files. Nothing here knows Django, a database or a network.
"""
