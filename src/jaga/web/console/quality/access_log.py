"""The access log: one's own entries, and everyone's for auditors, with its seals."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_, JagaError, NotFound
from jaga.core.terms.people import Role
from jaga.records.access.quality.access_log_pages import (
    PAGE,
    AccessLogFilter,
    list_access_log,
    list_own_access_log,
    name_of,
)
from jaga.records.access.quality.access_log_seals import list_seals
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.references import read_reference


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
