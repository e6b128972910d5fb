"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.referrals import console as received
from jaga.referrals import console as referrals

urlpatterns = [
    path("referrals/", referrals.referrals, name="referrals"),
    path("referrals/<referral:referral_id>/", referrals.referral, name="referral"),
    path("cases/<reference:case_id>/refer/", referrals.at_once, name="refer-at-once"),
    path("received/", received.received, name="received"),
    path("received/<referral:referral_id>/", received.one, name="received-referral"),
]
