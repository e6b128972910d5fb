"""Outgoing texts may quote only what an account published openly.

A sentence from a private conversation reveals the reporter: the one person who received it. So letters, notices and
answers may not repeat words, days or places from a report, a mailbox or a selected message, only the kind of conduct.
Quotable are words that a watch or a preserved profile holds, words recorded as public (`record_public_words`), and
sentences whose reporter has consented (`reporting.verbs.mailbox`); a used consent cannot be withdrawn. Entry
point: `check_quotes`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from babel.dates import format_date
from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.reads.reports import PUBLIC_WORDS, originals_of
from jaga.cases.verbs.evidence import seal
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import ReportForm
from jaga.reporting.models import QuoteConsent, ReportMessage
from jaga.reporting.verbs.observations import observe_words
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import require_eligible
from jaga.store.kernel.validation import check_text
from jaga.store.key_store.tree import Erased
from jaga.store.vault import EvidenceDamaged, unseal

RUN = 5
"""This many consecutive words are a quotation; so is a whole shorter sentence of at least SHORTEST words."""
SHORTEST = 4
LONGEST_PUBLIC = 2000
LONGEST_WHERE = 300
_SHORTEST_LINK = 8
_NUMBER = re.compile(r"\d{6,}")  # a telephone number, account number or amount
_SENTENCE = re.compile(r"[.!?:;\n\"“”«»]+")


def check_quotes(field: str, text: str, case: Case, *, known_to: Report | None = None) -> list[FieldError]:
    """An error if an outgoing text repeats what only the reporter, or the recipient of a message, knows.

    `known_to` is the report whose sender receives the text and knows its words. Runs in the caller's transaction; a
    consent that permits a quotation is marked as used.
    """
    if not text.strip():
        return []
    found = _first_quote(text, case, known_to)
    return (
        []
        if found is None
        else [
            FieldError(
                field,
                "quotes_private",
                N_(
                    "“%(words)s” comes from a report or a private message. Say only the kind of conduct, or first "
                    "record the words"
                    " as ones that everybody can see."
                ),
                {"words": found},
            )
        ]
    )


def require_no_quotes(field: str, text: str, case: Case, *, known_to: Report | None = None) -> None:
    """Raise InvalidInput if `check_quotes` finds an error."""
    if errors := check_quotes(field, text, case, known_to=known_to):
        raise InvalidInput(*errors)


@transaction.atomic
def record_public_words(case_id: int, text: str, where: str, *, actor: Actor) -> int:
    """Record words of the account that the actor saw in public: sealed, with place and day.

    Idempotent.

    They may be quoted from then on and count as published. Everybody on the case sees them; the ledger records by whom.
    Returns the evidence's id. Raises NotPermitted, NotFound, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    require_eligible(case, person)
    errors = [*check_text("public_words", text, LONGEST_PUBLIC), *check_text("public_where", where, LONGEST_WHERE)]
    errors += [
        FieldError(field, "missing", sentence)
        for field, given, sentence in (
            ("public_words", text, N_("Copy the words as they stand there.")),
            ("public_where", where, N_("Say where everybody can read them, and since which day.")),
        )
        if not given.strip()
    ]
    if errors:
        raise InvalidInput(*errors)
    content = f"{where.strip()}\n\n{text.strip()}".encode()
    made = seal(case, None, EvidenceKind.TEXT, PUBLIC_WORDS, content, media="text/plain", actor=actor)
    observe_words(case, text.strip(), where.strip(), made.sha256)
    append("record_public_words", {"evidence": made.pk, "sha256": made.sha256}, actor=actor, case_id=case.pk)
    return made.pk


def occurs_in_report(sentence: str, report: Report) -> bool:
    """Whether the sentence occurs word for word in what this reporter sent: report, mailbox or selected messages."""
    wanted = f" {' '.join(_words(sentence))} "
    texts = [
        report.all_text,
        *report.messages.filter(from_us=False).values_list("text", flat=True),
        *_read(report.evidence.filter(kind=EvidenceKind.MESSAGES)),
    ]
    return bool(wanted.strip()) and any(wanted in f" {' '.join(_words(text))} " for text in texts)


