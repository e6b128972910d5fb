"""The addresses of this package's pages, below `console/`."""

from django.urls import path

from jaga.desk.cases import page, routing
from jaga.desk.cases import page as earlier
from jaga.desk.cases import page as lease
from jaga.desk.cases import routing as labels
from jaga.desk.cases import routing as linked_accounts
from jaga.desk.cases import routing as policy_questions

urlpatterns = [
    path("cases/<reference:case_id>/assign/", routing.assign, name="assign"),
    path("cases/<reference:case_id>/unassign/", routing.unassign, name="unassign"),
    path("cases/<reference:case_id>/snooze/", routing.snooze, name="snooze"),
    path("cases/<reference:case_id>/lift/", routing.lift, name="unsnooze"),
    path("cases/<reference:case_id>/escalate/", routing.escalate, name="escalate"),
    path("cases/<reference:case_id>/return/", routing.return_, name="return-case"),
    path("cases/<reference:case_id>/skip/", routing.skip, name="skip"),
    path("cases/<reference:case_id>/unskip/", routing.unskip, name="unskip"),
    path("cases/<reference:case_id>/reroute/", routing.reroute, name="reroute"),
    path("cases/<reference:case_id>/notes/", routing.note, name="add-note"),
    path("cases/<reference:case_id>/", page.case, name="case"),
    path("cases/<reference:case_id>/earlier/", earlier.earlier, name="earlier"),
    path("cases/<reference:case_id>/ask-policy/", policy_questions.ask, name="ask-policy"),
    path("cases/<reference:case_id>/take/", page.take, name="take"),
    path("cases/<reference:case_id>/lease/", lease.lease, name="lease"),
    path("cases/<reference:case_id>/draft/", lease.draft, name="draft"),
    path("cases/<reference:case_id>/take-over/", lease.take_over, name="take-over"),
    path("cases/<reference:case_id>/hand-back/", page.hand_back, name="hand-back"),
    path("cases/<reference:case_id>/accounts/", linked_accounts.link, name="link-account"),
    path("cases/<reference:case_id>/accounts/<int:link_id>/remove/", linked_accounts.unlink, name="unlink-account"),
    path("cases/<reference:case_id>/labels/", labels.change, name="labels"),
]
