"""Addresses that anybody may open."""

from django.urls import path

from jaga.web.public import appeal, figures, follow, home, language, operators, policy, report

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("report/", report.report, name="report"),
    path("report/received/", report.received, name="received"),
    path("follow/", follow.follow, name="follow"),
    path("appeal/", appeal.appeal, name="appeal"),
    path("figures/", figures.figures, name="figures"),
    path("figures.csv", figures.figures_csv, name="figures-csv"),
    path("operators/", operators.operators, name="operators"),
    path("operators.csv", operators.operators_csv, name="operators-csv"),
    path("operators/<slug:slug>/", operators.operator, name="operator"),
    path("operators/<slug:slug>.csv", operators.operator_csv, name="operator-csv"),
    path("policy/", policy.policy, name="policy"),
    path("language/", language.switch, name="language"),
]
