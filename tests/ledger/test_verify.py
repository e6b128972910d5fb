"""The verifier detects every change of the ledger, and reports nothing for an intact one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from jaga.ledger.checkpoints import Checkpoint, sign_checkpoint
from jaga.ledger.entries import NOTHING, Entry, entry_hash, link_hash
from jaga.ledger.keys import LedgerSigningKey
from jaga.ledger.publication import EMPTY, HashChain
from jaga.ledger.verify import SHOWN, LedgerRow, verify

AT = datetime(2026, 3, 20, tzinfo=UTC)
KEY = LedgerSigningKey("jaga.example/ledger", bytes(range(32)))
payloads = st.dictionaries(st.text(max_size=5), st.none() | st.integers(0, 99) | st.text(max_size=9), max_size=3)
logs = st.lists(payloads, min_size=2, max_size=12)


def chained(found: list[dict[str, object]]) -> tuple[list[LedgerRow], list[Checkpoint]]:
    """A whole log with a checkpoint in the middle and one at the end."""
    entries = [
        Entry(100 + i, AT + timedelta(seconds=i), "case.decide", f"person:{i}", f"case:{i}", payload)
        for i, payload in enumerate(found)
    ]
    chain = HashChain()
    rows: list[LedgerRow] = []
    checkpoints = []
    for part in (entries[: len(entries) // 2], entries[len(entries) // 2 :]):
        links = chain.append(entry_hash(entry) for entry in part)
        rows += [LedgerRow(link, entry) for link, entry in zip(links, part, strict=True)]
        checkpoints.append(sign_checkpoint(chain.head(), AT, KEY))
    return rows, checkpoints


def relinked(rows: list[LedgerRow]) -> list[LedgerRow]:
    """What an insider would do: the same entries, chained again from the start."""
    entries = [row.entry for row in rows if row.entry is not None]
    return [
        LedgerRow(link, entry)
        for link, entry in zip(HashChain().append(entry_hash(e) for e in entries), entries, strict=True)
    ]


def problems(rows: list[LedgerRow], checkpoints: list[Checkpoint]) -> list[str]:
    return [problem.english() for problem in verify(rows, checkpoints, [KEY.public]).problems]


@given(logs)
def test_a_whole_ledger_passes(found: list[dict[str, object]]) -> None:
    """No false alarm; the head and the number of checkpoints are reported."""
    rows, checkpoints = chained(found)
    report = verify(rows, checkpoints, [KEY.public])
    assert report.ok
    assert (report.head.size, report.head.hash, report.checkpoints) == (len(found), checkpoints[-1].hash, 2)


@given(logs, st.data())
def test_an_edited_entry_is_found_and_named(found: list[dict[str, object]], data: st.DataObject) -> None:
    """Whichever field: the problem names exactly that entry."""
    rows, checkpoints = chained(found)
    place = data.draw(st.integers(0, len(rows) - 1))
    entry = rows[place].entry
    assert entry is not None
    rows[place] = replace(
        rows[place],
        entry=data.draw(
            st.sampled_from(
                [
                    replace(entry, id=entry.id + 1),
                    replace(entry, at=entry.at + timedelta(microseconds=1)),
                    replace(entry, verb="case.dismiss"),
                    replace(entry, actor="x"),
                    replace(entry, subject_ref="case:9x"),
                    replace(entry, payload={**entry.payload, "added": 1}),
                    replace(entry, payload={"fraction": 0.5}),
                    replace(entry, at=entry.at.replace(tzinfo=None)),
                ]
            )
        ),
    )
    report = verify(rows, checkpoints, [KEY.public])
    assert [problem.seq for problem in report.problems] == [place + 1]
    assert "was edited" in report.problems[0].english()


@given(logs, st.data(), st.booleans())
def test_a_deleted_entry_is_found(found: list[dict[str, object]], data: st.DataObject, link_too: bool) -> None:
    """With its link or without, at the end too."""
    rows, checkpoints = chained(found)
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place : place + 1] = [] if link_too else [replace(rows[place], entry=None)]
    assert problems(rows, checkpoints)


@given(logs, st.data(), st.booleans())
def test_two_swapped_entries_are_found(found: list[dict[str, object]], data: st.DataObject, links_too: bool) -> None:
    """Whether whole rows were swapped or only the entries of two links."""
    rows, checkpoints = chained(found)
    a, b = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True))
    if links_too:
        rows[a], rows[b] = rows[b], rows[a]
    else:
        rows[a], rows[b] = replace(rows[a], entry=rows[b].entry), replace(rows[b], entry=rows[a].entry)
    assert problems(rows, checkpoints)


@given(logs, st.data())
def test_a_repeated_entry_is_found(found: list[dict[str, object]], data: st.DataObject) -> None:
    """A row that occurs twice, anywhere."""
    rows, checkpoints = chained(found)
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    rows.insert(data.draw(st.integers(0, len(rows))), row)
    assert problems(rows, checkpoints)


@given(logs, st.data())
def test_an_inserted_entry_is_found(found: list[dict[str, object]], data: st.DataObject) -> None:
    """Even with a valid link. (After the last checkpoint it would be an ordinary append.)"""
    rows, checkpoints = chained(found)
    place = data.draw(st.integers(0, len(rows) - 1))
    previous = rows[place - 1].link.hash if place else NOTHING
    entry = Entry(999, AT, "case.dismiss", "person:9", "case:9")
    link = HashChain(replace(EMPTY, size=place, hash=previous)).append([entry_hash(entry)])[0]
    rows.insert(place, LedgerRow(link, entry))
    assert problems(rows, checkpoints)


@given(logs, st.data())
def test_a_cut_end_is_found(found: list[dict[str, object]], data: st.DataObject) -> None:
    """The checkpoint contains the ledger's length, also of an empty one."""
    rows, checkpoints = chained(found)
    rows = rows[: data.draw(st.integers(0, len(rows) - 1))]
    assert any("cut off" in text for text in problems(rows, checkpoints))


