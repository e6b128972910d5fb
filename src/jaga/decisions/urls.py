"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.decisions import console as hearings
from jaga.decisions import console as pending
from jaga.decisions import console as voting

urlpatterns = [
    path("cases/<reference:case_id>/ask-holder/", hearings.ask, name="ask-holder"),
    path("pending/", pending.pending, name="pending"),
    path("cases/<reference:case_id>/undo/", pending.undo, name="undo"),
    path("cases/<reference:case_id>/resume/", pending.resume, name="resume"),
    path("preservations/<int:decision_id>/agree/", pending.agree, name="agree-to-preserve"),
    path("cases/<reference:case_id>/decide/", voting.decide, name="decide"),
    path("cases/<reference:case_id>/preview/", voting.preview, name="preview"),
    path("cases/<reference:case_id>/voted/", voting.voted, name="voted"),
]
