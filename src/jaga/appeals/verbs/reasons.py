"""Reasons, data and access of a victim-first case: given in person after an identity check and a second release.

Whoever has the holder's phone has the code, so the code's page shows none of this. Our staff check the person (face to
face, by post to an address known before the report, or through a helpline or legal aid body named in the release),
write down what to tell, and hand it over on paper once a supervisor has released it. If the holder wishes, the page
shows it instead, once. It repeats no report, and does not say who reported, how many did, or when.

Requesting the reasons on the code's page, which first shows the same for every restriction.

Whoever controls a victim may open the page on the victim's phone. So the first page is always the same, and reasons
appear after a random delay of some hours. A victim-first case thus looks like one whose reasons were not requested, are
delayed, or are kept off the page.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from jaga.appeals.models import HolderCheck, ReasonsAsked, RestoredAccess
from jaga.appeals.reads.statement import ANSWERED_WITHIN
from jaga.appeals.verbs.appeals import statement_by_code
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.verbs.letters import measure_in
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import FELT_DECISIONS, DecisionKind, HolderCheckKind
from jaga.core.terms.people import Language, Role
from jaga.policy.release import PolicyRelease, load_release
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.store.codes import open_secret
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible
from jaga.store.kernel.validation import check_required, required_text

RELEASED_FOR = timedelta(days=7)
"""How long a release lasts; after that the identity is checked again."""
MIN_TEXT = 15
MAX_TEXT = 4000
MAX_HOW = 1000


class NotInPerson(IllegalTransition):
    """The code's page shows the reasons, so they are not given in person."""

    code = "not_in_person"
    sentence = N_("Here the holder reads the reasons on the code's page, so nobody gives them in person.")
    remedy = N_("Tell the holder to open the page with the code of the letter.")


class CheckWaits(Conflict):
    """Another check of this decision is still open."""

    code = "check_waits"
    sentence = N_("A check of this decision waits already, to be released or to be handed over.")
    remedy = N_("Finish that one first.")


class CheckedYourself(NotPermitted):
    """Whoever made the check cannot release it."""

    code = "checked_yourself"
    sentence = N_("You made this check, so another person releases it.")
    remedy = N_("Ask a supervisor who has no part in it.")


class NothingReleased(Conflict):
    """Nothing is released, it was handed over, or the release has expired."""

    code = "nothing_released"
    sentence = N_("Nothing is released here that can be handed over.")
    remedy = N_("A release lasts seven days and opens once. Check the holder anew.")


@dataclass(frozen=True)
class NewCheck:
    """How somebody was checked, and what they will be given.

    `service` is the key of the helpline or legal aid body, for that kind of check. `how` is internal: the document
    seen, the address and since when it was known, or who was called at which known number. `explanation` are the
    reasons as they will be read; empty if only data or access are given.
    """

    kind: HolderCheckKind
    how: str
    explanation: str = ""
    service: str = ""
    gives_data: bool = False
    gives_access: bool = False
    on_page: bool = False


@dataclass(frozen=True)
class Done:
    """One measure on the account, in the policy's words."""

    what: str
    decided_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Sheet:
    """The sheet to hand over. `law` and `explanation` are empty without released reasons, `secret` without released
    access."""

    reference: str
    platform: str
    account: str
    measure: str
    duration: str
    decided_at: datetime
    law: str
    explanation: str
    data: tuple[Done, ...]
    appeal_text: str
    appeal_answer: str
    secret: str
    helplines: str
    checked_by: str


