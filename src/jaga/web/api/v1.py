"""Version 1 of the API: its routes, its one way of signing in, its one form of error."""

from django.http import HttpRequest, HttpResponseBase
from ninja.errors import ValidationError

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError
from jaga.core.terms import KeyScope
from jaga.web.api import batches, orders, reference, referrals, reports, requests, webhooks
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.openapi import Api
from jaga.web.api.problems import problem

# The page for people is our own (`guide`): the usual ones load their scripts from elsewhere, which the site's content
# security policy forbids.
api = Api(
    title="Jaga",
    version="1",
    description="Programs of authorities, trusted flaggers and the operator send reports and requests here, and follow "
                "them. A report is not a switch: people decide. Errors are RFC 9457 problem details in Indonesian or "
                "English, by Accept-Language.",
    docs_url=None,
    urls_namespace="api-1",
    auth=OfficerKeyAuth(),
)
api.add_router("", reports.router, auth=OfficerKeyAuth(KeyScope.REPORTS_READ, KeyScope.REPORTS_WRITE))
api.add_router("", requests.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE))
api.add_router("", orders.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE))
api.add_router("", webhooks.router, auth=OfficerKeyAuth(KeyScope.WEBHOOKS_MANAGE, KeyScope.WEBHOOKS_MANAGE))
api.add_router("", batches.router, auth=OfficerKeyAuth(KeyScope.BATCHES_WRITE, KeyScope.BATCHES_WRITE))
api.add_router("", reference.router)
api.add_router("", referrals.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ))


@api.exception_handler(JagaError)
def refused(request: HttpRequest, error: JagaError) -> HttpResponseBase:
    """Every refusal of a verb, a gate or the policy."""
    return problem(request, error)


@api.exception_handler(ValidationError)
def unusable(request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    """A part of the address that cannot be read."""
    fields = {str(wrong["loc"][-1]): str(wrong["type"]) for wrong in error.errors}
    return problem(request, InvalidInput(*(_parameter(field, kind) for field, kind in fields.items())))


def _parameter(field: str, kind: str) -> FieldError:
    if kind == "missing":
        return FieldError(field, "missing", N_("This part of the address is needed."))
    return FieldError(field, "wrong_type", N_("This part of the address cannot be read; docs/api.md shows it."))
