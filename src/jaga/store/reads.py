"""The access log: each time a person sees personal data, the read functions record it with `log_access`.

This is the only write that the read functions make. An entry holds person, case, kind of page and time, never content.
`guards/quality.sql` raises an alarm for entries on a canary case.

Whether the machine's clock can be believed, for what cannot be undone. `privacy.verbs.holds` notes the doubt.

What was lost when the database was restored from a backup, identified only by numbers and codes.

When something was erased, for pages: an erased text is shown as such, not as one that nobody wrote.

Who operates this installation and which platforms it serves.

The published log for others: is its head late, and was every promise kept? Read only.

A per-request cache for queries that one page repeats: the reader, their clearances, their queues.

It is active only during a request that changes none of these, and never outlives it, so a revoked right is gone with
the next request. Outside a request every call queries.

The signed-in person: what every console page needs, in one prepared query.

Clearances: who may see cases that are closed to others. Every access function and case list uses this.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Clearance, HostKind, Language, OrganisationKind, Role
from jaga.core.terms.privacy import KeyOwner
from jaga.ledger.checkpoints import MERGE_DELAY
from jaga.ledger.tlog.notes import BadFormat
from jaga.ledger.tlog.policy import NONE, parse_policy
from jaga.people.models import Organisation, Person
from jaga.policy.limits import LARGEST_CLOCK_STEP_DAYS
from jaga.privacy.models import ErasedKey, RetentionClock
from jaga.quality.models import Tally
from jaga.queue.models import PersonClearance
from jaga.store.bulk import ask_prepared
from jaga.store.codes import appeal_hash, number_in_receipt, receipt_hash
from jaga.store.key_store.store import Owner, is_destroyed
from jaga.store.ledger_mark import read_mark
from jaga.store.models import Epoch, HeadTimestamp, Installation, LedgerEntry, LedgerFault, LostCode, PublishedHead

AGAIN_AFTER = timedelta(minutes=10)
"""Repeated access by one person to one thing within this time is one entry. Canary cases are exempt, and so is `EACH`:
every access counts."""
EACH = frozenset({AccessKind.WATCH, AccessKind.SAMPLE, AccessKind.QUERY})
"""Each step of a look-up of an account without a case is an entry of its own, each text of the sample, and each query
over what watches flagged."""

_LOOK = """
INSERT INTO records_accessevent (person_id, case_id, what, at)
SELECT %(person)s::bigint, seen.case_id, %(what)s::text, %(at)s::timestamptz
FROM unnest(%(cases)s::bigint[]) AS seen(case_id)
WHERE NOT EXISTS (SELECT 1 FROM records_accessevent earlier WHERE earlier.person_id = %(person)s
                  AND earlier.what = %(what)s::text AND earlier.case_id IS NOT DISTINCT FROM seen.case_id
                  AND earlier.at > %(since)s::timestamptz AND earlier.at <= %(at)s::timestamptz)
   OR %(each)s::boolean
   OR EXISTS (SELECT 1 FROM records_case canary WHERE canary.id = seen.case_id AND canary.canary)
RETURNING id
"""


def log_access(case: Case | int | None, what: AccessKind, *, actor: Actor) -> None:
    """Record that the actor saw something of the case; `case` is None for a list that spans cases."""
    log_access_to_all([case], what, actor=actor)


def log_access_to_all(cases: Iterable[Case | int | None], what: AccessKind, *, actor: Actor) -> None:
    """Record access to several cases in one statement. Only people are recorded, never machines."""
    if actor.person_id is None:
        return
    numbers = list(dict.fromkeys(case.pk if isinstance(case, Case) else case for case in cases))
    if not numbers:
        return
    moment = now()
    ask_prepared(
        _LOOK,
        {
            "person": actor.person_id,
            "what": what.value,
            "at": moment,
            "cases": numbers,
            "since": moment - AGAIN_AFTER,
            "each": what in EACH,
        },
    )


BACK = timedelta(hours=1)
"""Less is the ordinary correction of a clock."""
STEP = timedelta(days=LARGEST_CLOCK_STEP_DAYS)


class ClockInDoubt(Conflict):
    """What binds is computed from today's day, which may be wrong."""

    code = "clock_in_doubt"
    sentence = N_("The clock of this machine may be wrong, so nothing is erased now.")
    remedy = N_("A supervisor looks at the page Retention and confirms the clock there, or somebody sets it right.")


