"""The acts of the operator's practice story. Every printed sentence was observed just before."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from jaga.core.clock import now
from jaga.exchange.package import verify_package
from jaga.ledger.extract import check_extract
from jaga.policy.local_time import local_zone, zone_label
from jaga_practice import reporters, world
from jaga_practice.chat import ChatAccount
from jaga_practice.narrator import Narrator
from jaga_practice.officers import Portal, PracticeOfficer, RequestRefused, outcome_of
from jaga_practice.pictures import stripes
from jaga_practice.reviewers import DISMISSAL, Reviewer, ReviewerInput
from jaga_practice.visitor import SLOWEST

_NOT_CONFIRMED, _CONFIRMED = "belum memastikan", "sudah memastikan"  # as worded in the letters to reporters
_APPEAL_CODE = re.compile(r"\b(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}\b")
_ADVERT = ReviewerInput("close", "kuhp_407", "Akun ini menawarkan jasa lewat pesan di ruang umum Pasar Yogya.")
_GAMBLING = ReviewerInput(
    "close", "kuhp_426_427", "Akun ini mengajak orang berjudi lewat pesan di ruang umum Nongkrong."
)
_FRAUD = ReviewerInput("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_CHILD = ReviewerInput("refer", "mr5_9_4_a", "Anak dalam bahaya. Diteruskan kepada yang dapat menolong.")
_VICTIM = ReviewerInput(
    "restrict",
    "kuhp_455",
    "Ada tanda bahwa orang di balik akun ini dipaksa. Akun ditahan dahulu.",
    days=30,
    victim="confirm",
)


@dataclass(frozen=True)
class ChatNarrator(Narrator):
    """A story on a chat server with members."""

    place: world.World
    members: world.Members

    def writes(self, name: str, room: str, text: str) -> None:
        """Let a member write in a public room."""
        self.deed(f"{name} writes in {room}", lambda: self.members[name].say(self.place.rooms[room], text))

    def closed_for(self, account: ChatAccount) -> None:
        """Check that the chat server refuses the account's old session and a new sign-in. Raises StoryFailed."""
        self.check(
            f"{account.user_id} closed on the chat server",
            lambda: not account.token_works() and not account.can_sign_in(),
        )

    def letters(self, receipt: str, count: int) -> None:
        """Wait until the receipt's page shows this many letters. Raises StoryFailed."""
        self.until(
            f"letter {count} on the page of the receipt",
            lambda: reporters.follow(self.base, receipt).html.count('class="letter"') == count or None,
        )


@dataclass(frozen=True)
class OperatorWorld(ChatNarrator):
    """The operator's world: a chat server with members, and authorities outside."""

    ministry: PracticeOfficer
    police: PracticeOfficer

    def report(self, account: str, category: str, text: str, *, contact: str, picture: bool = False) -> str:
        """File a public report of an account on the chat server; returns the receipt."""
        return self.report_on(world.PLATFORM, account, category, text, contact=contact, picture=picture)


