"""Referrals: choosing the receiver and the message, and the review of referrals made by one person.

Two people decide to refer. In danger to life or of a child, one person may refer at once with the minimum of
information; a second reviews it within the release's hours. See `referrals.verbs.replies` for sending and replies,
`referrals.verbs.replies` for reminders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.verbs.letters import tell_referring
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.referrals import UNDER_WAY, ReferralState, ReferralVerb, next_referral_state
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import AT_ONCE_DANGERS, Danger, ReferralOutcome, ReferralWay
from jaga.policy.release import load_release
from jaga.referrals.models import Referral
from jaga.referrals.reads import ReceiverOption, is_passed_on, may_refer_at_once, receiver_options, was_decided
from jaga.reporting.reads.reporter_identity import named_reports
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.store.codes import referral_link_hash, referral_secret, seal_referral
from jaga.store.kernel.jobs import SEND_REFERRAL, defer
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.row_bindings import lock_people, require_eligible
from jaga.store.kernel.validation import check_text, required_text

MAX_WORDS = 600  # a message to helpers is not a case file
MIN_WORDS = 15
MAX_REASONS = 1000


class AlreadyReferred(Conflict):
    """The receiver has the case already or is about to get it."""

    code = "already_referred"
    sentence = N_("This case is already on its way to that receiver.")
    remedy = N_("Look at the case's referrals. Telephone the receiver if it is urgent.")


class OwnReferral(NotPermitted):
    """A referral by one person is reviewed by another."""

    code = "own_referral"
    sentence = N_("You referred this case at once, so another person reviews it.")
    remedy = N_("Ask a colleague to look at it within a day.")


class ReviewedBefore(Conflict):
    """The referral was reviewed before."""

    code = "reviewed_before"
    sentence = N_("This referral has been reviewed.")
    remedy = N_("Look at what the other person found.")


@dataclass(frozen=True)
class NewReferral:
    """The receiver (`ReceiverOption.value`), the danger, and what they need to know to help."""

    receiver: str
    danger: Danger | None
    words: str


def move_referral(referral: Referral, verb: ReferralVerb, *fields: str) -> None:
    """Move a locked referral by the table of `core.referrals`, and save it with these fields.

    Raises IllegalTransition.
    """
    referral.state = next_referral_state(ReferralState(referral.state), verb)
    referral.save(update_fields=["state", *fields])


def locked_referral(referral_id: int, *, actor: Actor) -> tuple[Referral, Case]:
    """The referral with its case, both locked, the case first.

    Raises NotFound, also for a person without the clearance of the case.
    """
    case_id = Referral.objects.filter(pk=referral_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound
    case = locked_case(case_id, actor=actor)
    return Referral.objects.select_for_update(of=("self",)).get(pk=referral_id), case


def draft_referral(case: Case, decision: Decision, *, actor: Actor) -> Referral:
    """Draft the referral that people decided on, in the decision's transaction.

    If one person had referred at once, that referral is used.
    """
    under_way = (
        case.referrals.filter(decision__isnull=True)
        .exclude(rightly=False)
        .exclude(state__in=(ReferralState.RETURNED, ReferralState.RETRACTED))
        .order_by("-pk")
    )
    if (before := under_way.select_for_update(of=("self",)).first()) is not None:
        before.decision = decision
        before.save(update_fields=["decision"])
        return before
    return _draft(case, decision, None, actor)


def drop_drafts(case: Case, *, actor: Actor) -> None:
    """After a decision other than referring, retract drafts that wait for another receiver."""
    for one in case.referrals.select_for_update(of=("self",)).filter(
        state=ReferralState.DRAFTED, decision__isnull=True, follows__isnull=False
    ):
        move_referral(one, ReferralVerb.RETRACT)
        append("retract_referral", {"referral": one.pk}, actor=actor, case_id=case.pk)


def draft_anew(case: Case, referral: Referral, *, actor: Actor) -> Referral:
    """Draft a returned referral again for another receiver."""
    return _draft(case, referral.decision, referral, actor)


def _draft(case: Case, decision: Decision | None, follows: Referral | None, actor: Actor) -> Referral:
    moment = now()
    made = Referral.objects.create(
        case=case,
        decision=decision,
        follows=follows,
        made_at=moment,
        urgent=case.urgent or (follows is not None and follows.urgent),
        due_at=moment + timedelta(hours=load_release().referring.address_hours),
    )
    append("draft_referral", {"referral": made.pk}, actor=actor, case_id=case.pk)
    return made


@transaction.atomic
def address_referral(referral_id: int, new: NewReferral, *, actor: Actor) -> None:
    """Choose the receiver of a decided referral and seal the message.

    The worker sends it, or a person by hand.

    Raises NotPermitted, NotFound, IllegalTransition, AlreadyReferred, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    referral, case = locked_referral(referral_id, actor=actor)
    require_eligible(case, person)
    if referral.state != ReferralState.DRAFTED:
        raise IllegalTransition
    chosen, danger = _checked(case, new, urgent=referral.urgent, at_once=False)
    accounts = Subject.objects.filter(decisions__case=case, decisions__kind=DecisionKind.REFER).distinct()
    _address(referral, case, chosen, danger, new.words, person, [*accounts] or [case.subject])
    move_referral(referral, ReferralVerb.ADDRESS, *_ADDRESSED)
    append("address_referral", _payload(referral), actor=actor, case_id=case.pk)
    _defer_sending(referral)


