"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.web.console.operations import calendar, dashboard, exact_figures, overview

urlpatterns = [
    path("", overview.home, name="home"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("overview/", overview.overview, name="overview"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/figures.csv", exact_figures.exact_figures, name="exact-figures"),
    path("dashboard/operators.csv", exact_figures.exact_operators, name="exact-operators"),
]