@transaction.atomic
def check_holder(decision_id: int, new: NewCheck, *, actor: Actor) -> int:
    """Record an identity check and what will be given; returns its id.

    Nothing is given yet.

    Raises NotPermitted, NotFound, NotInPerson, CheckWaits, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    decision = _decision(decision_id)
    case = locked_case(decision.case_id, actor=actor)
    require_eligible(case, person)
    if CaseState(case.state) in SEALED_STATES:
        raise NotFound
    kept = ReasonsAsked.objects.filter(decision=decision, kept_at__isnull=False).exists()
    if not (case.victim_first or kept):
        raise NotInPerson
    if open_check(decision_id) is not None:
        raise CheckWaits
    if errors := _faults(case, decision, new, load_release()):
        raise InvalidInput(*errors)
    made = HolderCheck.objects.create(
        decision=decision,
        kind=new.kind,
        service=new.service,
        how=new.how.strip(),
        explanation=new.explanation.strip(),
        gives_data=new.gives_data,
        gives_access=new.gives_access,
        on_page=new.on_page,
        checked_by_id=person,
        checked_at=now(),
    )
    append("check_holder", {"check": made.pk, "decision": decision_id, "kind": made.kind}, actor=actor, case_id=case.pk)
    return made.pk


def _decision(decision_id: int) -> Decision:
    found = Decision.objects.filter(pk=decision_id, statement__isnull=False).first()
    if found is None:
        raise NotFound
    return found


def _faults(case: Case, decision: Decision, new: NewCheck, release: PolicyRelease) -> list[FieldError]:
    errors = [
        *check_required(
            "how",
            new.how,
            least=MIN_TEXT,
            most=MAX_HOW,
            needed=N_("Say in at least %(least)s characters how they were checked."),
        ),
        *check_required(
            "explanation",
            new.explanation,
            least=MIN_TEXT if new.explanation.strip() else 0,
            most=MAX_TEXT,
            needed=N_("Say in at least %(least)s characters what was found."),
        ),
        *check_quotes("explanation", new.explanation[:MAX_TEXT], case),
    ]
    if not (new.explanation.strip() or new.gives_data or new.gives_access):
        errors.append(FieldError("explanation", "nothing", N_("Choose what is to be given: reasons, data or access.")))
    bodies = {service.key for service in release.services if service.verified}
    if (new.kind is HolderCheckKind.BODY) != bool(new.service) or (new.service and new.service not in bodies):
        errors.append(
            FieldError("service", "unknown", N_("Choose the helpline or legal aid body, for that way alone."))
        )
    if new.gives_access and not _access(decision):
        errors.append(FieldError("gives_access", "none", N_("No password waits for the holder here.")))
    if new.gives_access and new.on_page:
        errors.append(FieldError("on_page", "not_access", N_("A password is never shown on the code's page here.")))
    return errors


def _access(decision: Decision) -> RestoredAccess | None:
    kept = RestoredAccess.objects.select_for_update(of=("self",))
    return kept.filter(decision__overturns=decision).first()


def open_check(decision_id: int) -> HolderCheck | None:
    """The check that waits for release or hand-over."""
    rows = HolderCheck.objects.filter(decision=decision_id, handed_at__isnull=True, refused_at__isnull=True)
    return next((row for row in rows.order_by("-pk") if not is_over(row)), None)


def is_over(check: HolderCheck) -> bool:
    """Whether its release has expired."""
    return check.released_at is not None and now() > check.released_at + RELEASED_FOR


@transaction.atomic
def release_reasons(check_id: int, *, actor: Actor) -> None:
    """Release a check as the second person: it may be handed over once, within a week.

    For a supervisor who did not make the check. Raises NotPermitted, NotFound, CheckedYourself, NothingReleased.
    """
    check, person, case = _waiting(check_id, actor)
    check.released_by_id, check.released_at = person, now()
    check.save(update_fields=["released_by", "released_at"])
    append("release_reasons", {"check": check.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def refuse_reasons(check_id: int, why: str, *, actor: Actor) -> None:
    """Refuse a check as the second person; nothing is given. Raises as `release_reasons`, and InvalidInput (`why`)."""
    check, person, case = _waiting(check_id, actor)
    reason = required_text(
        "why", why, least=MIN_TEXT, most=MAX_HOW, needed=N_("Say in at least %(least)s characters why not.")
    )
    check.refused_by_id, check.refused_at, check.why = person, now(), reason
    check.save(update_fields=["refused_by", "refused_at", "why"])
    append("refuse_reasons", {"check": check.pk}, actor=actor, case_id=case.pk)


def _waiting(check_id: int, actor: Actor) -> tuple[HolderCheck, int, Case]:
    person = actor.require(Role.SUPERVISOR)
    lock_people(person)
    check = _locked(check_id)
    case = locked_case(check.decision.case_id, actor=actor)
    require_eligible(case, person, Role.SUPERVISOR)
    if check.checked_by_id == person:
        raise CheckedYourself
    if check.released_at is not None or check.refused_at is not None:
        raise NothingReleased
    return check, person, case


def _locked(check_id: int) -> HolderCheck:
    rows = HolderCheck.objects.select_related("decision__statement", "decision__subject__platform", "checked_by")
    check = rows.select_for_update(of=("self",)).filter(pk=check_id).first()
    if check is None:
        raise NotFound
    return check


@transaction.atomic
def hand_over_reasons(check_id: int, language: Language, *, actor: Actor) -> Sheet:
    """The sheet, once, for whoever made the check and hands it over.

    A password on it is deleted here.

    Raises NotPermitted for anybody else, NotFound, NothingReleased.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    check = _locked(check_id)
    case = locked_case(check.decision.case_id, actor=actor)
    require_eligible(case, person)
    if check.checked_by_id != person:
        raise NotPermitted
    if check.on_page or check.released_at is None or check.handed_at is not None or is_over(check):
        raise NothingReleased
    check.handed_at = now()
    check.save(update_fields=["handed_at"])
    secret = ""
    if check.gives_access and (kept := _access(check.decision)):
        secret = open_secret(bytes(kept.sealed))
        kept.delete()
    append("hand_over_reasons", {"check": check.pk}, actor=actor, case_id=case.pk)
    return _sheet(check, language, secret)