def a_report_becomes_a_closure(story: OperatorWorld) -> None:
    """Public, ministry and police report one account; two people vote; it is closed, and everybody is notified."""
    say, account, phone = story.say, story.members["mawar.malam"], story.members.phone("mawar.malam")
    story.writes("mawar.malam", "pasar-yogya", "Open BO malam ini, nego, kontak lewat japri ya")
    receipt = story.report(
        "@mawar.malam",
        "prostitution_advertising",
        "Menawarkan open BO di ruang Pasar Yogya.",
        contact="pelapor.satu@contoh.example",
        picture=True,
    )
    say("A member of the public reported @mawar.malam by the form, and got a receipt of 16 digits.")
    second = story.report(
        account.user_id,
        "prostitution_advertising",
        "Akun ini kirim iklan BO berkali-kali.",
        contact="pelapor.dua@contoh.example",
    )
    say("A second person reported the same account, with nothing but a contact.")
    case_id = story.case_of(receipt)
    police_report = _two_authorities_ask(story, account, case_id, story.case_of(second))
    story.queued(case_id)
    story.check("why the case is in its queue", lambda: "routing__why" in story.staff["sinta"].case(case_id).html)
    say("Triage sorted it into the queue, and its page says why.")
    story.votes("sinta", case_id, _ADVERT)
    story.check(
        "that one vote closes nothing, and that the other voter cannot read it",
        lambda: (
            account.token_works()
            and not story.finished(receipt)
            and _ADVERT.facts not in story.staff["bayu"].case(case_id).text
        ),
    )
    say("Sinta voted to close. Her vote is sealed; one person closes nothing.")
    story.votes("bayu", case_id, _ADVERT)
    _, after = story.until("the closure verified", lambda: story.finished(receipt))
    say(f"Bayu, who could not see it, voted the same: {after} later the account was closed and verified.")
    story.closed_for(account)
    say("On the chat server itself the old session is refused, and so is a new sign-in.")
    code, _ = story.until("the statement on the holder's phone", lambda: appeal_code(phone.notices))
    story.check(
        "the decision that the code opens", lambda: f"K{case_id:06d}" in reporters.statement(story.base, code).text
    )
    say("The holder's phone shows the letter, which came before the account closed; its code opens reasons and appeal.")
    outcome, _ = story.until("the outcome in the API", lambda: outcome_of(story.police, police_report))
    say(f"The reporter was told on the page of the receipt; the police read it in the API: {outcome}.")
    _the_police_get_a_sealed_export(story, case_id)


def _two_authorities_ask(story: OperatorWorld, account: ChatAccount, *cases: int) -> int:
    """Send an order, an incomplete request and a complete one about the public's case; returns the police report's
    id.
    """
    case_id = cases[0]
    order = story.memory.deed(
        "the ministry orders",
        lambda: story.ministry.request(
            stripes(180),
            platform=world.PLATFORM,
            account=account.user_id,
            category="prostitution_advertising",
            letter_number="LATIHAN/1/2026",
            letter_date=now().date().isoformat(),
            legal_basis="kuhp_407",
            legal_analysis="Pesan di ruang umum menawarkan jasa dan dapat dibaca siapa saja.",
            locator=account.user_id,
        ),
    )
    due = datetime.fromisoformat(order["due_at"]).astimezone(local_zone())
    story.say(
        f"{world.MINISTRY} sent an order by the API: {order['case_reference']}, due {due:%Y-%m-%d %H:%M} "
        f"{zone_label(due, local_zone())}."
    )
    asked = {
        "platform": world.PLATFORM,
        "account": account.user_id,
        "category": "prostitution_advertising",
        "letter_number": "B/LATIHAN/7/2026",
        "letter_date": now().date().isoformat(),
        "legal_basis": "kuhp_407",
        "locator": account.user_id,
        "wants_export": True,
    }
    story.check(
        "a refusal of the police request for its lack of a legal analysis alone",
        lambda: _refused_fields(story.police, asked) == ["legal_analysis"],
    )
    story.say(f"{world.POLICE} asked without a legal analysis: refused, field by field (legal_analysis).")
    police = story.memory.deed(
        "the police ask",
        lambda: story.police.request(stripes(160), **asked, legal_analysis="Unsur penawaran di muka umum terpenuhi."),
    )
    if {order["case_reference"], police["case_reference"]} != {f"K{number:06d}" for number in cases}:
        raise story.missing("one case for all of them")
    story.say(
        f"The complete police request joined the same case, K{case_id:06d}: two reports, an order and a "
        "request are one case."
    )
    return int(police["report_id"])


def two_disagree_and_a_supervisor_settles_it(story: OperatorWorld) -> None:
    """A watch sees a gambling advert in a public room; two people disagree; a supervisor settles it."""
    account = story.members["slot.bejo"]
    story.writes("slot.bejo", "nongkrong", "Main slot gacor malam ini, daftar sekarang, bonus new member 100%")
    case_id, after = story.until(
        "an observation of the watch in the queue", lambda: story.staff["sinta"].sees(account.user_id)
    )
    story.say(f"The watch saw an advert in a public room: a case {after} after it was posted.")
    story.votes("sinta", case_id, _GAMBLING)
    story.votes("tirta", case_id, DISMISSAL)
    story.check("that two who differ close nothing", account.token_works)
    story.votes(world.SUPERVISOR, case_id, _GAMBLING)
    story.until("the closure verified", lambda: story.staff["sinta"].sees_finished(case_id) or None)
    story.closed_for(account)
    story.say("Two people differed; supervisor Wulan agreed with one of them, and the account is closed.")


