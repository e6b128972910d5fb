"""The notices account of an XMPP server: writes to holders, each text once per key.

XMPP has no idempotency keys. The account's *own* archive (XEP-0313) makes retries safe: the server archives a message
before delivering it, so the archive shows whether an earlier attempt succeeded. Nobody else's archive or mailbox is
read.

Reports by XEP-0377 on Prosody, stored by Jaga's module there (`prosody_modules/mod_jaga_reports.lua`).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import Any

from jaga.core.errors import N_
from jaga.core.foreign import ForeignValueInvalid
from jaga.core.platforms import (
    AccountObservation,
    Capability,
    InAppFeed,
    InAppReport,
    PlatformFault,
    PlatformUnreachable,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, SetAsideKind
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check, Sorted, moment, number, without_reporter
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.kit.steps import NOT_SEEN, RUNS_THE_SERVER, cannot_start, impossible
from jaga.platforms.xmpp.streams import CLIENT, XmppStream, local_part, session

PAGE = 100
PAGES = 20
_ARCHIVE = "urn:xmpp:mam:2"
_RSM = "http://jabber.org/protocol/rsm"
_DISCO = "http://jabber.org/protocol/disco#info"
_FILED = f"{{{_ARCHIVE}}}result/{{urn:xmpp:forward:0}}forwarded/{CLIENT}message"
_RETURNED = "-returned"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

DELIVERED = N_(
    "It was sent. Who is signed in has it now; for others it waits until they sign in, and a closed account cannot."
)
DELIVERED_BEFORE = N_("It was delivered before. It was not sent again.")
CLOSED_CANNOT_READ = N_("A closed account cannot read anything. Nothing was sent.")
NO_ARCHIVE = N_("The server keeps no archive, so a second sending could not be ruled out. Nothing was sent.")
RETURNED = N_("The server sent it back: the mailbox is full, or the holder blocks the sender.")
FLOODED = N_(
    "The holder has written so much to the notices account that earlier texts cannot be found. Nothing was sent."
)
NO_NOTICES = N_("The statement waits behind the code for the appeal.")

CAN_DELIVER = Capability(True, reversible=False, note=N_("A holder who is not signed in reads it at the next sign-in."))
CANNOT_DELIVER = Capability(False, note=NO_NOTICES)


class NoticesAccount:
    """One account of the operator, without special rights, known to holders as the sender of statements."""

    def __init__(self, *, url: str, server_name: str, name: str, password: str) -> None:
        self._url = url
        self._server_name = server_name
        self._name = name
        self._password = password
        self.account_id = f"{name}@{server_name}"

    def deliver(self, observation: AccountObservation, account_id: str, text: str, key: str) -> StepResult:
        """Send `text` to the observed account unless the archive shows it under `key`, then check again.

        IMPOSSIBLE if it could not be read or bounced. Raises PlatformUnreachable.
        """
        if obstacle := cannot_start(observation):
            return obstacle
        address = f"{local_part(account_id, self._server_name)}@{self._server_name}"
        if address == self.account_id:
            return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, observation.readings)
        if observation.state is AccountState.CLOSED:
            return impossible(CLOSED_CANNOT_READ)
        # The key may name a case, which the message need not show.
        mark = hashlib.sha256(f"{key}\0{address}".encode()).hexdigest()[:32]
        with self._session() as stream:
            if not _keeps_archive(stream):
                return impossible(NO_ARCHIVE)
            return self._send_once(stream, address, text, mark)

    def check(self, *modules: tuple[str, str]) -> tuple[Check, ...]:
        """Sign in and query the archive, offline storage, and `modules` as (name, query).

        Read-only. Raises PlatformUnreachable.
        """
        try:
            with self._session() as stream:
                offered = stream.ask("get", f"<query xmlns='{_DISCO}'/>", self._server_name)
                mailbox = any(each.get("var") == "msgoffline" for each in offered.iter(f"{{{_DISCO}}}feature"))
                asked = (("mod_mam", f"<prefs xmlns='{_ARCHIVE}'/>"), *modules)
                loaded = {"mod_offline": mailbox} | {
                    name: stream.ask("get", question).get("type") == "result" for name, question in asked
                }
        except CredentialsRefused:
            return (
                Check(
                    "notices",
                    False,
                    f"The server does not let {self.account_id} sign in: the password is "
                    "wrong, or there is no such account.",
                ),
            )
        return (
            Check("notices", True, f"Statements are sent by {self.account_id}."),
            *(
                Check(name, found, f"The server has {name}." if found else f"Load {name} on the server.")
                for name, found in loaded.items()
            ),
        )

    def _session(self) -> AbstractContextManager[XmppStream]:
        return session(self._url, self._server_name, self._name, self._password)

    def _send_once(self, stream: XmppStream, account_id: str, text: str, mark: str) -> StepResult:
        sent = self._filed(stream, account_id, mark)
        if sent is None:
            return impossible(FLOODED)
        if sent:
            if self._filed(stream, self.account_id, mark + _RETURNED):
                return impossible(RETURNED)
            return StepResult(OutcomeKind.ALREADY, DELIVERED_BEFORE, (RouteObservation("archive", "shows it"),))
        stream.send(_message(account_id, mark, text))
        # Anything the server bounces arrives before the second of two answers.
        for _ in range(2):
            stream.ask("get", "<ping xmlns='urn:xmpp:ping'/>", self._server_name)
        if any(stanza.get("id") == mark and stanza.get("type") == "error" for stanza in stream.aside):
            stream.send(_message(self.account_id, mark + _RETURNED, "returned"))  # So that a retry knows of it, too.
            self._filed(stream, self.account_id, mark + _RETURNED)
            return impossible(RETURNED)
        if self._filed(stream, account_id, mark):
            return StepResult(OutcomeKind.DONE, DELIVERED, (RouteObservation("archive", "shows it"),))
        return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, (RouteObservation("archive", "does not show it"),))

    def _filed(self, stream: XmppStream, account_id: str, mark: str) -> bool | None:
        """Whether the archive shows a message to the account under `mark`, newest first; None if there are too many."""
        before = ""
        for _ in range(PAGES):
            del stream.aside[:]
            answer = stream.ask("set", _query(account_id, before))
            end = answer.find(f"{{{_ARCHIVE}}}fin")
            if end is None:
                raise PlatformUnreachable(why="xmpp: the archive does not answer")
            messages = [each for stanza in stream.aside for each in stanza.iterfind(_FILED)]
            if any(each.get("id") == mark and self._is_ours(each.get("from", "")) for each in messages):
                return True
            before = end.findtext(f"{{{_RSM}}}set/{{{_RSM}}}first") or ""
            if end.get("complete") == "true" or not before:
                return False
        return None

    def _is_ours(self, sender: str) -> bool:
        return sender.partition("/")[0] == self.account_id


def _keeps_archive(stream: XmppStream) -> bool:
    """Whether the server archives sent messages, after requesting it. Concerns only the own account."""
    answer = stream.ask("get", f"<prefs xmlns='{_ARCHIVE}'/>")
    found = answer.find(f"{{{_ARCHIVE}}}prefs")
    if found is not None and found.get("default") != "always":
        answer = stream.ask("set", f"<prefs xmlns='{_ARCHIVE}' default='always'><always/><never/></prefs>")
    return found is not None and answer.get("type") == "result"


def _message(account_id: str, mark: str, text: str) -> str:
    body = escape(_NO_XML.sub("\ufffd", text))
    return (
        f"<message type='chat' id='{mark}' to='{escape(account_id)}'><body>{body}</body>"
        f"<store xmlns='urn:xmpp:hints'/></message>"
    )


def _query(account_id: str, before: str) -> str:
    return (
        f"<query xmlns='{_ARCHIVE}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{_ARCHIVE}</value></field>"
        f"<field var='with'><value>{escape(account_id)}</value></field></x>"
        f"<set xmlns='{_RSM}'><max>{PAGE}</max><before>{escape(before)}</before></set></query>"
    )


def notices_account(configuration: PlatformConfiguration, url: str, account_id: str, password: str) -> NoticesAccount:
    """The account `account_id` with the credential called `password`. Raises BlockIncomplete."""
    name, _, server = account_id.partition("@")
    if not name or server != configuration.server_name:
        why = f"it must be an account of {configuration.server_name}, e.g. notices@{configuration.server_name}"
        raise BlockIncomplete(platform=configuration.name, field="options.notices_account", why=why)
    return NoticesAccount(url=url, server_name=server, name=name, password=credential(configuration, password))


MODULES = Path(__file__).parents[1] / "prosody_modules"
"""For `plugin_paths` in Prosody's configuration."""
_BEGINS = "report "