@transaction.atomic
def open_released(code: str, language: Language, *, actor: Actor) -> Sheet | None:
    """What was released for the code's page, once; None without anything.

    Never contains a password. Raises NotFound.
    """
    decision = statement_by_code(code).decision
    waiting = open_check(decision.pk)
    if waiting is None or not waiting.on_page or waiting.released_at is None:
        return None
    check = _locked(waiting.pk)
    if check.handed_at is not None:
        return None
    check.handed_at = now()
    check.save(update_fields=["handed_at"])
    append("hand_over_reasons", {"check": check.pk}, actor=actor, case_id=decision.case_id)
    return _sheet(check, language, "")


def _sheet(check: HolderCheck, language: Language, secret: str) -> Sheet:
    decision, release = check.decision, load_release()
    case, subject = decision.case, decision.subject
    measure = measure_in(language, DecisionKind(decision.kind), decision.ends_at, redacted=False)
    basis = release.legal_basis(decision.legal_basis) if check.explanation and decision.legal_basis else None
    made = case.decisions.filter(subject=subject, kind__in=FELT_DECISIONS).order_by("pk")
    appeal = decision.appeal if check.gives_data and hasattr(decision, "appeal") else None
    return Sheet(
        case.reference,
        subject.platform.display_name,
        subject.account_id,
        measure["restriction"],
        measure["duration"],
        decision.decided_at,
        f"{basis.citation} ({basis.title.say(language)})" if basis else "",
        check.explanation,
        tuple(Done(release.wording(f"restriction_{one.kind}", language), one.decided_at, one.ends_at) for one in made)
        if check.gives_data
        else (),
        appeal.text if appeal else "",
        appeal.reasons if appeal else "",
        secret,
        release.helplines(language),
        check.checked_by.display_name,
    )


LEAST_WAIT = timedelta(hours=1)


@transaction.atomic
def ask_for_reasons(code: str, *, actor: Actor) -> None:
    """Request the reasons. Idempotent. Raises NotFound."""
    decision = statement_by_code(code).decision
    if decision.kind != DecisionKind.RESTRICT:
        return
    moment = now()
    _, made = ReasonsAsked.objects.get_or_create(
        decision=decision, defaults={"asked_at": moment, "shown_from": moment + _wait()}
    )
    if made:
        append("ask_for_reasons", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)


def _wait() -> timedelta:
    if settings.REASONS_WAIT_SECONDS is not None:
        return timedelta(seconds=settings.REASONS_WAIT_SECONDS)
    spread = int((ANSWERED_WITHIN - LEAST_WAIT).total_seconds())
    return LEAST_WAIT + timedelta(seconds=secrets.randbelow(spread))


@transaction.atomic
def keep_reasons_off(code: str, *, actor: Actor) -> None:
    """Keep the reasons off the page; from now on they are given in person.

    Irreversible on the page. Raises NotFound.
    """
    decision, moment = statement_by_code(code).decision, now()
    if decision.kind != DecisionKind.RESTRICT:
        return
    row, _ = ReasonsAsked.objects.get_or_create(decision=decision, defaults={"asked_at": moment, "shown_from": moment})
    if row.kept_at is None:
        row.kept_at = moment
        row.save(update_fields=["kept_at"])
        append("keep_reasons_off", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)
