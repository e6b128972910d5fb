"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.privacy.console import breaches, person_requests, retention
from jaga.privacy.console import person_requests as person_searches
from jaga.privacy.console import retention as holds

urlpatterns = [
    path("person-requests/", person_requests.person_requests, name="person-requests"),
    path("person-requests/<int:request_id>/", person_requests.person_request, name="person-request"),
    path("person-requests/<int:request_id>/take/", person_requests.take, name="person-request-take"),
    path("person-requests/<int:request_id>/check/", person_requests.check, name="person-request-check"),
    path("person-requests/<int:request_id>/answer/", person_requests.answer, name="person-request-answer"),
    path("person-requests/<int:request_id>/release/", person_requests.release, name="person-request-release"),
    path("person-requests/<int:request_id>/hand-over/", person_requests.hand_over, name="person-request-hand-over"),
    path("breaches/", breaches.breaches, name="breaches"),
    path("breaches/new/", breaches.new, name="breach-new"),
    path("breaches/<int:breach_id>/", breaches.breach, name="breach"),
    path("breaches/<int:breach_id>/scope/", breaches.scope, name="breach-scope"),
    path("breaches/<int:breach_id>/concerned/", breaches.concerned, name="breach-concerned"),
    path("breaches/<int:breach_id>/notice/", breaches.notice, name="breach-notice"),
    path("breaches/<int:breach_id>/close/", breaches.close, name="breach-close"),
    path("cases/<reference:case_id>/postpone/", retention.postpone, name="postpone-retention"),
    path("legal-holds/", holds.holds, name="legal-holds"),
    path("legal-holds/<int:hold_id>/confirm/", holds.confirm, name="confirm-legal-hold"),
    path("legal-holds/<int:hold_id>/end/", holds.end, name="end-legal-hold"),
    path("person-searches/", person_searches.person_searches, name="person-searches"),
    path("person-searches/<int:search_id>/permit/", person_searches.permit, name="permit-person-search"),
    path("retention/", retention.preview, name="retention"),
    path("retention/clock/", retention.clock, name="confirm-clock"),
]
