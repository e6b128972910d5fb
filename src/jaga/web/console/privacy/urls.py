"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.web.console.privacy import holds, person_searches, retention

urlpatterns = [
    path("cases/<reference:case_id>/postpone/", retention.postpone, name="postpone-retention"),
    path("legal-holds/", holds.holds, name="legal-holds"),
    path("legal-holds/<int:hold_id>/confirm/", holds.confirm, name="confirm-legal-hold"),
    path("legal-holds/<int:hold_id>/end/", holds.end, name="end-legal-hold"),
    path("person-searches/", person_searches.person_searches, name="person-searches"),
    path("person-searches/<int:search_id>/permit/", person_searches.permit, name="permit-person-search"),
    path("retention/", retention.preview, name="retention"),
    path("retention/clock/", retention.clock, name="confirm-clock"),
]
