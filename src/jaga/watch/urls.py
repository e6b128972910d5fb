"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.watch.console import people_sample, queries, watches
from jaga.watch.console import queries as lookups
from jaga.watch.console import queries as media
from jaga.watch.console import watches as rule_measures

urlpatterns = [
    path("watches/", watches.watches, name="watches"),
    path("watches/new/", watches.new, name="watch-new"),
    path("watch-query/", queries.query, name="watch-query"),
    path("watches/<int:watch_id>/", watches.watch, name="watch"),
    path("watches/<int:watch_id>/start/", watches.start, name="start-watch"),
    path("watches/<int:watch_id>/stop/", watches.stop, name="stop-watch"),
    path("watches/<int:watch_id>/go-on/", watches.go_on, name="go-on-watch"),
    path("cases/<reference:case_id>/media/", media.media, name="case-media"),
    path("cases/<reference:case_id>/media/ask/", media.ask, name="ask-media"),
    path("sample/", people_sample.sample, name="sample"),
    path("sample/take/", people_sample.take, name="take-sampled-text"),
    path("sample/<int:judgement_id>/", people_sample.judge, name="sampled-text"),
    path("sample/<int:judgement_id>/leave/", people_sample.leave, name="leave-sampled-text"),
    path("rules/", rule_measures.rules, name="rules"),
    path("rules/<int:suspension_id>/switch-on/", rule_measures.switch_on, name="switch-rule-on"),
    path("account-lookups/", lookups.lookups, name="account-lookups"),
    path("account-lookups/read-again/", lookups.opt_out_back, name="take-opt-out-back"),
    path("account-lookups/<int:lookup_id>/permit/", lookups.permit, name="permit-account-lookup"),
    path("account-lookups/<int:lookup_id>/look-up/", lookups.look_up, name="look-up-account"),
]
