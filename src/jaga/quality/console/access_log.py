"""The access log: one's own entries, and everyone's for auditors, with its seals.

Alarms about canary cases, invalidated votes and deadlines; and the canary cases, for administrators.
"""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.actions.reads import CASE_ALARMS_SHOWN, list_case_alarms, see_alarm_delivery
from jaga.adoption.reads import see_release_alarms
from jaga.cases.verbs.case_alarms import acknowledge_case_alarms
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput, JagaError, NotFound
from jaga.core.terms.people import Role
from jaga.desk.cases.forms import wrong_fields
from jaga.policy.release import load_release
from jaga.quality.reads.access_log import (
    PAGE,
    AccessLogFilter,
    list_access_log,
    list_alarms,
    list_canaries,
    list_own_access_log,
    list_seals,
    name_of,
    own_alarm_address,
)
from jaga.quality.verbs.canary_cases import (
    AlarmOver,
    NewCanaryCase,
    OwnAlarm,
    acknowledge_alarm,
    call_me_at,
    make_canary,
)
from jaga.store.reads import listed_platforms
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Several, Text, whole_number
from jaga.web.frame.notice_words import read_reference
from jaga.web.frame.pages import Refusal, page, refusal, signed_in


class NoSuchFilter(JagaError):
    """A filter that matches nothing."""

    code = "no_such_filter"
    status = 400
    sentence = N_("“%(typed)s” is not a case number.")
    remedy = N_("Write it like K000123, or leave the field empty.")


@require_safe
@signed_in
def access_log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One page of entries, newest first."""
    before = whole_number(request.GET.get("before", ""))
    if Role.AUDITOR not in actor.roles:
        rows = list_own_access_log(before=before, actor=actor)
        return page(
            request,
            actor,
            "quality/access_log.html",
            {"events": rows, "older": _older(rows, {})},
            open_link="access-log",
        )
    typed = request.GET.get("case", "").strip()
    wanted = AccessLogFilter(_case(typed), whole_number(request.GET.get("person", "")) or None)
    rows = list_access_log(wanted, before=before, actor=actor)
    kept = {"case": typed, "person": str(wanted.person_id or "")}
    return page(
        request,
        actor,
        "quality/access_log.html",
        {
            "events": rows,
            "audits": True,
            "typed": typed,
            "older": _older(rows, kept),
            "person_id": wanted.person_id,
            "person": name_of(wanted.person_id, actor=actor) if wanted.person_id else "",
            "seals": list_seals(check=whole_number(request.GET.get("check", "")) or None, actor=actor),
        },
        open_link="access-log",
    )


def _older(rows: tuple[object, ...], kept: dict[str, str]) -> str:
    """The URL of the next page; empty on the last."""
    if len(rows) < PAGE:
        return ""
    more = {name: value for name, value in kept.items() if value}
    return "?" + urlencode({**more, "before": getattr(rows[-1], "number", "")})


def _case(typed: str) -> int | None:
    if not typed:
        return None
    try:
        number = read_reference(typed)
    except NotFound:
        raise NoSuchFilter(typed=typed[:40]) from None
    return number


class AlarmNoteForm(ConsoleForm):
    """The outcome of an alarm."""

    note = Text()


class CaseAlarmsForm(ConsoleForm):
    """The alarms shown, by number."""

    alarm = Several()


class CanaryForm(ConsoleForm):
    """A canary case to create."""

    platform = Text()
    account = Text()
    category = Text()
    text = Text()


class AddressForm(ConsoleForm):
    """One's own e-mail address for alarms."""

    email = Text()


@require_safe
@signed_in
def alarms(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Case alarms for supervisors, then canary alarms, waiting ones first."""
    return _alarms(request, actor)


def _alarms(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    cases = list_case_alarms(actor=actor)
    return page(
        request,
        actor,
        "quality/alarms.html",
        {
            "alarms": list_alarms(actor=actor),
            "case_alarms": [one for one in cases if one.why is not None],
            "clock_alarms": [one for one in cases if one.why is None],
            "outside": see_alarm_delivery(actor=actor),
            "release_alarms": see_release_alarms(actor=actor),
            "email": own_alarm_address(actor),
            **more,
        },
        open_link="alarms",
        status=status,
    )


@require_POST
@signed_in
def acknowledge(request: HttpRequest, actor: Actor, alarm_id: int) -> HttpResponse:
    """Acknowledge a canary alarm with its outcome."""
    note = AlarmNoteForm.sent(request).text_of("note")
    try:
        acknowledge_alarm(alarm_id, note, actor=actor)
    except InvalidInput as refused:
        return _alarms(
            request, actor, refused_id=alarm_id, note=note, errors=say_fields(refused), status=refused.status
        )
    except (AlarmOver, OwnAlarm) as refused:
        return _alarms(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:alarms")


@require_POST
@signed_in
def acknowledge_cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A supervisor acknowledges the case alarms shown."""
    numbers = {whole_number(number) for number in CaseAlarmsForm.sent(request).values_of("alarm")[:CASE_ALARMS_SHOWN]}
    acknowledge_case_alarms({number for number in numbers if number is not None}, actor=actor)
    return redirect("console:alarms")


@require_POST
@signed_in
def alarm_address(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Set one's own alarm address."""
    email = AddressForm.sent(request).text_of("email")
    try:
        call_me_at(email, actor=actor)
    except InvalidInput as refused:
        return _alarms(request, actor, email=email, address_errors=say_fields(refused), status=refused.status)
    return redirect("console:alarms")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def canary_cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The canary cases, and the form to create one."""
    list_canaries(actor=actor)
    if request.method != "POST":
        return _canary_page(request, actor)
    typed = CanaryForm.sent(request).kept()
    try:
        make_canary(NewCanaryCase(**typed), actor=actor)
    except InvalidInput as refused:
        return _canary_page(request, actor, typed=typed, errors=say_fields(refused), status=refused.status)
    return redirect("console:canary-cases")


def _canary_page(
    request: HttpRequest,
    actor: Actor,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    return page(
        request,
        actor,
        "quality/canary_cases.html",
        {
            "canaries": list_canaries(actor=actor),
            "platforms": listed_platforms(),
            "categories": load_release().categories,
            "typed": typed or {},
            "errors": errors or {},
            "wrong": wrong_fields(errors or {}, tuple(CanaryForm.base_fields)),
            "refused": refused,
        },
        open_link="canary-cases",
        status=status,
    )
