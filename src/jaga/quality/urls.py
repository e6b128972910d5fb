"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.quality.console import access_log, blind_review
from jaga.quality.console import access_log as canary_alarms
from jaga.quality.console import blind_review as training

urlpatterns = [
    path("quality/", blind_review.quality, name="quality"),
    path("quality/take/", blind_review.take, name="take-again"),
    path("quality/<int:blind_review_id>/", blind_review.judge, name="blind-review"),
    path("quality/<int:blind_review_id>/leave/", blind_review.leave, name="leave-again"),
    path("quality/<int:blind_review_id>/note/", blind_review.note, name="note-difference"),
    path("quality/golden/", blind_review.mark, name="mark-golden"),
    path("quality/golden/<int:golden_id>/withdraw/", blind_review.unmark, name="withdraw-golden"),
    path("training/", training.training, name="training"),
    path("training/<int:golden_id>/", training.training_case, name="training-case"),
    path("access-log/", access_log.access_log, name="access-log"),
    path("alarms/", canary_alarms.alarms, name="alarms"),
    path("alarms/cases/", canary_alarms.acknowledge_cases, name="acknowledge-case-alarms"),
    path("alarms/address/", canary_alarms.alarm_address, name="alarm-address"),
    path("alarms/<int:alarm_id>/acknowledge/", canary_alarms.acknowledge, name="acknowledge-alarm"),
    path("canary-cases/", canary_alarms.canary_cases, name="canary-cases"),
]
