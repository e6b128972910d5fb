"""The operator register: pledges, contact persons and facts of each operator (MR5 art. 17 and 21)."""

import re
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import OrganisationKind, Role
from jaga.operators.models import ContactDetails, OperatorProfile, Pledge
from jaga.people.models import Organisation, Person
from jaga.people.verbs.people import NewPerson, end_access, enrol
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required, check_text

MOST_TEXT = 4000
LONGEST_SLUG, LONGEST_ADDRESS, LONGEST_MAIL = 80, 200, 254  # as the columns
_COUNTRY = re.compile(r"[A-Z]{2}")
_TELEPHONE = re.compile(r"\+?[0-9 ()./-]{5,40}")
_KEEPERS = (Role.ADMINISTRATOR, Role.SUPERVISOR)


class SlugTaken(Conflict):
    """Another operator has this short name."""

    code = "slug_taken"
    sentence = N_("Another operator has the short name “%(slug)s” already.")
    remedy = N_("Choose another short name.")


@dataclass(frozen=True)
class OperatorFacts:
    """Facts about an operator. An empty slug is derived from its name."""

    slug: str = ""
    legal_entity: str = ""
    registration_number: str = ""
    countries: tuple[str, ...] = ()
    website: str = ""


@dataclass(frozen=True)
class NewPledge:
    """What an operator pledged, its source, and the deadlines in hours that it named. `made_on` is required."""

    operator_id: int
    text: str
    source: str
    made_on: date | None
    scope: str
    categories: tuple[str, ...]
    hours: int = 24
    hours_urgent: int = 4


@dataclass(frozen=True)
class NewContact:
    """A contact person (narahubung) who will sign in to the portal."""

    operator_id: int
    username: str
    display_name: str
    email: str = ""
    telephone: str = ""
    domicile: str = ""
    representative: bool = False
    since: date | None = None
    password: str | None = field(default=None, repr=False)


def _keeper(actor: Actor) -> None:
    if not actor.roles.intersection(_KEEPERS):
        raise NotPermitted


def _operator(organisation_id: int) -> Organisation:
    found = Organisation.objects.filter(pk=organisation_id, kind=OrganisationKind.OPERATOR).first()
    if found is None:
        raise NotFound
    return found


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(*errors)


@transaction.atomic
def describe_operator(organisation_id: int, facts: OperatorFacts, *, actor: Actor) -> OperatorProfile:
    """Record facts about an operator; calling it again corrects them.

    Raises NotPermitted, NotFound, InvalidInput, SlugTaken.
    """
    _keeper(actor)
    operator = _operator(organisation_id)
    errors = [
        *check_text("legal_entity", facts.legal_entity, 200),
        *check_text("registration_number", facts.registration_number, 80),
    ]
    errors += [
        FieldError("countries", "not_a_country", N_("Give countries by two letters, such as ID."))
        for country in facts.countries
        if not _COUNTRY.fullmatch(country)
    ][:1]
    if facts.website:
        try:
            URLValidator(schemes=["https", "http"])(facts.website)
            MaxLengthValidator(LONGEST_ADDRESS)(facts.website)
        except ValidationError:
            errors.append(FieldError("website", "not_an_address", N_("Give the whole address, with https://.")))
    slug = facts.slug or slugify(operator.name)[:LONGEST_SLUG].strip("-") or f"operator-{operator.pk}"
    errors += check_text("slug", slug, LONGEST_SLUG)
    if slug != slugify(slug):
        errors.append(FieldError("slug", "not_a_slug", N_("Only lower-case letters, digits and hyphens.")))
    _refuse(errors)
    try:
        with transaction.atomic():
            row, _ = OperatorProfile.objects.update_or_create(
                organisation=operator,
                defaults={
                    "slug": slug,
                    "legal_entity": facts.legal_entity.strip(),
                    "registration_number": facts.registration_number.strip(),
                    "countries": sorted(set(facts.countries)),
                    "website": facts.website,
                    "changed_at": now(),
                },
            )
    except IntegrityError:
        raise SlugTaken(slug=slug) from None
    append("describe_operator", {"operator": operator.pk}, actor=actor, case_id=None)
    return row


