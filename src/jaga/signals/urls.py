"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.signals import console as backtests
from jaga.signals import console as ban_evasion_reviews
from jaga.signals import console as campaigns
from jaga.signals import console as model_registry
from jaga.signals import console as near_duplicates
from jaga.signals import console as pictures

urlpatterns = [
    path("queue/copies/<int:cluster_id>/", near_duplicates.cluster, name="cluster"),
    path(
        "cases/<reference:case_id>/matches/<int:match_id>/",
        ban_evasion_reviews.decide_of_ban_evasion_reviews,
        name="decide-match",
    ),
    path("cases/<reference:case_id>/youth-check/", pictures.youth_check, name="youth-check"),
    path("cases/<reference:case_id>/youth-check/undo/", pictures.undo_answer, name="undo-youth-check"),
    path("cases/<reference:case_id>/pictures/", pictures.pictures, name="pictures"),
    path("cases/<reference:case_id>/pictures/<int:evidence_id>/", pictures.picture, name="picture"),
    path("cases/<reference:case_id>/pictures/<int:evidence_id>/open/", pictures.open_, name="open-picture"),
    path("cases/<reference:case_id>/letters/<int:evidence_id>/", pictures.letter, name="case-letter"),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/<slug:kind>/<int:number>/", campaigns.campaign, name="campaign"),
    path("backtests/", backtests.backtests, name="backtests"),
    path("backtests/<slug:run_id>/", backtests.backtest, name="backtest"),
    path("models/", model_registry.models, name="models"),
    path("models/<int:model_id>/decide/", model_registry.decide_of_model_registry, name="decide-model"),
]
