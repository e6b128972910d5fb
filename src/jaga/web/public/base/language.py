"""The language switch: a preference on this device, so a plain link without CSRF protection suffices."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from jaga.core.errors import NotFound
from jaga.policy.jurisdiction import jurisdiction

YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in a cookie and return to the page, never to another site. Raises NotFound."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen, back = asked.get("to", ""), asked.get("next", "")
    if chosen not in jurisdiction().languages:
        raise NotFound
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("public:home")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
