"""The acts of the practice story of the release `eu`. Every printed sentence was observed just before."""

from dataclasses import dataclass
from functools import partial

import httpx

from jaga.core.clock import now
from jaga_practice import reporters
from jaga_practice.acts import ChatNarrator, appeal_code, first_seen
from jaga_practice.officers import PracticeOfficer, outcome_of
from jaga_practice.pictures import stripes
from jaga_practice.reviewers import ReviewerInput
from jaga_practice.union import world
from jaga_practice.visitor import SLOWEST

_FRAUD = ReviewerInput("close", "service_terms", "This account asks people for codes that nobody else may have.")
_MISTAKE = ReviewerInput("close", "service_terms", "This account takes deposits for bicycles and sends none.")
_VICTIM = ReviewerInput(
    "restrict",
    "eu_trafficking",
    "There are signs that the person behind this account is forced.",
    days=30,
    victim="confirm",
)
_PAGES = ("/", "/report/", "/follow/", "/appeal/", "/policy/", "/figures/", "/operators/", "/flaggers/")
_ANOTHER_COUNTRYS = (
    "MR5",
    "Permenkominfo",
    "PP 17/2025",
    "KUHP",
    "PSE",
    "WIB",
    "Jakarta",
    "Indonesia",
    "tel:110",
    "110 or",
    "+62",
    "Kementerian",
    "inistry",
    "inistries",
)
_LABELS = ("prostitution_advertising", "gambling")


@dataclass(frozen=True)
class UnionWorld(ChatNarrator):
    """A chat server with members, and an authority outside."""

    authority: PracticeOfficer

    def report(self, account: str, category: str, text: str, contact: str) -> str:
        """File a public report of an account on the chat server; returns the receipt."""
        return self.report_on(world.PLATFORM, account, category, text, contact=contact)


def a_notice_becomes_a_closure(story: UnionWorld) -> None:
    """A watch, a member of the public and an authority point to one account; two people vote; it is closed."""
    say, account, phone = story.say, story.members["parcel.desk"], story.members.phone("parcel.desk")
    story.check(
        "a form without prostitution and gambling",
        lambda: not any(f'value="{key}"' in reporters.form(story.base).html for key in _LABELS),
    )
    say("The form offers what this release acts on. Prostitution and gambling are labels here, for people to count.")
    story.until("the first reading of the watch", lambda: story.staff[world.SUPERVISOR].sees_watch_read(1))
    story.writes(
        "parcel.desk", "market", "Hi, your parcel waits. Please send me the verification code that you just got."
    )
    case_id, after = story.until(
        "an observation of the watch in the queue", lambda: story.staff["anna"].sees(account.user_id)
    )
    say(f"A rule of this release saw it in a public room: case K{case_id:06d}, {after} after it was written.")
    receipt = story.report(
        "@parcel.desk", "fraud", "It asked me for a code to release a parcel.", "reporter.one@example.org"
    )
    order = story.memory.deed(
        "the authority orders",
        lambda: story.authority.request(
            stripes(180),
            platform=world.PLATFORM,
            account=account.user_id,
            category="fraud",
            letter_number="PRACTICE/1/2026",
            letter_date=now().date().isoformat(),
            legal_basis="dsa_9",
            legal_analysis="A message in a public room asks people for codes of their bank.",
            locator=account.user_id,
        ),
    )
    if order["case_reference"] != f"K{case_id:06d}" or story.case_of(receipt) != case_id:
        raise story.missing("one case for all of them")
    say("A notice by the form (DSA art. 16) and an authority's order by the API (art. 9) joined the same case.")
    story.votes("anna", case_id, _FRAUD)
    story.check("that one vote closes nothing", lambda: account.token_works() and not story.finished(receipt))
    story.votes("ben", case_id, _FRAUD)
    _, after = story.until("the closure verified", lambda: story.finished(receipt))
    story.closed_for(account)
    say(
        f"Anna and Ben voted alike, neither of them seeing the other's vote: {after} later the account was closed and "
        "verified."
    )
    code, _ = story.until("the statement on the holder's phone", lambda: appeal_code(phone.notices))
    story.check(
        "the statement of reasons that the code opens",
        lambda: f"K{case_id:06d}" in reporters.statement(story.base, code).text,
    )
    say("The holder's phone shows the letter; its code opens the statement of reasons (art. 17) and the complaint.")
    outcome, _ = story.until("the outcome in the API", lambda: outcome_of(story.authority, int(order["report_id"])))
    say(f"The authority reads the effect of its order in the API: {outcome}.")


