"""Referrals: those waiting for a receiver, a call or a review; single ones; and the form to refer immediately.

Referrals to an officer's own organisation: reading, confirming, and the outcome.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from jaga.cases.reads.gate import access_case
from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.reports import AT_ONCE_DANGERS, Danger, ReferralOutcome
from jaga.desk.cases.forms import wrong_fields
from jaga.policy.local_time import local_zone
from jaga.policy.release import emergency_numbers
from jaga.referrals.reads import (
    access_received,
    access_referral,
    list_received,
    list_referrals,
    may_refer_at_once,
    receiver_options,
)
from jaga.referrals.verbs.referrals import MAX_WORDS, NewReferral, address_referral, refer_at_once, review_referral
from jaga.referrals.verbs.replies import (
    RECORDED,
    Taken,
    acknowledge_as_officer,
    end_as_officer,
    record_acknowledgement,
    record_mistake_told,
    record_outcome,
)
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Text
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.words import OWN_OUTCOMES


class NewReferralForm(ConsoleForm):
    """To whom a case is referred, and why."""

    receiver = Text()
    danger = Text()
    words = Text()

    def referral(self) -> NewReferral:
        """The referral as entered."""
        return NewReferral(self.text_of("receiver"), self.term_of("danger", Danger), self.text_of("words"))


class OutcomeForm(ConsoleForm):
    """What came of a referral."""

    outcome = Text()
    note = Text()

    def chosen(self) -> ReferralOutcome:
        """The outcome. Raises InvalidInput if none was chosen."""
        outcome = self.term_of("outcome", ReferralOutcome)
        if outcome is None:
            raise InvalidInput(FieldError("outcome", "missing", N_("Choose what came of it.")))
        return outcome


class ReferralForm(NewReferralForm, OutcomeForm):
    """The fields of all steps on a referral's page; each step has some of them."""

    taken_by = Text()
    at = Text()
    their_number = Text()
    rightly = Text()
    reasons = Text()
    step = Text()


@require_safe
@signed_in
def referrals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everything that waits, by what it waits for, and the latest ended ones."""
    return page(
        request, actor, "referrals/referrals.html", {"duties": list_referrals(actor=actor)}, open_link="referrals"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def referral(request: HttpRequest, actor: Actor, referral_id: int) -> HttpResponse:
    """One referral with its message; POST takes one step (`step`)."""
    if request.method != "POST":
        return _page_of_referrals(request, actor, referral_id)
    access_referral(referral_id, actor=actor)
    form = ReferralForm.sent(request)
    step = _STEPS.get(form.text_of("step"))
    if step is None:
        raise NotFound
    try:
        step(referral_id, form, actor)
    except InvalidInput as refused:
        return _page_of_referrals(
            request, actor, referral_id, kept=form.kept(), errors=say_fields(refused), status=refused.status
        )
    except NotFound:
        raise
    except JagaError as refused:
        return _page_of_referrals(
            request, actor, referral_id, kept=form.kept(), refused=refusal(refused), status=refused.status
        )
    return redirect("console:referral", referral_id)


def _address(referral_id: int, form: ReferralForm, actor: Actor) -> None:
    address_referral(referral_id, form.referral(), actor=actor)


def _confirm(referral_id: int, form: ReferralForm, actor: Actor) -> None:
    taken = Taken(form.text_of("taken_by"), form.text_of("their_number"), _moment(form.text_of("at")))
    record_acknowledgement(referral_id, taken, actor=actor)


def _outcome(referral_id: int, form: ReferralForm, actor: Actor) -> None:
    record_outcome(referral_id, form.chosen(), form.text_of("note"), actor=actor)


def _review(referral_id: int, form: ReferralForm, actor: Actor) -> None:
    answer = form.text_of("rightly")
    if answer not in ("yes", "no"):
        raise InvalidInput(FieldError("rightly", "missing", N_("Choose one of the two.")))
    review_referral(referral_id, rightly=answer == "yes", reasons=form.text_of("reasons"), actor=actor)


def _mistake_told(referral_id: int, form: ReferralForm, actor: Actor) -> None:
    record_mistake_told(referral_id, actor=actor)


_STEPS: Mapping[str, Callable[[int, ReferralForm, Actor], None]] = {
    "address": _address,
    "confirm": _confirm,
    "outcome": _outcome,
    "review": _review,
    "told": _mistake_told,
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def at_once(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The form by which one person refers a case immediately."""
    row = access_case(case_id, actor=actor)
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    form = NewReferralForm.sent(request)
    errors: Mapping[str, list[str]]
    errors, refused, status = {}, None, 200
    if request.method == "POST":
        try:
            return redirect("console:referral", refer_at_once(case_id, form.referral(), actor=actor))
        except InvalidInput as wrong:
            errors, status = say_fields(wrong), wrong.status
        except NotFound:
            raise
        except JagaError as wrong:
            refused, status = refusal(wrong), wrong.status
    return page(
        request,
        actor,
        "referrals/refer_at_once.html",
        {
            "case": row,
            "may": may_refer_at_once(row),
            "options": receiver_options(row, urgent=True),
            "dangers": AT_ONCE_DANGERS,
            "most": MAX_WORDS,
            "kept": form.kept(),
            "errors": errors,
            "wrong": wrong_fields(errors, tuple(NewReferralForm.base_fields)),
            "refused": refused,
            "emergency": emergency_numbers(),
        },
        open_link="queue",
        status=status,
    )


