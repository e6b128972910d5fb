"""The kinds of entries with the fields of their payloads, what rows they bind, and the bytes of an example."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from tests.fence.sources import module_of, syntax, value_of

from jaga.ledger.checkpoints import (
    sign_checkpoint,
    sign_epoch,
    sign_promise,
    write_checkpoint,
    write_epoch,
    write_promise,
)
from jaga.ledger.entries import Entry, entry_document, entry_hash, entry_mac
from jaga.ledger.extract import write_extract
from jaga.ledger.keys import LedgerSigningKey
from jaga.ledger.publication import HashChain, entry_leaf, entry_opening, leaves_for, padding_leaf
from jaga.ledger.verbs import VERBS
from jaga.ledger.verify import LedgerRow
from jaga.store.bound_rows import PARTS, gone_hash, row_hash

_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ledger() -> Iterator[str]:
    fields = _fields()
    for verb in sorted(VERBS):
        yield f"verb {verb}"
        yield from (f"verb {verb} with {', '.join(names) or 'nothing'}" for names in sorted(fields.get(verb, ())))
    for part in sorted(PARTS.values(), key=lambda part: part.name):
        kind = " followed" if part.followed else ""
        yield f"part {part.name}{kind}: {' '.join(part.columns)} | {' '.join(part.changing)}"
    yield from _example()


def _fields() -> dict[str, set[tuple[str, ...]]]:
    """By verb: the fields of each payload that is written beside it, as `"verb", {"field": …}`."""
    found = defaultdict[str, set[tuple[str, ...]]](set)
    for path, tree in syntax():
        for node in ast.walk(tree):
            parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            for verb, payload in pairwise(parts):
                if isinstance(payload, ast.Dict) and isinstance(verb, ast.Constant | ast.Name | ast.Attribute):
                    said = verb.value if isinstance(verb, ast.Constant) else value_of(verb, module_of(path))
                    if isinstance(said, str) and said in VERBS:
                        names = (
                            ast.literal_eval(key) if isinstance(key, ast.Constant) else "…" for key in payload.keys
                        )
                        found[said].add(tuple(sorted(names)))
    return found


def _example() -> Iterator[str]:
    secret, key = b"s" * 32, LedgerSigningKey("jaga.example/ledger", b"k" * 32)
    entry = Entry(7, _AT, "cast_vote", "person:3", "case:17", {"vote": 5, "words": "é", "none": None}, ("a" * 64,))
    chain = HashChain()
    (link,) = chain.append([entry_hash(entry)])
    checkpoint = sign_checkpoint(chain.head(), _AT, key)
    values = dict.fromkeys(PARTS["case"].columns) | {"opened_at": _AT, "canary": False, "key_number": 4}
    yield f"entry {sorted(entry_document(entry))}"
    yield f"entry hash {entry_hash(entry)}"
    yield f"entry mac {entry_mac(b'm' * 32).of(entry_hash(entry))}"
    yield f"link {link.seq} {link.previous} {link.hash}"
    yield f"opening {entry_opening(secret, entry)!r}"
    yield f"leaf {entry_leaf(secret, entry).hex()}"
    yield f"padding {padding_leaf(secret, 'jaga.example/log', 3).hex()}"
    yield f"leaves {[leaves_for(entries, ()) for entries in (0, 1, 257, 5000)]}"
    yield f"row {row_hash('case', 4, b's' * 32, values)}"
    yield f"row that is gone {gone_hash('case', 4, b's' * 32)}"
    yield f"checkpoint {write_checkpoint(checkpoint)!r}"
    yield f"promise {write_promise(sign_promise(7, entry_hash(entry), _AT, key))!r}"
    yield f"epoch {write_epoch(sign_epoch(2, chain.head(), 9, _AT, key))!r}"
    yield f"key {key.public.text()}"
    yield f"extract {write_extract([LedgerRow(link, entry)], [link], checkpoint)!r}"
