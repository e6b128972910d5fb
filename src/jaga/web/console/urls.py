"""The console's addresses. `tests/web/console/test_who_may_open_what.py` lists who may open each: add there too."""

from django.urls import path, register_converter

from jaga.web.console import actions, appeals, case, decide, exports, ledger, overview, queue, signin
from jaga.web.console.references import CaseReference

register_converter(CaseReference, "reference")

app_name = "console"
urlpatterns = [
    path("", overview.home, name="home"),
    path("sign-in/", signin.SignIn.as_view(), name="sign-in"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("queue/", queue.queue, name="queue"),
    path("votes/", queue.own_votes, name="votes"),
    path("cases/", queue.find, name="find"),
    path("cases/<reference:case_id>/", case.case, name="case"),
    path("cases/<reference:case_id>/take/", case.take, name="take"),
    path("cases/<reference:case_id>/hand-back/", case.hand_back, name="hand-back"),
    path("cases/<reference:case_id>/decide/", decide.decide, name="decide"),
    path("cases/<reference:case_id>/preview/", decide.preview, name="preview"),
    path("cases/<reference:case_id>/voted/", decide.voted, name="voted"),
    path("cases/<reference:case_id>/history/", ledger.history, name="history"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/<int:appeal_id>/", appeals.appeal, name="appeal"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<int:disclosure_id>/", exports.made, name="export-made"),
    path("stuck/", actions.stuck, name="stuck"),
    path("stuck/<int:action_id>/retry/", actions.retry, name="retry"),
    path("stuck/<int:action_id>/end/", actions.end, name="end"),
    path("overview/", overview.overview, name="overview"),
    path("ledger/", ledger.ledger, name="ledger"),
]