def _moment(typed: str) -> datetime | None:
    """A browser's datetime in the jurisdiction's zone; None for an empty field. Raises InvalidInput."""
    if not typed.strip():
        return None
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=local_zone())
    except ValueError:
        raise InvalidInput(FieldError("at", "impossible", N_("Give a time between the referral and now."))) from None


def _page_of_referrals(
    request: HttpRequest,
    actor: Actor,
    referral_id: int,
    *,
    kept: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    opened = access_referral(referral_id, actor=actor)
    case = access_case(opened.referral.case_id, actor=actor)
    drafted = opened.message is None and opened.referral.unconfirmed
    return page(
        request,
        actor,
        "referrals/referral.html",
        {
            "referral": opened.referral,
            "message": opened.message,
            "code": opened.code,
            "case": case,
            "options": receiver_options(case, urgent=opened.referral.urgent) if drafted else (),
            "dangers": tuple(Danger),
            "most": MAX_WORDS,
            "outcomes": [
                one
                for one in RECORDED
                if one is not ReferralOutcome.NO_ANSWER or (opened.referral.late and Role.SUPERVISOR in actor.roles)
            ],
            "kept": kept or {},
            "errors": errors or {},
            "wrong": wrong_fields(errors or {}, tuple(ReferralForm.base_fields)),
            **more,
        },
        open_link="referrals",
        status=status,
    )


class ReceivedForm(OutcomeForm):
    """The steps on a referral that was received: confirm it, or say what came of it."""

    step = Text()
    their_number = Text()


@require_safe
@signed_in
def received(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All of the organisation's referrals, unconfirmed ones first."""
    return page(request, actor, "referrals/received.html", {"rows": list_received(actor=actor)}, open_link="received")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, actor: Actor, referral_id: int) -> HttpResponse:
    """One referral; POST records the confirmation or outcome."""
    if request.method != "POST":
        return _page_of_received(request, actor, referral_id)
    access_received(referral_id, actor=actor)
    form = ReceivedForm.sent(request)
    step = form.text_of("step")
    try:
        if step == "confirm":
            acknowledge_as_officer(referral_id, form.text_of("their_number"), actor=actor)
        elif step == "outcome":
            end_as_officer(referral_id, form.chosen(), form.text_of("note"), actor=actor)
        else:
            raise NotFound
    except InvalidInput as refused:
        return _page_of_received(
            request, actor, referral_id, kept=form.kept(), errors=say_fields(refused), status=refused.status
        )
    except NotFound:
        raise
    except JagaError as refused:
        return _page_of_received(
            request, actor, referral_id, kept=form.kept(), refused=refusal(refused), status=refused.status
        )
    return redirect("console:received-referral", referral_id)


def _page_of_received(
    request: HttpRequest,
    actor: Actor,
    referral_id: int,
    *,
    errors: Mapping[str, list[str]] | None = None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    return page(
        request,
        actor,
        "referrals/received_referral.html",
        {
            "referral": access_received(referral_id, actor=actor),
            "own_outcomes": OWN_OUTCOMES.items(),
            "kept": {},
            "errors": errors or {},
            **more,
        },
        open_link="received",
        status=status,
    )
