"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.web.console.queue import exposure, palette, queue, search, shift_handover, ticked

urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/ticked/", ticked.ticked, name="ticked"),
    path("queue/views/", queue.save, name="save-view"),
    path("queue/views/<int:view_id>/delete/", queue.delete, name="delete-view"),
    path("handover/", shift_handover.cards, name="handover"),
    path("handover/<int:handover_id>/take/", shift_handover.take, name="take-handover"),
    path("votes/", queue.own_votes, name="votes"),
    path("cases/", queue.find, name="find"),
    path("search/", search.search, name="search"),
    path("search/saved/", search.save, name="save-search"),
    path("search/saved/<int:view_id>/delete/", search.delete, name="delete-search"),
    path("palette/", palette.palette, name="palette"),
    path("wellness/", exposure.wellness, name="wellness"),
    path("cases/<reference:case_id>/exposure/", exposure.record_beat, name="exposure-beat"),
]