def clock_in_doubt() -> bool:
    """Whether the clock was doubted, or is far from the last sweep, which runs every half minute. Notes nothing.

    False in an installation that has not swept yet.
    """
    found = RetentionClock.objects.filter(pk=1).values_list("seen_at", "doubted_at").first()
    if found is None:
        return False
    seen, doubted = found
    return doubted is not None or not seen - BACK <= now() <= seen + STEP


TOLD_FOR = timedelta(days=180)
"""For this long anyone who enters an unknown code is told about the loss, since older receipts carry no number."""


@dataclass(frozen=True)
class DatabaseLoss:
    """A restoration: data written between `since` (None: unknown) and `restored_at` is lost."""

    number: int
    since: datetime | None
    restored_at: datetime
    size: int


def mark_path() -> Path:
    """The file beside the database that records how far the ledger had come."""
    return Path(settings.JAGA_MARK)


def is_put_back() -> bool:
    """Whether the database was replaced or set back while this process runs, compared with the file."""
    mark = read_mark(mark_path())
    home = Installation.objects.values_list("mark", flat=True).first()
    if mark is None or not home:
        return False
    if mark.home != home:
        return True
    return mark.size > 0 and not LedgerEntry.objects.filter(seq=mark.size, hash=mark.hash).exists()


def lost_by_receipt(receipt: str) -> DatabaseLoss | None:
    """The restoration that lost the report of this receipt, or None.

    Only the number in the receipt is compared with numbers issued before. Guessing reveals nothing: about one guess in
    100,000 gets this answer.
    """
    number = number_in_receipt(receipt)
    # This one belongs to an officer.
    if number is None or Report.objects.filter(receipt_hash=receipt_hash(receipt)).exists():
        return None
    return lost_by_number("report", number)


def lost_by_number(name: str, number: int) -> DatabaseLoss | None:
    """The restoration that lost this row number of this table (name without `records_`), or after which it was never
    issued.

    Call it only for numbers without a row. Each epoch issues numbers above all earlier ones.
    """
    for epoch in Epoch.objects.order_by("number"):
        _, following = epoch.numbers.get(name, (0, 0))
        if 0 < number < following:
            return _loss(epoch)
    return None


def lost_by_code(code: str) -> DatabaseLoss | None:
    """The restoration that lost the letter with this code."""
    found = LostCode.objects.filter(hash=appeal_hash(code)).select_related("epoch").first()
    return _loss(found.epoch) if found else None


def recent_loss() -> DatabaseLoss | None:
    """The latest restoration, while people may still hold receipts or codes lost with it."""
    epoch = Epoch.objects.order_by("-number").first()
    return _loss(epoch) if epoch and epoch.began_at > now() - TOLD_FOR else None


def losses() -> tuple[DatabaseLoss, ...]:
    """Every restoration, newest first, for the public key page."""
    return tuple(_loss(epoch) for epoch in Epoch.objects.order_by("-number"))


@dataclass(frozen=True)
class LostPromises:
    """What a restoration lost although a receipt may promise it: the possible numbers of ledger entries and of reports,
    from the first to the last (0 and 0: none). At least `entries` entries are lost for certain.

    Which of these numbers were given out only the lost database knew. Who has a receipt of one can prove the promise.
    """

    epoch: int
    since: datetime | None
    restored_at: datetime
    entries: int
    entry_numbers: tuple[int, int]
    report_numbers: tuple[int, int]


def lost_promises() -> tuple[LostPromises, ...]:
    """By restoration, newest first. Raises nothing; empty if the database was never restored."""
    return tuple(
        LostPromises(
            epoch.number,
            epoch.last_at,
            epoch.began_at,
            max(epoch.proven - epoch.size, 0),
            _between(epoch, "ledgerentry"),
            _between(epoch, "report"),
        )
        for epoch in Epoch.objects.order_by("-number")
    )


