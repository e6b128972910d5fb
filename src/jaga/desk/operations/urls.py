"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.adoption import console as policy_releases
from jaga.desk.operations import dashboard, overview
from jaga.desk.operations import overview as calendar
from jaga.desk.operations import overview as help
from jaga.web.frame import charts as exact_figures

urlpatterns = [
    path("", overview.home, name="home"),
    path("help/", help.help_page, name="help"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("policy/", policy_releases.policy_releases, name="policy-releases"),
    path("policy/<int:adoption_id>/decide/", policy_releases.decide_release, name="decide-release"),
    path("overview/", overview.overview, name="overview"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/figures.csv", exact_figures.exact_figures, name="exact-figures"),
    path("dashboard/operators.csv", exact_figures.exact_operators, name="exact-operators"),
]
