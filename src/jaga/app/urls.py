"""All URLs by package. Each package's `urls.py` lists its own."""

from django.urls import include, path

urlpatterns = [
    path("console/", include("jaga.app.console.urls")),
    path("console/", include("jaga.people.console.sign_in")),
    path("api/", include("jaga.app.api.urls")),
    path("hooks/", include("jaga.watch.hooks.urls")),
    path("health/", include("jaga.app.health.urls")),
    path("", include("jaga.app.public.urls")),  # last: its patterns are tried one by one
]
handler400 = "jaga.web.errors.bad_request"
handler403 = "jaga.web.errors.forbidden"
handler404 = "jaga.web.frame.pages.not_found"
handler500 = "jaga.web.errors.server_error"
