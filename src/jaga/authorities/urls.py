"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.authorities.console import held_requests, orders
from jaga.authorities.console import held_requests as disclosures

urlpatterns = [
    path("exports/", disclosures.exports, name="exports"),
    path("exports/<int:disclosure_id>/", disclosures.made, name="export-made"),
    path("orders/", orders.orders, name="orders"),
    path("orders/new/", orders.new_order, name="new-order"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path("orders/<int:order_id>/csv/", orders.csv, name="order-csv"),
    path("orders/<int:order_id>/withdraw/", orders.withdraw, name="withdraw-order"),
    path("orders/<int:order_id>/accounts/<int:report_id>/answer/", orders.answer, name="answer-order"),
    path("held-requests/", held_requests.held_list, name="held-requests"),
    path("held-requests/<int:held_id>/", held_requests.held, name="held"),
    path("held-requests/<int:held_id>/call-back/", held_requests.call_back, name="held-call-back"),
    path("held-requests/<int:held_id>/release/", held_requests.release, name="release-held"),
    path("held-requests/<int:held_id>/reject/", held_requests.reject, name="reject-held"),
    path("held-requests/<int:held_id>/accounts/<int:place>/preserve/", held_requests.preserve, name="preserve-held"),
]
