"""The installation's state in numbers, and the redirect to each person's start page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.actions.alarm_messages import see_alarm_delivery
from jaga.records.access.actions.platform_health import count_set_aside, faulty_platforms, list_silent
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.history import see_ledger_status
from jaga.records.access.operations.overview import see_overview
from jaga.records.access.operations.policy_releases import see_release_alarms
from jaga.records.access.operators.notices import count_for_us, count_overdue, see_mail
from jaga.records.access.reporting.row_refusals import see_held_back
from jaga.web.console.frame.navigation import landing
from jaga.web.console.frame.pages import page, signed_in


@require_safe
@signed_in
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Redirect to the person's start page. Raises NotPermitted for anyone without a role here."""
    actor.require(*READERS, Role.ADMINISTRATOR, Role.AUDITOR, Role.CONTACT, Role.OFFICER, Role.FLAGGER, Role.POLICY)
    return redirect(landing(actor))


@require_safe
@signed_in
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The numbers, for supervisors and administrators."""
    return page(
        request,
        actor,
        "operations/overview.html",
        {
            "numbers": see_overview(actor=actor),
            "ledger": see_ledger_status(actor=actor),
            "supervises": Role.SUPERVISOR in actor.roles,
            "mail": see_mail(actor=actor),
            "mail_server": settings.JAGA_SMTP,
            "notices_overdue": count_overdue(),
            "notices_for_us": count_for_us(),
            "outside": see_alarm_delivery(actor=actor),
            "alarms": see_release_alarms(actor=actor),
            "withheld": see_held_back(actor=actor),
            "silent": list_silent(actor=actor),
            "faulty": faulty_platforms(),
            "set_aside": count_set_aside(),
        },
        open_link="overview",
    )
