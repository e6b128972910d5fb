"""URL names django-allauth expects, mapped to console pages. Anything else is not offered."""

from django.urls import path

from jaga.web.console.people import second_factor, sign_in

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("second-factor/", second_factor.second_step, name="mfa_authenticate"),
    path("confirm/", second_factor.confirm_first, name="mfa_reauthenticate"),
    path("factors/", second_factor.factors, name="mfa_index"),
    path("factors/codes/", second_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("sessions/", sign_in.sessions, name="usersessions_list"),
]
