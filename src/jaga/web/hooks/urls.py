"""All URLs below /hooks/."""

from django.urls import path

from jaga.web.hooks.answers import take

app_name = "hooks"
urlpatterns = [path("<slug:platform>/", take, name="take")]
