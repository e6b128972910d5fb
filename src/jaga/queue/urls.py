"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.queue.console import palette, queue, search
from jaga.queue.console import queue as exposure
from jaga.queue.console import queue as policy_questions
from jaga.queue.console import search as ticked

urlpatterns = [
    path("queue/", queue.queue, name="queue"),
    path("queue/ticked/", ticked.ticked, name="ticked"),
    path("policy-questions/", policy_questions.policy_questions, name="policy-questions"),
    path("policy-questions/<int:question_id>/answer/", policy_questions.answer, name="answer-policy"),
    path("votes/", queue.own_votes, name="votes"),
    path("cases/", queue.find, name="find"),
    path("search/", search.search, name="search"),
    path("palette/", palette.palette, name="palette"),
    path("wellness/", exposure.wellness, name="wellness"),
    path("cases/<reference:case_id>/exposure/", exposure.record_beat, name="exposure-beat"),
]
