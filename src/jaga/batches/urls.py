"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.batches import console as batches

urlpatterns = [
    path("batches/", batches.batches, name="batches"),
    path("batches/<int:batch_id>/", batches.batch, name="batch"),
    path("batches/<int:batch_id>/start/", batches.start, name="start-batch"),
    path("batches/<int:batch_id>/cancel/", batches.cancel, name="cancel-batch"),
    path("batches/<int:batch_id>/refused.csv", batches.refused, name="refused-rows"),
    path("batches/<int:batch_id>/reports.csv", batches.filed, name="batch-reports"),
]