@given(logs, st.data())
def test_a_link_that_was_changed_is_found(found: list[dict[str, object]], data: st.DataObject) -> None:
    """Each field of each link."""
    rows, checkpoints = chained(found)
    place = data.draw(st.integers(0, len(rows) - 1))
    link = rows[place].link
    other = sha256(b"other").hexdigest()
    rows[place] = replace(
        rows[place],
        link=data.draw(
            st.sampled_from(
                [
                    replace(link, seq=link.seq + 1),
                    replace(link, seq=0),
                    replace(link, previous=other),
                    replace(link, hash=other),
                    replace(link, entry_hash=other),
                ]
            )
        ),
    )
    assert problems(rows, checkpoints)


@given(logs, st.data())
def test_a_ledger_chained_anew_is_found_by_the_checkpoint(found: list[dict[str, object]], data: st.DataObject) -> None:
    """An insider who edits and recomputes every hash is contradicted by what was signed and kept elsewhere."""
    rows, checkpoints = chained(found)
    place = data.draw(st.integers(0, len(rows) - 1))
    entry = rows[place].entry
    assert entry is not None
    rows[place] = replace(rows[place], entry=replace(entry, actor="somebody else"))
    (problem,) = problems(relinked(rows), [])
    assert "stand behind the newest checkpoint" in problem
    assert any("rewritten" in text for text in problems(relinked(rows), checkpoints))


def test_a_checkpoint_by_another_key_is_refused() -> None:
    """A forged checkpoint cannot validate a forged ledger."""
    rows, _ = chained([{}, {}])
    forged = sign_checkpoint(HashChain(EMPTY).head(), AT, LedgerSigningKey.generate(KEY.name))
    assert any("not signed by a known key" in text for text in problems(rows, [forged]))
    head = verify(rows, [], []).head
    assert not problems(rows, [sign_checkpoint(head, AT, KEY)])
    assert problems(rows, [sign_checkpoint(head, AT, LedgerSigningKey.generate("other"))])