def _between(epoch: Epoch, name: str) -> tuple[int, int]:
    last, following = epoch.numbers.get(name, (0, 0))
    return (last + 1, following - 1) if following > last + 1 else (0, 0)


def _loss(epoch: Epoch) -> DatabaseLoss:
    return DatabaseLoss(epoch.number, epoch.last_at, epoch.began_at, epoch.size)


def erased_at(owner: Owner) -> datetime | None:
    """When the owner was erased; None if it was not. Asks the database only about what was erased."""
    return erased_last([owner])


def erased_last(owners: Iterable[Owner]) -> datetime | None:
    """When the last of those owners that were erased was; None if none was."""
    gone = [owner for owner in owners if is_destroyed(owner)]
    if not gone:
        return None
    return max(_recorded(gone).values(), default=now())  # Without a record yet: the next start makes one.


def erased_of(owners: Iterable[Owner]) -> Mapping[Owner, datetime]:
    """Those of these owners that were erased, with the moment; also those whose key the worker is about to destroy."""
    wanted = list(dict.fromkeys(owners))
    return {owner: now() for owner in wanted if is_destroyed(owner)} | _recorded(wanted)


def _recorded(owners: list[Owner]) -> dict[Owner, datetime]:
    return {
        Owner(KeyOwner(row.kind), row.number): row.at
        for kind in {owner.kind for owner in owners}
        for row in ErasedKey.objects.filter(
            kind=kind, number__in=[owner.number for owner in owners if owner.kind is kind]
        )
    }


@dataclass(frozen=True)
class ListedPlatform:
    """A chat platform as the report form offers it."""

    name: str
    display_name: str
    adapter: str  # Determines how a pasted name is parsed, and which hint helps to find it.
    server_name: str


def listed_platforms() -> tuple[ListedPlatform, ...]:
    """Every platform whose accounts can be reported, by name."""
    return tuple(
        ListedPlatform(row.name, row.display_name, row.naming, row.server_name)
        for row in Platform.objects.order_by("display_name")
    )


