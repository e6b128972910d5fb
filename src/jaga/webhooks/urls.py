"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.webhooks import console as endpoints

urlpatterns = [
    path("webhooks/", endpoints.webhooks, name="webhooks"),
    path("webhooks/<int:endpoint_id>/disable/", endpoints.disable, name="disable-webhook"),
    path("webhooks/deliveries/<int:delivery_id>/redeliver/", endpoints.send_again, name="redeliver-webhook"),
]
