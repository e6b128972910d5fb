"""All URLs below /hooks/."""

from django.urls import path

from jaga.watch.hooks.answers import take_of_answers
from jaga.watch.hooks.answers import take_of_pushes as take_push

app_name = "hooks"
urlpatterns = [
    path("<slug:platform>/", take_of_answers, name="take"),
    path("<slug:platform>/observations/", take_push, name="push"),
]
