"""Public wording of glossary terms."""

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel

DECISIONS = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Keep evidence"),
    DecisionKind.RESTRICT: N_("Restrict the account"),
    DecisionKind.REDACT: N_("Remove messages in public rooms"),
    DecisionKind.CLOSE: N_("Close the account"),
    DecisionKind.REFER: N_("Refer to those who can help"),
    DecisionKind.RESTORE: N_("Restore the account"),
}
CHANNELS = {
    Channel.PUBLIC: N_("The public"),
    Channel.MINISTRY: N_("A ministry"),
    Channel.POLICE: N_("The police"),
    Channel.AGENCY: N_("Another agency"),
    Channel.WATCH: N_("Our own watch of public rooms"),
    Channel.FLAGGER: N_("A trusted flagger"),
    Channel.APP: N_("The report button in a chat app"),
}
AUTHORITIES = {
    OrganisationKind.MINISTRY: N_("Ministries"),
    OrganisationKind.POLICE: N_("Police"),
    OrganisationKind.AGENCY: N_("Other agencies"),
}
OUTCOMES = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Evidence kept"),
    DecisionKind.RESTRICT: N_("Account restricted"),
    DecisionKind.REDACT: N_("Messages removed"),
    DecisionKind.CLOSE: N_("Account closed"),
    DecisionKind.REFER: N_("Decided to be passed on to those who can help"),
    DecisionKind.RESTORE: N_("Restored after an appeal"),
}