@transaction.atomic
def refer_at_once(case_id: int, new: NewReferral, *, actor: Actor) -> int:
    """Refer an undecided case at once as one person, in danger to life or of a child; returns the referral's id.

    It reveals nothing about votes. A second person reviews it within the release's hours. Raises NotPermitted,
    NotFound, IllegalTransition, AlreadyReferred, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    case = locked_case(case_id, actor=actor)
    require_eligible(case, person)
    if not may_refer_at_once(case):
        raise IllegalTransition
    chosen, danger = _checked(case, new, urgent=True, at_once=True)
    made = Referral(case=case, urgent=True, at_once=True, made_at=now(), state=ReferralState.ADDRESSED)
    _address(made, case, chosen, danger, new.words, person, [case.subject])
    made.save()
    _set_link(made)
    made.save(update_fields=["link_hash"])
    append("refer_at_once", _payload(made), actor=actor, case_id=case.pk)
    _defer_sending(made)
    return made.pk


def _checked(case: Case, new: NewReferral, *, urgent: bool, at_once: bool) -> tuple[ReceiverOption, Danger]:
    """The receiver and the danger. Raises InvalidInput, AlreadyReferred."""
    errors = [*check_text("words", new.words, MAX_WORDS), *check_quotes("words", new.words[:MAX_WORDS], case)]
    chosen = next((one for one in receiver_options(case, urgent=urgent) if one.value == new.receiver), None)
    if chosen is None:
        errors.append(FieldError("receiver", "missing", N_("Choose who gets it.")))
    if new.danger is None:
        errors.append(FieldError("danger", "missing", N_("Say what danger there is.")))
    elif at_once and new.danger not in AT_ONCE_DANGERS:
        errors.append(
            FieldError(
                "danger",
                "not_at_once",
                N_(
                    "One person alone refers only where somebody's life or a child is in danger. For anything else "
                    "vote."
                ),
            )
        )
    if len(new.words.strip()) < MIN_WORDS:
        errors.append(
            FieldError(
                "words",
                "missing",
                N_("Say in at least %(least)s characters what helps them to help."),
                {"least": MIN_WORDS},
            )
        )
    if errors or chosen is None or new.danger is None:
        raise InvalidInput(*errors)
    if Referral.objects.filter(case=case, receiver=chosen.receiver.key, state__in=UNDER_WAY).exists():
        raise AlreadyReferred
    return chosen, new.danger


_ADDRESSED = (
    "receiver",
    "name_id",
    "name_en",
    "way",
    "contact",
    "address",
    "organisation",
    "danger",
    "sealed",
    "link_hash",
    "addressed_by",
    "addressed_at",
    "due_at",
)


def _address(
    referral: Referral,
    case: Case,
    chosen: ReceiverOption,
    danger: Danger,
    words: str,
    person: int,
    accounts: Sequence[Subject],
) -> None:
    moment, receiver = now(), chosen.receiver
    referral.receiver, referral.name_id, referral.name_en = receiver.key, chosen.name.id, chosen.name.en
    referral.way, referral.contact, referral.address = chosen.way, receiver.contact, chosen.address
    referral.organisation_id, referral.danger = chosen.organisation_id, danger
    label = load_release().category(case.category).label
    referral.sealed = seal_referral(
        {
            "accounts": [
                [one.platform.display_name, one.platform.server_name, one.handle or one.account_id] for one in accounts
            ],
            "category": {"id": label.id, "en": label.en},
            "danger": danger.value,
            "words": words.strip(),
            "reporter_may_be_asked": any(named_reports(case.pk).values()),
        }
    )
    referral.addressed_by_id, referral.addressed_at = person, moment
    referral.due_at = moment + timedelta(hours=receiver.acknowledge_hours)
    _set_link(referral)


def _set_link(referral: Referral) -> None:
    if referral.pk is not None and referral.way == ReferralWay.MAIL:
        referral.link_hash = referral_link_hash(referral_secret(referral.pk))


def _payload(referral: Referral) -> dict[str, object]:
    """The ledger payload: no account, text or address."""
    return {"referral": referral.pk, "receiver": referral.receiver, "way": referral.way, "at_once": referral.at_once}


def _defer_sending(referral: Referral) -> None:
    if referral.way != ReferralWay.BY_HAND:
        defer(SEND_REFERRAL, lock=f"referral:{referral.pk}", referral_id=referral.pk)


@transaction.atomic
def review_referral(referral_id: int, *, rightly: bool, reasons: str = "", actor: Actor) -> None:
    """Review a referral that one person made at once.

    If it was wrong, the receiver is told. Irreversible.

    Raises NotPermitted, NotFound, OwnReferral, ReviewedBefore, IllegalTransition, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    referral, case = locked_referral(referral_id, actor=actor)
    require_eligible(case, person)
    if not referral.at_once:
        raise IllegalTransition
    if referral.addressed_by_id == person:
        raise OwnReferral
    if referral.reviewed_at is not None:
        raise ReviewedBefore
    text = required_text(
        "reasons",
        reasons,
        least=0 if rightly else MIN_WORDS,
        most=MAX_REASONS,
        needed=N_("Say in at least %(least)s characters why it was wrong."),
    )
    passed_on = is_passed_on(case)
    referral.reviewed_by_id, referral.reviewed_at, referral.rightly = person, now(), rightly
    referral.review_reasons = text
    referral.save(update_fields=["reviewed_by", "reviewed_at", "rightly", "review_reasons"])
    append("review_referral", {"referral": referral.pk, "rightly": rightly}, actor=actor, case_id=case.pk)
    if rightly:
        return
    _retract(referral, case, actor)
    if passed_on and was_decided(case) and not is_passed_on(case):
        tell_referring(case)