def host_name() -> str:
    """The name of the organisation that runs this installation, or an empty string.

    It is the organisation of the first administrator if that is of the host's kind; otherwise, in an operator's
    installation, the only operator.
    """
    kind = Installation.objects.values_list("host_kind", flat=True).first()
    authority = kind == HostKind.AUTHORITY
    operators = Q(kind=OrganisationKind.OPERATOR)
    fitting = Organisation.objects.filter(~operators if authority else operators)
    first = (
        fitting.filter(people__roles__role=Role.ADMINISTRATOR)
        .order_by("people__pk")
        .values_list("name", flat=True)
        .first()
    )
    if first is not None or authority or kind is None:
        return first or ""
    names = list(fitting.values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def is_an_authoritys() -> bool:
    """Whether this installation belongs to an authority that only sends requests."""
    return Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()


PUBLISHED_VERIFIED = "published_verified"
"""The name under which the last verification of the published log is kept: its problems."""
HEAD_MAY_WAIT = timedelta(minutes=5)
"""How long after its full hour a head may be signed, and then written, without an alarm."""
WITNESS_MAY_WAIT = timedelta(minutes=30)
STAMP_MAY_WAIT = timedelta(hours=26)


@dataclass(frozen=True)
class PublishedState:
    """The newest published head; None and 0 before the first."""

    origin: str
    size: int
    root: str
    due_at: datetime | None
    witnessed_at: datetime | None


@dataclass(frozen=True)
class PublishedStamp:
    """A time stamp (RFC 3161) of a head: the answer of the authority, and the checkpoint that it is of."""

    origin: str
    size: int
    at: datetime
    stamp: bytes
    head: bytes


def published_state() -> PublishedState:
    """What the newest head says."""
    newest = newest_head()
    if newest is None:
        return PublishedState("", 0, "", None, None)
    return PublishedState(newest.log.origin, newest.size, newest.root, newest.due_at, newest.witnessed_at)


def newest_head() -> PublishedHead | None:
    """The head published last, of the newest log."""
    return PublishedHead.objects.select_related("log").order_by("-log__number", "-size").first()


def newest_stamp() -> HeadTimestamp | None:
    """The last time stamp of a head, with the head."""
    return HeadTimestamp.objects.select_related("head__log").order_by("-received_at").first()


def published_stamp() -> PublishedStamp | None:
    """The last time stamp with the head that it is of, or None."""
    last = newest_stamp()
    return (
        None
        if last is None
        else PublishedStamp(
            last.head.log.origin, last.head.size, last.stamped_at, bytes(last.stamp), last.head.note.encode()
        )
    )


def is_stamp_late() -> bool:
    """Whether an authority is configured and no head was stamped for longer than `STAMP_MAY_WAIT`."""
    if not settings.JAGA_TIMESTAMP_URL:
        return False
    last = newest_stamp()
    if last is not None:
        return now() - last.received_at > STAMP_MAY_WAIT
    first = PublishedHead.objects.order_by("signed_at").values_list("signed_at", flat=True).first()
    return first is not None and now() - first > STAMP_MAY_WAIT


def is_head_late() -> bool:
    """Whether a head should have been signed by now. Without any: whether an entry has waited that long."""
    least = now() - timedelta(seconds=settings.JAGA_LEDGER_SECONDS) - HEAD_MAY_WAIT
    newest = newest_head()
    if newest is None:
        return LedgerEntry.objects.filter(seq__isnull=False, at__lt=least).exists()
    return newest.due_at < least


def is_witnessing_late() -> bool:
    """Whether no head of the last while became witnessed: witnesses refuse or do not answer, or their file is wrong."""
    newest, file = newest_head(), Path(settings.JAGA_LEDGER_WITNESSES)
    if newest is None or not file.is_file():
        return False
    try:
        if parse_policy(file.read_bytes()).quorum == NONE:
            return False
    except BadFormat:
        return True
    heads = PublishedHead.objects.filter(log=newest.log)
    waiting = heads.filter(size__gt=heads.filter(witnessed_at__isnull=False).aggregate(last=Max("size"))["last"] or 0)
    oldest = waiting.order_by("size").values_list("signed_at", flat=True).first()
    return oldest is not None and now() - oldest > WITNESS_MAY_WAIT


def count_published_problems() -> int:
    """Problems that the last verification of the published log found."""
    return Tally.objects.filter(name=PUBLISHED_VERIFIED).values_list("number", flat=True).first() or 0


def count_broken_promises() -> int:
    """Entries that a signed promise said would be published by now and that no head has.

    Those that were set aside are counted by the faults of the ledger. Before the first log there is nothing to keep.
    """
    newest = newest_head()
    if newest is None:
        return 0
    late = LedgerEntry.objects.filter(at__lt=now() - MERGE_DELAY)
    set_aside = LedgerFault.objects.filter(entry_ref__isnull=False).values("entry_ref")
    # Two queries, since each has an index of its own.
    return (
        late.filter(seq__gt=newest.last_seq).count() + late.filter(seq__isnull=True).exclude(pk__in=set_aside).count()
    )


P = ParamSpec("P")
R = TypeVar("R")

# Each thread has its own context, so concurrent requests share nothing.
_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def one_page() -> Iterator[None]:
    """Enable caching by `once` within this block.

    For requests that change none of the cached values (GET); not re-entrant.
    """
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once(ask: Callable[P, R]) -> Callable[P, R]:
    """Cache this function's result for the current request.

    Arguments must be hashable; callers must not modify the result.
    """

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _answers.get()
        if answers is None:
            return ask(*args, **kwargs)
        question = (ask, args, tuple(sorted(kwargs.items())))
        if question not in answers:
            answers[question] = ask(*args, **kwargs)
        answer: R = answers[question]
        return answer

    return asked


_ASK = """
SELECT p.display_name, o.name, p.language,
    ARRAY(SELECT r.role::text FROM records_personrole r WHERE r.person_id = p.id),
    ARRAY(SELECT c.clearance::text FROM records_personclearance c
          WHERE c.person_id = p.id AND c.ended_at IS NULL AND c.expires_at > %(moment)s),
    EXISTS (SELECT 1 FROM mfa_authenticator f WHERE f.user_id = p.id AND f.type IN ('totp', 'webauthn')),
    EXISTS (SELECT 1 FROM records_factorexemption e WHERE e.person_id = p.id),
    ARRAY(SELECT s.case_id FROM records_skip s WHERE s.person_id = p.id AND s.until > %(moment)s),
    (SELECT to_jsonb(chosen) FROM records_preferences chosen WHERE chosen.person_id = p.id)
FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id WHERE p.id = %(person)s
"""


@dataclass(frozen=True)
class CurrentUser:
    """A person's current state.

    `factor`: they have a second factor. `exempt`: an administrator does not require one. `chosen` is their preferences
    row, or None.
    """

    display_name: str
    organisation: str
    language: Language
    roles: frozenset[Role]
    clearances: frozenset[Clearance]
    factor: bool
    exempt: bool
    skipped: tuple[int, ...]  # Case ids moved to the end of this person's queue for a while.
    chosen: Mapping[str, object] | None


@once
def current_user(person_id: int) -> CurrentUser | None:
    """The person with this id, or None.

    Clearances are those in force; roles are all assigned ones. The caller must check that the account is active.
    """
    rows = ask_prepared(_ASK, {"moment": now(), "person": person_id})
    if not rows:
        return None
    name, organisation, language, roles, clearances, factor, exempt, skipped, chosen = rows[0]
    return CurrentUser(
        name,
        organisation,
        Language(language),
        frozenset(Role(role) for role in roles),
        frozenset(Clearance(one) for one in clearances),
        factor,
        exempt,
        tuple(skipped),
        json.loads(chosen) if chosen else None,
    )


def number_of(actor: Actor) -> int:
    """The actor's person id. Raises NotPermitted if the actor is not a person."""
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id


READERS = (Role.REVIEWER, Role.SUPERVISOR)
_WORKERS = [Role.REVIEWER.value, Role.SUPERVISOR.value]
_OUTSIDE = frozenset({Role.OFFICER, Role.CONTACT, Role.FLAGGER})
"""Roles of other organisations. Their own requests, notices and reports are open to them whatever clearance the case
needs."""


def clearances_in_force() -> QuerySet[PersonClearance]:
    """Clearances that are neither revoked nor expired."""
    return PersonClearance.objects.filter(ended_at__isnull=True, expires_at__gt=now())


def clearances_of(actor: Actor) -> frozenset[Clearance]:
    """The clearances the actor holds."""
    person = current_user(actor.person_id) if actor.person_id is not None else None
    return person.clearances if person else frozenset()


def may_see(case: Case, *, actor: Actor) -> bool:
    """Whether the case needs no clearance or one the actor has."""
    return not case.clearance or Clearance(case.clearance) in clearances_of(actor)


def refuse_uncleared(case: Case, *, actor: Actor) -> None:
    """Raises NotFound for a staff member without the clearance that the case needs.

    Every action checks this when it locks a case (`cases.verbs.state.locked_case`). Machines pass, and so do people
    with only roles of other organisations: the action itself checks what belongs to them.
    """
    if actor.person_id is None or actor.roles <= _OUTSIDE:
        return
    if not may_see(case, actor=actor):
        raise NotFound


def visible_to(actor: Actor, *, path: str = "") -> Q:
    """A filter for the cases that `may_see` allows; `path` leads from the row to the case, e.g. `case__`."""
    held = ["", *(one.value for one in clearances_of(actor))]
    return Q(**{f"{path}clearance__in": held})


def cleared_people(clearance: Clearance) -> QuerySet[Person]:
    """Reviewers and supervisors still active who hold this clearance."""
    held = clearances_in_force().filter(clearance=clearance).values("person_id")
    return Person.objects.filter(pk__in=held, is_active=True, roles__role__in=_WORKERS).distinct()
