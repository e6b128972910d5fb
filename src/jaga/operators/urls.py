"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.operators.console import notices, operator_notices, register
from jaga.operators.console import notices as escalation

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/<notice:notice_id>/", notices.notice, name="notice"),
    path("notices/<notice:notice_id>/open/", notices.open__of_notices, name="open-notice"),
    path("notices/<notice:notice_id>/answer/", notices.answer, name="answer-notice"),
    path("notices/<notice:notice_id>/objection/", notices.object_, name="object-to-notice"),
    path("operator-notices/", operator_notices.notices, name="operator-notices"),
    path("operator-notices/<notice:notice_id>/", operator_notices.notice, name="operator-notice"),
    path("operator-notices/<notice:notice_id>/clarify/", operator_notices.clarify, name="clarify-notice"),
    path("operator-notices/<notice:notice_id>/ask-again/", operator_notices.again, name="ask-again"),
    path("operator-notices/<notice:notice_id>/withdraw/", operator_notices.withdraw, name="withdraw-notice"),
    path("operator-notices/<notice:notice_id>/check/", operator_notices.record_check, name="record-check"),
    path("operator-notices/<notice:notice_id>/objection/", operator_notices.objection, name="decide-objection"),
    path("operator-notices/<notice:notice_id>/tick/", operator_notices.tick_off, name="tick"),
    path("operator-notices/<notice:notice_id>/answer/", operator_notices.answer, name="answer-by-hand"),
    path("operator-notices/<notice:notice_id>/escalation/<slug:stage>/", escalation.prepare, name="prepare-letter"),
    path("operator-notices/letters/<int:letter_id>/", escalation.letter, name="letter"),
    path("operator-notices/letters/<int:letter_id>/release/", escalation.release, name="release-letter"),
    path("operator-notices/letters/<int:letter_id>/drop/", escalation.drop, name="drop-letter"),
    path("operator-notices/letters/<int:letter_id>/served/", escalation.served, name="letter-served"),
    path("operator-notices/letters/<int:letter_id>/pdf/", escalation.pdf, name="letter-pdf"),
    path("notices/<notice:notice_id>/pictures/<int:position>/", notices.picture, name="notice-picture"),
    path("notices/<notice:notice_id>/pictures/<int:position>/open/", notices.open_picture, name="open-notice-picture"),
    path("notices/letters/<int:letter_id>/open/", escalation.open__of_escalation, name="open-letter"),
    path("notices/letters/<int:letter_id>/pdf/", escalation.opened_pdf, name="opened-letter-pdf"),
    path("cases/<reference:case_id>/data/", operator_notices.data, name="ask-for-data"),
    path("operators/", register.operators, name="operators"),
    path("operators/<int:operator_id>/", register.operator, name="operator"),
    path("operators/<int:operator_id>/describe/", register.describe, name="describe-operator"),
    path("operators/<int:operator_id>/pledges/", register.pledge, name="record-pledge"),
    path("operators/<int:operator_id>/pledges/<int:pledge_id>/end/", register.end_pledge, name="end-pledge"),
    path("operators/<int:operator_id>/contacts/", register.appoint, name="appoint-contact"),
    path("operators/<int:operator_id>/contacts/<int:person_id>/dismiss/", register.dismiss, name="dismiss-contact"),
]
