"""The console's URLs.

`tests/web/console/frame/test_who_may_open_what.py` lists who may open each: add new ones there too.
"""

from django.urls import include, path, register_converter

from jaga.web.frame.notice_words import CaseReference, NoticeReference, ReferralReference

register_converter(CaseReference, "reference")
register_converter(NoticeReference, "notice")
register_converter(ReferralReference, "referral")

app_name = "console"
urlpatterns = [
    path("", include("jaga.desk.operations.urls")),
    path("", include("jaga.people.urls")),
    path("", include("jaga.queue.urls")),
    path("", include("jaga.signals.urls")),
    path("", include("jaga.desk.cases.urls")),
    path("", include("jaga.decisions.urls")),
    path("", include("jaga.reporting.urls")),
    path("", include("jaga.proofs.urls")),
    path("", include("jaga.appeals.urls")),
    path("", include("jaga.batches.urls")),
    path("", include("jaga.referrals.urls")),
    path("", include("jaga.authorities.urls")),
    path("", include("jaga.watch.urls")),
    path("", include("jaga.actions.urls")),
    path("", include("jaga.operators.urls")),
    path("", include("jaga.webhooks.urls")),
    path("", include("jaga.quality.urls")),
    path("", include("jaga.privacy.urls")),
]
