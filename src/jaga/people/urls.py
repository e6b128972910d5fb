"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.people.console import api_keys, roster, second_factor, sign_in, trusted_flaggers
from jaga.people.console import api_keys as preferences
from jaga.people.console import roster as signing_keys
from jaga.people.console import roster as skills_and_clearances
from jaga.people.console import sign_in as invitation

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("second-factor/", second_factor.second_step, name="second-factor"),
    path("confirm/", second_factor.confirm_first, name="confirm"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("factors/", second_factor.factors, name="factors"),
    path("factors/app/", second_factor.add_totp, name="add-totp"),
    path("factors/passkey/", second_factor.add_passkey, name="add-passkey"),
    path("factors/codes/", second_factor.recovery_codes, name="recovery-codes"),
    path("factors/codes/new/", second_factor.new_codes, name="new-codes"),
    path("factors/remove/", second_factor.remove_factor, name="remove-factor"),
    path("sessions/", sign_in.sessions, name="sessions"),
    path("invitation/<str:secret>/", invitation.invitation, name="invitation"),
    path("roster/", roster.roster, name="roster"),
    path("roster/<int:organisation_id>/invite/", roster.invite, name="invite-officer"),
    path("roster/people/<int:person_id>/", roster.officer, name="officer"),
    path("roster/people/<int:person_id>/call-back/", roster.call_back, name="call-back"),
    path("roster/people/<int:person_id>/renew/", roster.renew, name="renew-officer"),
    path("roster/people/<int:person_id>/suspend/", roster.suspend, name="suspend-officer"),
    path("roster/people/<int:person_id>/lift/", roster.lift, name="lift-suspension"),
    path("roster/people/<int:person_id>/remove/", roster.remove, name="remove-officer"),
    path("roster/people/<int:person_id>/invite-again/", roster.invite_again, name="invite-officer-again"),
    path("roster/people/<int:person_id>/keeper/", roster.keeper, name="keeper"),
    path("roster/own/<int:person_id>/", roster.colleague, name="colleague"),
    path("flaggers/", trusted_flaggers.flaggers, name="flaggers"),
    path("flaggers/<int:organisation_id>/", trusted_flaggers.flagger, name="flagger"),
    path("flaggers/<int:organisation_id>/suspend/", trusted_flaggers.suspend, name="suspend-flagger"),
    path("flaggers/<int:organisation_id>/lift/", trusted_flaggers.lift, name="lift-flagger"),
    path("flags/", trusted_flaggers.own, name="flags"),
    path("flags/new/", trusted_flaggers.report, name="flag"),
    path("team/", skills_and_clearances.members, name="team"),
    path("team/<int:person_id>/skills/", skills_and_clearances.skills, name="set-skills"),
    path("team/<int:person_id>/clearance/", skills_and_clearances.clearance, name="give-clearance"),
    path("team/clearances/<int:number>/end/", skills_and_clearances.end, name="end-clearance"),
    path("api-keys/", api_keys.keys, name="api-keys"),
    path("api-keys/<int:key_id>/revoke/", api_keys.revoke, name="revoke-api-key"),
    path("signing-keys/", signing_keys.signing_keys, name="signing-keys"),
    path("signing-keys/<int:key_id>/revoke/", signing_keys.revoke, name="revoke-signing-key"),
]
