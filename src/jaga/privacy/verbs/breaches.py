"""The breach desk (UU PDP art. 46, GDPR arts 33-34): declare a breach, see whom it concerns, record who was told.

People do all of it: no letter is sent by machine. The clock runs from the discovery and only alarms.

The letters after a breach, from the release's templates: to people concerned and to the authority. A person sends
them.

They name no case, no account and no reporter, since others may read the device.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from jaga.cases.models.cases import Case
from jaga.cases.verbs.letters import say_moment
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.privacy import PEOPLE_CONCERNED, BreachGroup, BreachScopeKind
from jaga.people.models import Person
from jaga.policy.release import load_release
from jaga.privacy.models import Breach, BreachNotice, BreachScope
from jaga.privacy.reads.holder_data import (
    LEADING,
    ConcernedView,
    concerned_people,
    count_concerned,
    is_everybody_recorded,
)
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.validation import check_required, check_text, required_text
from jaga.store.reads import host_name, refuse_uncleared

UNNAMED = "–"


@dataclass(frozen=True)
class BreachLetter:
    """A letter in one language, ready to be copied."""

    language: Language
    to_authority: bool
    subject: str
    text: str


def breach_letters(breach_id: int, *, actor: Actor) -> tuple[BreachLetter, ...]:
    """All letters of a breach, in each language of the release. Raises NotPermitted, NotFound."""
    actor.require(*LEADING)
    row = Breach.objects.filter(pk=breach_id).first()
    if row is None:
        raise NotFound
    return tuple(
        _letter(row, language, to_authority=to_authority)
        for to_authority in (True, False)
        for language in load_release().jurisdiction.languages
    )


def _letter(row: Breach, language: Language, *, to_authority: bool) -> BreachLetter:
    release = load_release()
    to = release.data_protection.complaints
    values = {
        "number": row.reference,
        "what": row.what,
        "data": row.data,
        "measures": row.measures,
        "advice": row.advice,
        "began_at": say_moment(row.began_at, language),
        "stopped_at": say_moment(row.stopped_at, language),
        "found_at": say_moment(row.found_at, language),
        "contact": settings.CONTACT or UNNAMED,
        "complaints": f"{to.name.say(language)}, {to.contact.say(language)}",
        "host": host_name() or UNNAMED,
    }
    if to_authority:
        counted = count_concerned(row)
        values |= {
            "cases": str(counted.cases),
            "people": str(sum(counted.of(group) for group in PEOPLE_CONCERNED)),
            "declared_at": say_moment(row.declared_at, language),
        }
    made = release.letter("breach_authority" if to_authority else "breach_person", language).render(**values)
    return BreachLetter(language, to_authority, made.subject, made.text)


MIN_TEXT = 15
MAX_TEXT = 3000
MAX_KEY = 60


class BreachClosed(Conflict):
    """The breach was closed."""

    code = "breach_closed"
    sentence = N_("This breach is closed, so nothing is added to it.")
    remedy = N_("If something new came to light, declare another breach and name this number.")


class NotEverybodyTold(Conflict):
    """A group with people in it has no record of whether it was told."""

    code = "not_everybody_told"
    sentence = N_("For some of those concerned nothing says yet whether they were told.")
    remedy = N_("Record for each group that it was told, or why not. Then close the breach.")


@dataclass(frozen=True)
class NewBreach:
    """What happened. The texts are those of the letter, so they name nobody. Moments are aware."""

    what: str
    data: str
    measures: str
    advice: str
    found_at: datetime | None
    began_at: datetime | None
    stopped_at: datetime | None
    drill: bool = False


@dataclass(frozen=True)
class NewScope:
    """One thing that a breach concerns: the sign-in name of a staff member, a case number, a kind of page or a key."""

    kind: BreachScopeKind | None
    name: str


@transaction.atomic
def declare_breach(new: NewBreach, *, actor: Actor) -> int:
    """Declare a breach; returns its id. Its clock runs from the discovery, also if that was long ago.

    For supervisors and administrators. Raises NotPermitted, InvalidInput.
    """
    person = actor.require(*LEADING)
    lock_people(person)
    if errors := _faults(new):
        raise InvalidInput(*errors)
    assert new.found_at is not None
    assert new.began_at is not None
    assert new.stopped_at is not None
    row = Breach.objects.create(
        what=new.what.strip(),
        data=new.data.strip(),
        measures=new.measures.strip(),
        advice=new.advice.strip(),
        found_at=new.found_at,
        began_at=new.began_at,
        stopped_at=new.stopped_at,
        drill=new.drill,
        due_at=new.found_at + timedelta(hours=load_release().data_protection.breach.hours),
        declared_by_id=person,
        declared_at=now(),
    )
    append(
        "declare_breach",
        {"breach": row.pk, "found_at": row.found_at.isoformat(), "drill": row.drill},
        actor=actor,
        case_id=None,
    )
    return row.pk


def _faults(new: NewBreach) -> list[FieldError]:
    errors = [
        *check_required(
            "what",
            new.what,
            least=MIN_TEXT,
            most=MAX_TEXT,
            needed=N_("Say in at least %(least)s characters what happened."),
        ),
        *check_required("which_data", new.data, least=5, most=MAX_TEXT, needed=N_("Say which data.")),
        *check_required(
            "measures",
            new.measures,
            least=MIN_TEXT,
            most=MAX_TEXT,
            needed=N_("Say in at least %(least)s characters what was done about it."),
        ),
        *check_required(
            "advice",
            new.advice,
            least=MIN_TEXT,
            most=MAX_TEXT,
            needed=N_("Say in at least %(least)s characters what people can do to protect themselves."),
        ),
    ]
    moment = now()
    for field, given in (("found_at", new.found_at), ("began_at", new.began_at), ("stopped_at", new.stopped_at)):
        if given is None:
            errors.append(FieldError(field, "missing", N_("Write day and time.")))
        elif given > moment:
            errors.append(FieldError(field, "in_the_future", N_("This moment has not come yet.")))
    if new.began_at and new.stopped_at and new.began_at > new.stopped_at:
        errors.append(FieldError("stopped_at", "before", N_("The end lies before the beginning.")))
    return errors


@transaction.atomic
def add_scope(breach_id: int, new: NewScope, *, actor: Actor) -> None:
    """Add something that the breach concerns; adding it again changes nothing.

    Raises NotPermitted, NotFound, BreachClosed, InvalidInput.
    """
    row, person = _locked(breach_id, actor)
    made = BreachScope(breach=row, kind=new.kind or "", added_by_id=person, added_at=now())
    if errors := _fill(made, new, actor):
        raise InvalidInput(*errors)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return
    append("add_breach_scope", {"breach": row.pk, "scope": made.pk, "kind": made.kind}, actor=actor, case_id=None)


def _fill(made: BreachScope, new: NewScope, actor: Actor) -> list[FieldError]:
    name = new.name.strip()
    if new.kind is None:
        return [FieldError("kind", "missing", N_("Choose what it concerns."))]
    if errors := check_required("name", name, most=MAX_KEY, needed=N_("Write which one.")) or check_text("name", name):
        return errors
    if new.kind is BreachScopeKind.PERSON:
        made.person = Person.objects.filter(username=name).first()
        return [] if made.person else [FieldError("name", "unknown", N_("Nobody signs in with this name."))]
    if new.kind is BreachScopeKind.CASE:
        made.case = _case(name)
        if made.case is None:
            return [FieldError("name", "unknown", N_("No case has this number. Write it like K000123."))]
        refuse_uncleared(made.case, actor=actor)
        return []
    if new.kind is BreachScopeKind.PAGE:
        if name not in {kind.value for kind in AccessKind}:
            return [FieldError("name", "unknown", N_("Choose a kind of page from the list."))]
        made.page = name
        return []
    made.key = name
    return []


def _case(name: str) -> Case | None:
    digits = name.upper().removeprefix("K").lstrip("0")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 18):
        return None
    return Case.objects.filter(pk=int(digits)).first()


@transaction.atomic
def list_people_concerned(breach_id: int, number: int = 1, *, actor: Actor) -> ConcernedView:
    """Who is concerned, for whoever tells them: a supervisor. One page, from 1; each case on it is logged as opened.

    Cases for which the reader has no clearance are only counted. Raises NotPermitted, NotFound.
    """
    actor.require(Role.SUPERVISOR)
    found = concerned_people(breach_id, number, actor=actor)
    append(
        "list_breach_concerned",
        {"breach": breach_id, "cases": len({one.case_id for one in found.people})},
        actor=actor,
        case_id=None,
    )
    return found


@transaction.atomic
def record_notice(breach_id: int, group: BreachGroup | None, how: str, *, sent: bool | None, actor: Actor) -> None:
    """Record that a group was told, or why not. A later record counts instead.

    Raises NotPermitted, NotFound, BreachClosed, InvalidInput.
    """
    row, person = _locked(breach_id, actor)
    errors = check_required(
        "how",
        how,
        least=MIN_TEXT,
        most=MAX_TEXT,
        needed=N_("Say in at least %(least)s characters how they were told, or why not."),
    )
    if group is None:
        errors.append(FieldError("group", "missing", N_("Choose whom.")))
    if sent is None:
        errors.append(FieldError("was_sent", "missing", N_("Choose one of the two.")))
    if errors or group is None or sent is None:
        raise InvalidInput(*errors)
    people = 1 if group is BreachGroup.AUTHORITY else count_concerned(row).of(group)
    made = BreachNotice.objects.create(
        breach=row, group=group, people=people, sent=sent, how=how.strip(), recorded_by_id=person, recorded_at=now()
    )
    append(
        "record_breach_notice",
        {"breach": row.pk, "notice": made.pk, "group": made.group, "people": people, "sent": sent},
        actor=actor,
        case_id=None,
    )


@transaction.atomic
def close_breach(breach_id: int, lessons: str, *, actor: Actor) -> None:
    """Close a breach with what was learnt, once every group with people in it, and the authority, has its record.

    Raises NotPermitted, NotFound, BreachClosed, NotEverybodyTold, InvalidInput.
    """
    row, person = _locked(breach_id, actor)
    text = required_text(
        "lessons",
        lessons,
        least=MIN_TEXT,
        most=MAX_TEXT,
        needed=N_("Say in at least %(least)s characters what was learnt and what changes."),
    )
    if not is_everybody_recorded(row):
        raise NotEverybodyTold
    row.closed_by_id, row.closed_at, row.lessons = person, now(), text
    row.save(update_fields=["closed_by", "closed_at", "lessons"])
    append("close_breach", {"breach": row.pk}, actor=actor, case_id=None)


def _locked(breach_id: int, actor: Actor) -> tuple[Breach, int]:
    person = actor.require(*LEADING)
    lock_people(person)
    row = Breach.objects.select_for_update(of=("self",)).filter(pk=breach_id).first()
    if row is None:
        raise NotFound
    if row.closed_at is not None:
        raise BreachClosed
    return row, person
