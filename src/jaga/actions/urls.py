"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.actions import console as stuck

urlpatterns = [
    path("stuck/", stuck.stuck, name="stuck"),
    path("stuck/<int:action_id>/retry/", stuck.retry, name="retry"),
    path("stuck/platforms/<slug:platform>/retry/", stuck.retry_all, name="retry-all"),
    path("stuck/letters/<int:hold_id>/send/", stuck.send_held, name="send-held"),
    path("stuck/<int:action_id>/end/", stuck.end, name="end"),
]
