"""Public URLs."""

from django.urls import path

from jaga.adoption import public as policy
from jaga.app.public import home
from jaga.appeals import public as appeals
from jaga.figures.public import charts as about
from jaga.figures.public import figures
from jaga.figures.public import figures as operators
from jaga.figures.public import figures as year
from jaga.people import public as trusted_flaggers
from jaga.privacy import public as privacy
from jaga.privacy import public as privacy_notice
from jaga.proofs import public as published_log
from jaga.referrals import public as referrals
from jaga.reporting.public import follow, report
from jaga.reporting.public import form as proofs
from jaga.watch import public as watches
from jaga.web import strangers as language

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("report/", report.report, name="report"),
    path("report/received/", report.received, name="received"),
    path("report/received/receipt.txt", report.received_proof, name="received-proof"),
    path("report/received/number.txt", report.received_number, name="received-number"),
    path("follow/", follow.follow, name="follow"),
    path("follow/report/", follow.followed, name="followed"),
    path("follow/report/receipt.txt", follow.proof, name="proof"),
    path("follow/report/receipt.tlog-proof", follow.published_proof, name="published-proof"),
    path("follow/proof.tlog-proof", proofs.proof_of_receipt, name="proof-of-receipt"),
    path("follow/end/", follow.leave, name="leave"),
    path("key/", proofs.key, name="key"),
    path("key/jaga-key.pem", proofs.key_file, name="key-file"),
    path("key/jaga-head.tsr", proofs.stamp, name="head-stamp"),
    path("key/jaga-head.txt", proofs.stamped_head, name="stamped-head"),
    path("key/jaga-policy.txt", proofs.policy_of_logs, name="log-policy"),
    path("ledger/<int:number>/<path:name>", published_log.published, name="published-log"),
    path("ledger/<path:name>", published_log.published, name="newest-log"),
    path("appeal/", appeals.appeal, name="appeal"),
    path("referral/<str:secret>/", referrals.referral, name="referral"),
    path("figures/", figures.figures, name="figures"),
    path("figures/year/", year.year, name="figures-year"),
    path("figures.csv", figures.figures_csv, name="figures-csv"),
    path("operators/", operators.operators, name="operators"),
    path("operators.csv", operators.operators_csv, name="operators-csv"),
    path("operators/<slug:slug>/", operators.operator, name="operator"),
    path("operators/<slug:slug>.csv", operators.operator_csv, name="operator-csv"),
    path("flaggers/", trusted_flaggers.flaggers, name="flaggers"),
    path("flaggers.csv", trusted_flaggers.flaggers_csv, name="flaggers-csv"),
    path("watches/", watches.watches, name="watches"),
    path("about/", about.about, name="about"),
    path("privacy/", privacy_notice.privacy, name="privacy"),
    path("privacy/ask/", privacy.ask, name="ask-data"),
    path("privacy/request/", privacy.data_request, name="data-request"),
    path("accessibility/", about.accessibility, name="accessibility"),
    path("policy/", policy.policy, name="policy"),
    path("language/", language.switch, name="language"),
]
