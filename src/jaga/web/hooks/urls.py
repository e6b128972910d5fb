"""All URLs below /hooks/."""

from django.urls import path

from jaga.web.hooks.answers import take
from jaga.web.hooks.pushes import take as take_push

app_name = "hooks"
urlpatterns = [
    path("<slug:platform>/", take, name="take"),
    path("<slug:platform>/observations/", take_push, name="push"),
]