def _retract(referral: Referral, case: Case, actor: Actor) -> None:
    """Retract a referral and those that followed it. If people had decided to refer, a new draft is made."""
    decision, one = referral.decision, referral
    while True:
        if one.state in (*UNDER_WAY, ReferralState.DRAFTED):
            move_referral(one, ReferralVerb.RETRACT)
            if one.way == ReferralWay.OFFICER and one.sent_at is not None:
                one.mistake_told_at = now()  # the officers' page shows it from now on
                one.save(update_fields=["mistake_told_at"])
            append("retract_referral", {"referral": one.pk}, actor=actor, case_id=case.pk)
        elif one.way == ReferralWay.OFFICER and one.rightly is False and one.sent_at is not None:
            one.mistake_told_at = now()
            one.save(update_fields=["mistake_told_at"])
            append_changes(actor=actor, case_id=case.pk)
        following = Referral.objects.select_for_update(of=("self",)).filter(follows=one).first()
        if following is None:
            break
        one = following
    if decision is not None:
        _draft(case, decision, None, actor)


def comes_back(referral: Referral, case: Case, outcome: ReferralOutcome, note: str, *, actor: Actor) -> None:
    """Return a locked referral with this outcome, and draft another one."""
    referral.outcome, referral.outcome_at, referral.note = outcome, now(), note.strip()
    move_referral(referral, ReferralVerb.RETURN, "outcome", "outcome_at", "note")
    append("end_referral", {"referral": referral.pk, "outcome": outcome}, actor=actor, case_id=case.pk)
    draft_anew(case, referral, actor=actor)
