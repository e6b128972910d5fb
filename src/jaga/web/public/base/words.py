"""Public wording of glossary terms."""

from django.utils.translation import gettext

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.policy.jurisdiction import jurisdiction
from jaga.web.errors import language

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


def channel_name(channel: Channel) -> str:
    """Who reports by this channel; the jurisdiction may call an authority otherwise. In the reader's language."""
    named = jurisdiction().authorities.get(channel.value)
    return named.one.say(language()) if named else gettext(CHANNELS[channel])


def authorities_name(kind: OrganisationKind) -> str:
    """All authorities of this kind, in the reader's language. Raises KeyError for another kind."""
    named = jurisdiction().authorities.get(kind.value)
    return named.many.say(language()) if named else gettext(AUTHORITIES[kind])