@transaction.atomic
def record_pledge(new: NewPledge, *, actor: Actor) -> Pledge:
    """Record a pledge.

    A changed pledge is recorded as a new one; end the old one.

    Raises NotPermitted, NotFound, InvalidInput.
    """
    _keeper(actor)
    operator = _operator(new.operator_id)
    categories = {category.key for category in load_release().categories}
    errors = [
        *check_text("text", new.text, MOST_TEXT),
        *check_text("scope", new.scope, MOST_TEXT),
        *check_text("source", new.source, 500),
    ]
    errors += [
        FieldError(name, "missing", N_("This must not be empty."))
        for name in ("text", "scope", "source")
        if not getattr(new, name).strip()
    ]
    if not new.categories or set(new.categories) - categories:
        errors.append(FieldError("categories", "unknown", N_("Choose what the pledge covers from the list.")))
    if new.made_on is None:
        errors.append(FieldError("made_on", "not_a_day", N_("Give a day, such as 2026-03-20.")))
    elif new.made_on > today():
        errors.append(FieldError("made_on", "in_the_future", N_("This day has not come yet.")))
    if not 1 <= new.hours_urgent <= new.hours <= 24 * 30:
        errors.append(FieldError("hours", "not_hours", N_("Give hours, the urgent ones not longer than the others.")))
    _refuse(errors)
    assert new.made_on is not None
    row = Pledge.objects.create(
        operator=operator,
        text=new.text.strip(),
        source=new.source.strip(),
        made_on=new.made_on,
        scope=new.scope.strip(),
        categories=sorted(set(new.categories)),
        hours=new.hours,
        hours_urgent=new.hours_urgent,
        recorded_by_id=actor.person_id,
        recorded_at=now(),
    )
    append("record_pledge", {"pledge": row.pk, "operator": operator.pk}, actor=actor, case_id=None)
    return row


@transaction.atomic
def end_pledge(pledge_id: int, on: date, *, actor: Actor) -> None:
    """End a pledge on this day; it stays in the register. Raises NotPermitted, NotFound, InvalidInput."""
    _keeper(actor)
    row = Pledge.objects.select_for_update().filter(pk=pledge_id, ended_on__isnull=True).first()
    if row is None:
        raise NotFound
    if on < row.made_on:
        raise InvalidInput(FieldError("ended_on", "before_it_began", N_("It cannot end before it was made.")))
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    append("end_pledge", {"pledge": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def appoint_contact(new: NewContact, *, actor: Actor) -> Person:
    """Create a contact person, who sees their operator's notices and nothing else.

    Raises NotPermitted, NotFound, InvalidInput, NameTaken.
    """
    _keeper(actor)
    operator = _operator(new.operator_id)
    errors = check_required("display_name", new.display_name, most=120, needed=N_("This must not be empty."))
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,79}", new.username):
        errors.append(
            FieldError("username", "not_a_name", N_("Small letters, digits, dots and hyphens; at least two of them."))
        )
    if new.email:
        try:
            validate_email(new.email)
            MaxLengthValidator(LONGEST_MAIL)(new.email)
            new.email.encode("ascii")  # accepted by every mail server; other domains in their xn-- form
        except (ValidationError, UnicodeError):
            errors.append(FieldError("email", "not_an_address", N_("This is not an e-mail address.")))
    if new.telephone and not _TELEPHONE.fullmatch(new.telephone):
        errors.append(FieldError("telephone", "not_a_number", N_("This is not a telephone number.")))
    if new.domicile and not _COUNTRY.fullmatch(new.domicile):
        errors.append(FieldError("domicile", "not_a_country", N_("Give countries by two letters, such as ID.")))
    _refuse(errors)
    person = enrol(
        NewPerson(new.username, new.display_name.strip(), operator.pk, (Role.CONTACT,), new.password), actor=actor
    )
    ContactDetails.objects.create(
        person=person,
        email=new.email,
        telephone=new.telephone,
        domicile=new.domicile,
        representative=new.representative,
        since=new.since or today(),
    )
    append("appoint_contact", {"person": person.pk, "operator": operator.pk}, actor=actor, case_id=None)
    return person


@transaction.atomic
def dismiss_contact(person_id: int, *, actor: Actor) -> None:
    """End a contact person's access; their answers stay. Raises NotPermitted, NotFound."""
    _keeper(actor)
    row = ContactDetails.objects.select_for_update().filter(person_id=person_id, until__isnull=True).first()
    if row is None:
        raise NotFound
    row.until = today()
    row.save(update_fields=["until"])
    end_access(person_id, actor=actor)
    append("dismiss_contact", {"person": person_id}, actor=actor, case_id=None)