def a_victim_comes_first(story: OperatorWorld) -> None:
    """Somebody may be forced: only preserve, restrict or refer; two people; the account is restricted, not closed."""
    account, room = story.members["lowongan.luar"], story.place.rooms["nongkrong"]
    receipt = story.report(
        "lowongan.luar", "trafficking", "Teman saya dipaksa. Paspor ditahan, tidak boleh keluar mess.", contact=""
    )
    case_id = story.judged(receipt, _VICTIM, "bayu", "tirta")
    story.until("the account held", lambda: story.finished(receipt))
    story.check(
        "a held account that can still read, and not write",
        lambda: account.can_sign_in() and account.may_read(room) and not account.may_write(room),
    )
    story.say(
        f"Victim first (K{case_id:06d}): somebody may be forced. Two people had the account held; it can still "
        "read, and nothing was closed."
    )


def a_child_in_danger_is_referred(story: OperatorWorld) -> None:
    """Violence against a child: urgent, decided by two, passed on only after the police have confirmed it."""
    receipt = story.report_on(
        world.CLOSED_PLATFORM, "tetangga-77", "violence_against_children", "Tolong diperiksa segera.", contact=""
    )
    case_id = story.judged(receipt, _CHILD, "sinta", "bayu")
    story.letters(receipt, 1)
    story.check(
        "a letter that says nobody has confirmed it yet",
        lambda: _NOT_CONFIRMED in reporters.follow(story.base, receipt).text,
    )
    story.say(
        f"Violence against children, K{case_id:06d}: two people decided to refer it. The reporter reads that "
        "nobody has confirmed it yet."
    )
    number = story.memory.deed(
        "sinta chooses a receiver",
        lambda: story.staff["sinta"].refer(case_id, "police_officers", "child", "Mohon dicek keadaannya secepatnya."),
    )
    officer = Portal.sign_in(
        story.base, world.POLICE_OFFICER, story.place.passwords[world.POLICE_OFFICER], story.stage.home / "practice"
    )
    _, after = story.until("the referral on the officer's page", lambda: (officer.waiting() == number) or None)
    story.check("a message without the number of the case", lambda: f"K{case_id:06d}" not in officer.open(number).text)
    story.check("one letter so far", lambda: reporters.follow(story.base, receipt).html.count('class="letter"') == 1)
    story.deed("the officer confirms", lambda: officer.confirm(number, "LATIHAN/R/1"))
    story.letters(receipt, 2)
    story.check(
        "a letter that says somebody has confirmed it", lambda: _CONFIRMED in reporters.follow(story.base, receipt).text
    )
    story.say(
        f"Sinta chose the receiver: {after} later {number} lay on the officer's page. The officer "
        "confirmed it, and only then did the reporter read that it was passed on."
    )


def the_wrong_account_comes_back(story: OperatorWorld) -> None:
    """A lawful account is closed by mistake; its holder appeals with the code; another person overturns the
    decision.
    """
    account, phone = story.members["hadiah.cepat"], story.members.phone("hadiah.cepat")
    receipt = story.report(
        "hadiah.cepat", "fraud", "Katanya bagi hadiah, saya curiga.", contact="pelapor.tiga@contoh.example"
    )
    story.judged(receipt, _FRAUD, "sinta", "tirta")
    story.until("the account closed", lambda: story.finished(receipt))
    story.closed_for(account)
    code, _ = story.until("the statement on the holder's phone", lambda: appeal_code(phone.notices))
    words = "Ini toko sungguhan dan hadiahnya sudah dibagikan. Tolong periksa lagi."
    story.deed("the holder appeals", lambda: reporters.appeal(story.base, code, words))
    story.check("the appeal on the page of the code", lambda: words in reporters.statement(story.base, code).text)
    story.say("The holder of @hadiah.cepat appealed with the code that was delivered on the chat before it closed.")
    story.deed(
        "bayu decides the appeal",
        lambda: story.staff["bayu"].decide_appeal(
            overturn=True, reasons="Hadiah itu sungguh dibagikan. Tidak ada yang ditipu."
        ),
    )
    password, after = story.until("the account restored", lambda: reporters.new_password(story.base, code))
    story.check("a sign-in to the restored account", lambda: account.can_sign_in(password))
    story.letters(receipt, 2)
    story.say(
        f"Bayu, who had no vote in it, overturned the decision: the account works again after {after}, "
        "and the reporter was told."
    )


