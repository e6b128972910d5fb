"""The console's URLs.

`tests/web/console/frame/test_who_may_open_what.py` lists who may open each: add new ones there too.
"""

from django.urls import include, path, register_converter

from jaga.web.console.frame.references import CaseReference, NoticeReference, ReferralReference

register_converter(CaseReference, "reference")
register_converter(NoticeReference, "notice")
register_converter(ReferralReference, "referral")

app_name = "console"
urlpatterns = [
    path("", include("jaga.web.console.operations.urls")),
    path("", include("jaga.web.console.people.urls")),
    path("", include("jaga.web.console.queue.urls")),
    path("", include("jaga.web.console.screening.urls")),
    path("", include("jaga.web.console.cases.urls")),
    path("", include("jaga.web.console.decisions.urls")),
    path("", include("jaga.web.console.reporting.urls")),
    path("", include("jaga.web.console.ledger.urls")),
    path("", include("jaga.web.console.appeals.urls")),
    path("", include("jaga.web.console.batches.urls")),
    path("", include("jaga.web.console.referrals.urls")),
    path("", include("jaga.web.console.authorities.urls")),
    path("", include("jaga.web.console.watch.urls")),
    path("", include("jaga.web.console.actions.urls")),
    path("", include("jaga.web.console.operators.urls")),
    path("", include("jaga.web.console.webhooks.urls")),
    path("", include("jaga.web.console.quality.urls")),
    path("", include("jaga.web.console.privacy.urls")),
]
