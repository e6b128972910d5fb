"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.proofs.console import ledger

urlpatterns = [
    path("cases/<reference:case_id>/history/", ledger.history, name="history"),
    path("ledger/", ledger.ledger, name="ledger"),
]
