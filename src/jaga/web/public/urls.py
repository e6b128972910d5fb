"""Addresses that anybody may open."""

from django.urls import path

from jaga.web.public import appeal, figures, follow, home, language, policy, report

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("report/", report.report, name="report"),
    path("report/received/", report.received, name="received"),
    path("follow/", follow.follow, name="follow"),
    path("appeal/", appeal.appeal, name="appeal"),
    path("figures/", figures.figures, name="figures"),
    path("figures.csv", figures.figures_csv, name="figures-csv"),
    path("policy/", policy.policy, name="policy"),
    path("language/", language.switch, name="language"),
]
