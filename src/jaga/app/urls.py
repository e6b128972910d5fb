"""All URLs by package. Each package's `urls.py` lists its own."""

from django.urls import include, path

urlpatterns = [
    path("console/", include("jaga.web.console.urls")),
    path("console/", include("jaga.web.console.people.allauth_urls")),
    path("api/", include("jaga.web.api.urls")),
    path("hooks/", include("jaga.web.hooks.urls")),
    path("health/", include("jaga.web.health.urls")),
    path("", include("jaga.web.public.urls")),  # last: its patterns are tried one by one
]
handler400 = "jaga.web.errors.bad_request"
handler403 = "jaga.web.errors.forbidden"
handler404 = "jaga.web.console.frame.lost.not_found"
handler500 = "jaga.web.errors.server_error"