def test_an_empty_ledger_passes_with_its_checkpoint() -> None:
    """The first checkpoint may be signed before the first entry."""
    assert verify([], [sign_checkpoint(EMPTY, AT, KEY)], [KEY.public]).ok


def test_checkpoints_out_of_order_are_told() -> None:
    """They are compared while the ledger is read, so their order matters; a passed one is not silently skipped."""
    rows, checkpoints = chained([{}, {}, {}, {}])
    assert any("out of order" in text for text in problems(rows, checkpoints[::-1]))


@given(logs, st.data())
def test_a_head_without_a_checkpoint_is_found(found: list[dict[str, object]], data: st.DataObject) -> None:
    """Head and checkpoint are one transaction, so a head without one means that the newest is missing."""
    rows, checkpoints = chained(found)
    kept = data.draw(st.integers(0, 1))
    (problem,) = problems(rows, checkpoints[:kept])
    assert problem.startswith(f"Entries {len(rows) // 2 + 1 if kept else 1} to {len(rows)} stand behind")


@given(logs, st.integers(1, 5))
def test_an_earlier_state_is_whole_but_for_what_was_kept(found: list[dict[str, object]], more: int) -> None:
    """An older copy of rows and checkpoints is consistent in itself; a kept checkpoint and a length contradict it."""
    rows, checkpoints = chained(found)
    half = len(rows) // 2
    earlier, signed = rows[:half], checkpoints[:1]
    assert verify(earlier, signed, [KEY.public], at_least=half, kept=signed).kept == 1
    assert verify(earlier, signed, [KEY.public], at_least=half, kept=signed).ok
    assert any(
        "cut off" in problem.english() for problem in verify(earlier, signed, [KEY.public], kept=checkpoints).problems
    )
    assert not verify(earlier, signed, [KEY.public], at_least=half + more).ok
    assert verify(rows, checkpoints, [KEY.public], kept=checkpoints[::-1]).ok


def test_verification_can_go_on_from_a_trusted_head() -> None:
    """The nightly check need not start at the first entry."""
    rows, checkpoints = chained([{}, {}, {}, {}])
    start = verify(rows[:2], checkpoints[:1], [KEY.public]).head
    assert verify(rows[2:], checkpoints[1:], [KEY.public], start).ok
    assert not verify(rows[2:], checkpoints[1:], [KEY.public], replace(start, hash=NOTHING)).ok


def test_a_ruined_ledger_is_reported_within_bounds() -> None:
    """Memory is constant: a hundred problems are shown and the rest is counted."""

    def rows() -> Iterator[LedgerRow]:
        chain = HashChain()
        for i in range(1000):
            yield LedgerRow(chain.append([entry_hash(Entry(i, AT, "v", "a", "s"))])[0], None)

    report = verify(rows(), [], [])
    assert (len(report.problems), report.more) == (SHOWN, 1001 - SHOWN)  # and the head that nobody signed


def test_a_link_can_be_recomputed_with_sha256sum_alone() -> None:
    """The hash covers five plain lines, as docs/verify-export.md says."""
    first, second = "a" * 64, "b" * 64
    assert link_hash(3, first, second) == sha256(f"jaga.link.v1\n3\n{first}\n{second}\n".encode()).hexdigest()


def test_appending_in_parts_gives_the_same_chain() -> None:
    """The sequencer may stop and continue from the stored head."""
    hashes = [sha256(bytes([i])).hexdigest() for i in range(5)]
    whole, parts = HashChain(), HashChain()
    links = parts.append(hashes[:2])
    links += HashChain(parts.head()).append(hashes[2:])
    assert whole.append(hashes) == links
