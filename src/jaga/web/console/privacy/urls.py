"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.web.console.privacy import person_searches

urlpatterns = [
    path("person-searches/", person_searches.person_searches, name="person-searches"),
    path("person-searches/<int:search_id>/permit/", person_searches.permit, name="permit-person-search"),
]