def _the_police_get_a_sealed_export(story: OperatorWorld, case_id: int) -> None:
    """A supervisor seals an export for the police request; it verifies, without content, since no court ordered it."""
    story.deed("wulan seals an export", story.staff[world.SUPERVISOR].export)
    folders = sorted((story.stage.home / "exports").glob(f"K{case_id:06d}-*"))
    if not folders:
        raise story.missing("a sealed export in exports/")
    problems = verify_package(folders[-1], trusted_pem=None, check_ledger=check_extract)
    if problems:
        raise story.missing(f"a whole export ({problems[0].english()})")
    story.say(
        f"Supervisor Wulan showed a code of an app, and sealed an export for the police; it verifies: {folders[-1]}"
    )


def what_everybody_can_see(story: OperatorWorld) -> None:
    """Show where the public figures are, and check the installation's health."""
    httpx.get(f"{story.base}/figures/", timeout=SLOWEST).raise_for_status()
    story.say(
        f"Everybody can see the figures of closed days and months, rounded: {story.base}/figures/ "
        "(the first ones tomorrow at six in the morning)."
    )
    story.healthy()


def some_cases_stay_open(story: OperatorWorld) -> None:
    """Leave open reports for the newcomer, one of them lawful."""
    for number, (account, category, text) in enumerate(
        (
            ("kenanga88", "prostitution_advertising", "O P E N  B O, ready malam ini"),
            ("pijat.urut", "prostitution_advertising", "Pijat urut tradisional, panggilan. Menurut saya mencurigakan."),
            ("toko.sepeda", "fraud", "Jual sepeda bekas, nego, COD. Sepedanya belum dikirim."),
            ("rani", "extortion", "Orang ini mengancam akan menyebarkan foto kalau tidak dibayar."),
            ("kenanga88", "prostitution_advertising", "Iklan yang sama lagi di ruang Nongkrong."),
        ),
        1,
    ):
        story.report(story.members[account].user_id, category, text, contact=f"pelapor.terbuka.{number}@contoh.example")
    story.writes("kenanga88", "nongkrong", "Ready BO, include room, langsung japri")
    case_id, _ = story.until(
        "a case for the newcomer",
        partial(first_seen, story.staff["sinta"], ("kenanga88", "pijat.urut", "toko.sepeda", "rani")),
    )
    story.say(f"For you: cases wait in the queue for sinta, as K{case_id:06d}{_and_a_notice(story)}.")


def first_seen(reviewer: Reviewer, accounts: tuple[str, ...]) -> int | None:
    """The id of the first case in a person's queue about one of these accounts."""
    return next((found for found in map(reviewer.sees, accounts) if found), None)


def _and_a_notice(story: OperatorWorld) -> str:
    """The notice that the story leaves to the newcomer, as text; empty if there is none."""
    notice = story.memory.seen(
        "a notice for the newcomer", lambda: story.contacts[world.NEW_CONTACT].waiting(world.LEFT_TO_THE_NEWCOMER)
    )
    return f", and notice P{notice:06d} for {world.NEW_CONTACT}" if notice else ""


def appeal_code(notices: list[str]) -> str | None:
    """The code in these notices that opens the statement and the appeal; None without one."""
    found = _APPEAL_CODE.search("\n".join(notices))
    return found.group() if found else None


def _refused_fields(officer: PracticeOfficer, fields: dict[str, Any]) -> list[str]:
    """The fields that the API refuses in a request; none if it accepts it."""
    try:
        officer.request(stripes(160), **fields)
    except RequestRefused as refused:
        return refused.fields
    return []
