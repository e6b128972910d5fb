"""The home page: what Jaga is, its entry points, and what it never does."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.policy.release import load_release
from jaga.web.strangers import dialled


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Home."""
    return render(
        request,
        "public/home.html",
        {
            "services": dialled(load_release().services),
        },
    )