def feed(lines: Iterable[str], cursor: str | None) -> InAppFeed:
    """The feed from the module's output lines.

    An unreadable line is set aside.

    The cursor advances past every number read, even if the rest of its line is invalid: the module prints a limited
    number at a time, and one person's bad lines must not block everyone's.
    """
    found = Sorted[InAppReport](SetAsideKind.REPORT)
    numbers = [after(cursor)]
    for line in lines:
        if line.startswith(_BEGINS):
            report = _parsed(line.removeprefix(_BEGINS))
            if found.take(without_reporter(report, "reporter"), _numbered, report, numbers):
                found.take(without_reporter(report, "reporter"), _report, report)
    return InAppFeed(tuple(found.kept), str(max(numbers)), tuple(found.aside))


def after(cursor: str | None) -> int:
    """The number up to which reports were read. Raises PlatformFault for a damaged cursor."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
        raise PlatformFault(why="the cursor of its reports is damaged")
    return int(cursor)


def _parsed(line: str) -> Any:
    """The JSON in a line, or the line itself."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _numbered(report: Any, numbers: list[int]) -> None:
    """Record the report's number. Raises what `Sorted.take` handles."""
    if not isinstance(report, dict):
        raise ForeignValueInvalid("line", "no JSON object")
    numbers.append(number(report["number"], "number"))


def _report(report: Any) -> InAppReport | None:
    """The report, or None if it names nobody. Raises what `Sorted.take` handles."""
    if report["account"] == "":
        return None
    sent = moment(report["at"])
    return InAppReport(
        f"xmpp:{report['number']}:{int(sent.timestamp())}",
        report["account"],
        report["reporter"],
        sent,
        reason=report["reason"],
        words=report["words"],
    )