def _first_quote(text: str, case: Case, known_to: Report | None) -> str | None:
    """The first private words, number, day or link in `text` that are neither public nor permitted; None without any.

    Consents that permit a quotation are marked as used.
    """
    own = known_to.pk if known_to else 0
    if not _hits(text, case, own):
        return None
    rest, used = _folded(text), set[int]()
    rows = list(
        QuoteConsent.objects.select_for_update(of=("self",))
        .filter(report__case=case, report__withdrawn_at__isnull=True, agreed=True, withdrawn_at__isnull=True)
        .order_by("pk")
    )
    for row in rows:
        rest, times = _as_words(row.sentence).subn("\n", rest)
        used |= {row.pk} if times else set()
    for hit in _hits(rest, case, own):  # also parts of a permitted sentence
        allowed = next(
            (
                row.pk
                for row in rows
                if _folded(hit) in " ".join((_folded(row.sentence), *_words(row.sentence), *_numbers(row.sentence)))
            ),
            None,
        )
        if allowed is None:
            return hit
        used.add(allowed)
    for row in rows:
        if row.pk in used and row.used_at is None:
            row.used_at = now()
            row.save(update_fields=["used_at"])
            append("use_consent", {"consent": row.pk}, actor=SYSTEM, case_id=case.pk)
    return None


def _as_words(sentence: str) -> re.Pattern[str]:
    """A pattern for the sentence in a folded text, with any separators between words."""
    return re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, _words(sentence))) + r"(?!\w)")


def _hits(text: str, case: Case, own: int) -> list[str]:
    """Everything in `text` that is private in the case and not public, except what report `own` contains."""
    reports = list(
        Report.objects.filter(case=case)
        .exclude(pk=own)
        .only("form", "text", "excerpt", "published", "place", "conduct_on")
    )
    private = [(row.all_text, row.place, row.conduct_on) for row in reports if row.form != ReportForm.OBSERVATION]
    if not private:
        return []
    words = _words(text)
    runs, numbers, folded = _runs(words), set(_numbers(text)), _folded(text)
    hits = {" ".join(found) for found in _quoted(words, runs, [*(row[0] for row in private), *_letters(case, own)])}
    hits |= numbers & {number for row in private for number in _numbers(row[0])}
    hits |= {
        link for row in private for link in row[1].split() if len(link) >= _SHORTEST_LINK and _folded(link) in folded
    }
    hits |= {day for row in private for day in _days(row[2]) if re.search(rf"(?<!\d){re.escape(day)}(?!\d)", folded)}
    if not hits:
        return []
    public = "\n".join(_public(case))
    public_forms = (_folded(public), " ".join(_words(public)), " ".join(_numbers(public)))
    return [hit for hit in sorted(hits) if not any(_folded(hit) in form for form in public_forms)]


def _quoted(public: list[str], runs: set[tuple[str, ...]], private: Iterable[str]) -> Iterator[tuple[str, ...]]:
    whole = f" {' '.join(public)} "
    for text in private:
        words = _words(text)
        yield from (run for run in _runs(words) if run in runs)
        for sentence in _SENTENCE.split(text):
            short = _words(sentence)
            if SHORTEST <= len(short) < RUN and f" {' '.join(short)} " in whole:
                yield tuple(short)


def _letters(case: Case, but: int) -> Iterator[str]:
    """Mailbox messages of reporters, and messages they selected from a chat."""
    yield from (
        ReportMessage.objects.filter(report__case=case, from_us=False)
        .exclude(text="")
        .exclude(report=but)
        .values_list("text", flat=True)
    )
    yield from _read(originals_of([case]).filter(kind=EvidenceKind.MESSAGES, report__isnull=False).exclude(report=but))


def _public(case: Case) -> Iterator[str]:
    """Public text: observations with place and day, preserved public content, and words recorded as public."""
    observed = Report.objects.filter(subject=case.subject_id, form=ReportForm.OBSERVATION)
    for text, place, day in observed.values_list("published", "place", "conduct_on"):
        yield from (text, place, *_days(day))
    originals = originals_of([case]).filter(report__isnull=True)
    yield from _read(originals.filter(kind__in=(EvidenceKind.PROFILE, EvidenceKind.MESSAGES)))
    yield from _read(originals.filter(kind=EvidenceKind.TEXT, name=PUBLIC_WORDS))


def _read(originals: Iterable[Evidence]) -> Iterator[str]:
    for one in originals:
        try:
            yield unseal(one.sha256, one.key_owner()).decode("utf-8", "replace")
        except (EvidenceDamaged, Erased, OSError):
            continue  # the health check reports it; a vote does not wait for the backup


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text))


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[at:] for at in range(RUN)), strict=False))


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(re.sub(r"(?<=\d)[\s.\-](?=\d)", "", _folded(text)))


def _days(day: date) -> set[str]:
    """The day in the usual notations, in lower case."""
    return {
        format_date(day, pattern, locale=language.value).casefold()
        for language in Language
        for pattern in ("d MMMM y", "d MMM y", "d/M/y", "dd/MM/y", "dd-MM-y", "y-MM-dd")
    }
