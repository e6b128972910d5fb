"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.appeals import console as appeals
from jaga.appeals import console as reasons_in_person
from jaga.appeals import console as statement_pickup

urlpatterns = [
    path(
        "cases/<reference:case_id>/decisions/<int:decision_id>/letter/", statement_pickup.show_letter, name="hand-over"
    ),
    path(
        "cases/<reference:case_id>/decisions/<int:decision_id>/in-person/",
        reasons_in_person.in_person,
        name="in-person",
    ),
    path(
        "cases/<reference:case_id>/decisions/<int:decision_id>/in-person/<int:check_id>/release/",
        reasons_in_person.release,
        name="in-person-release",
    ),
    path(
        "cases/<reference:case_id>/decisions/<int:decision_id>/in-person/<int:check_id>/hand-over/",
        reasons_in_person.show_sheet,
        name="in-person-hand-over",
    ),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/new/", appeals.new, name="appeal-new"),
    path("appeals/<int:appeal_id>/", appeals.appeal, name="appeal"),
    path("appeals/<int:appeal_id>/ask/", appeals.ask, name="appeal-ask"),
    path("appeals/<int:appeal_id>/rest/", appeals.rest, name="appeal-rest"),
    path("appeals/<int:appeal_id>/receipt/", appeals.receipt, name="appeal-receipt"),
    path("appeals/<int:appeal_id>/check/", appeals.check, name="appeal-check"),
    path("appeals/<int:appeal_id>/pictures/<int:evidence_id>/open/", appeals.open_picture, name="appeal-open-picture"),
    path("appeals/<int:appeal_id>/pictures/<int:evidence_id>/", appeals.picture, name="appeal-picture"),
    path("appeals/<int:appeal_id>/words/", appeals.record_words, name="appeal-words"),
]
