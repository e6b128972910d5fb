"""Version 1 of the API: its routes, authentication by key, and errors as RFC 9457 problem details."""

from django.http import HttpRequest, HttpResponseBase
from ninja.errors import ValidationError

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError
from jaga.core.terms.people import KeyScope
from jaga.web.api import batches, orders, reference, referrals, reports, requests, webhooks
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.openapi import Api
from jaga.web.api.problems import problem

# The page for people is our own (`guide`): the usual ones load their scripts from elsewhere, which the site's content
# security policy forbids.
api = Api(
    title="Jaga",
    version="1",
    description="Programs of authorities, trusted flaggers and the operator use this API to send reports and legal "
    "requests and to follow them. Sending a report never closes an account by itself: people decide each "
    "case. Errors are RFC 9457 problem details in Indonesian or English, as Accept-Language asks.",
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
    """Answer an error of a verb, of access control or of the policy with its problem details."""
    return problem(request, error)


@api.exception_handler(ValidationError)
def unusable(request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    """Answer 422 for a path or query parameter that cannot be parsed."""
    fields = {str(wrong["loc"][-1]): str(wrong["type"]) for wrong in error.errors}
    return problem(request, InvalidInput(*(_parameter(field, kind) for field, kind in fields.items())))


def _parameter(field: str, kind: str) -> FieldError:
    if kind == "missing":
        return FieldError(field, "missing", N_("This part of the address is needed."))
    return FieldError(field, "wrong_type", N_("This part of the address cannot be read; docs/api.md shows it."))