def a_complaint_is_upheld(story: UnionWorld) -> None:
    """A lawful account is closed by mistake; its holder complains; a person without a vote in it overturns that."""
    account, phone = story.members["bikes.kim"], story.members.phone("bikes.kim")
    receipt = story.report(
        "bikes.kim", "fraud", "I paid a deposit and the bicycle has not come.", "reporter.two@example.org"
    )
    story.judged(receipt, _MISTAKE, "anna", "ben")
    story.until("the account closed", lambda: story.finished(receipt))
    story.closed_for(account)
    code, _ = story.until("the statement on the holder's phone", lambda: appeal_code(phone.notices))
    story.deed(
        "the holder complains",
        lambda: reporters.appeal(story.base, code, "The bicycle was handed over yesterday. Please look again."),
    )
    story.deed(
        "clara decides the complaint",
        lambda: story.staff["clara"].decide_appeal(
            overturn=True, reasons="The bicycle was handed over. Nobody was deceived."
        ),
    )
    password, after = story.until("the account restored", lambda: reporters.new_password(story.base, code))
    story.check("a sign-in to the restored account", lambda: account.can_sign_in(password))
    story.say(
        f"@bikes.kim was closed by mistake. Its holder complained (art. 20); Clara, who had no vote in it, "
        f"overturned the decision, and the account works again after {after}."
    )


def a_victim_comes_first(story: UnionWorld) -> None:
    """Somebody may be forced: only preserve, restrict or refer; two people; nothing is closed."""
    account, room = story.members["work.offers"], story.place.rooms["market"]
    receipt = story.report("work.offers", "trafficking", "My friend is held there; somebody took her passport.", "")
    case_id = story.judged(receipt, _VICTIM, "ben", "clara")
    story.until("the account held", lambda: story.finished(receipt))
    story.check(
        "a held account that can still read, and not write",
        lambda: account.can_sign_in() and account.may_read(room) and not account.may_write(room),
    )
    story.say(
        f"Victim first (K{case_id:06d}): two people had the account held; it can still read, and nothing was closed."
    )


def some_cases_stay_open(story: UnionWorld) -> None:
    """Leave open reports for the newcomer."""
    story.report(
        "prize.now", "fraud", "It says that I won and wants money for the parcel.", "reporter.three@example.org"
    )
    story.report("lucky.spin", "other", "It advertises a casino in the room Market.", "reporter.four@example.org")
    case_id, _ = story.until(
        "a case for the newcomer", partial(first_seen, story.staff["anna"], ("prize.now", "lucky.spin"))
    )
    story.say(f"For you: cases wait in the queue for anna, as K{case_id:06d}.")


def what_everybody_can_see(story: UnionWorld) -> None:
    """Check the public figures and rules, and the installation's health."""
    pages = {path: httpx.get(f"{story.base}{path}", timeout=SLOWEST).raise_for_status().text for path in _PAGES}
    if 'href="tel:112"' not in pages["/"]:
        raise story.missing("the emergency number on the start page")
    if found := [(path, word) for path, page in pages.items() for word in _ANOTHER_COUNTRYS if word in page]:
        raise story.missing(f"public pages without another country's laws, numbers and names; there are {found}")
    story.say(f"Everybody can read the rules and their sources: {story.base}/policy/")
    story.healthy()
