"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.reporting.console import mailbox, setting_aside
from jaga.reporting.console import mailbox as clarifications
from jaga.reporting.console import mailbox as public_words
from jaga.reporting.console import mailbox as unusable_values
from jaga.reporting.console import setting_aside as independent_sources
from jaga.reporting.console import setting_aside as reporter_identity

urlpatterns = [
    path("cases/<reference:case_id>/public-words/", public_words.record, name="record-public-words"),
    path("cases/<reference:case_id>/reports/<int:report_id>/ask/", mailbox.ask_of_mailbox, name="ask"),
    path(
        "cases/<reference:case_id>/reports/<int:report_id>/ask-officer/",
        clarifications.ask_of_clarifications,
        name="ask-officer",
    ),
    path("cases/<reference:case_id>/reports/<int:report_id>/consent/", mailbox.consent, name="ask-consent"),
    path("cases/<reference:case_id>/messages/read/", mailbox.read, name="read-messages"),
    path(
        "cases/<reference:case_id>/reports/<int:report_id>/identity/",
        reporter_identity.show_identity,
        name="open-identity",
    ),
    path("cases/<reference:case_id>/sources/", independent_sources.sources, name="sources"),
    path("cases/<reference:case_id>/sources/reports/<int:report_id>/", independent_sources.mark, name="mark-bad-faith"),
    path(
        "cases/<reference:case_id>/sources/marks/<int:mark_id>/withdraw/",
        independent_sources.withdraw,
        name="withdraw-bad-faith",
    ),
    path(
        "cases/<reference:case_id>/sources/reports/<int:report_id>/sender/",
        setting_aside.sender,
        name="senders-reports",
    ),
    path(
        "cases/<reference:case_id>/sources/reports/<int:report_id>/set-aside/",
        setting_aside.put_aside,
        name="set-reports-aside",
    ),
    path("reports-set-aside/", setting_aside.listed, name="reports-set-aside"),
    path("reports-set-aside/<int:set_aside_id>/undo/", setting_aside.undo, name="undo-set-aside"),
    path("platforms/", unusable_values.faults, name="platform-faults"),
    path("platforms/set-aside/<int:number>/", unusable_values.value, name="set-aside"),
    path("platforms/<slug:platform>/settle/", unusable_values.settle, name="settle-set-aside"),
    path("platforms/<slug:platform>/read-anew/", unusable_values.anew, name="read-anew"),
]
