"""The acts of the practice story, one function each. Every sentence that is printed was observed just before."""

import re
import time
from dataclasses import dataclass

import httpx

from jaga.app.practice import reporters, world
from jaga.app.practice.chat import ChatAccount
from jaga.app.practice.officers import Officer, RequestRefused
from jaga.app.practice.pictures import stripes
from jaga.app.practice.reviewers import DISMISSAL, Judgement
from jaga.app.practice.telling import Narrator, StoryFailed
from jaga.core.clock import now
from jaga.exchange.package import verify_package
from jaga.ledger.extract import check_extract

_APPEAL_CODE = re.compile(r"\b(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}\b")
_ADVERT = Judgement("close", "kuhp_407", "Akun ini menawarkan jasa lewat pesan di ruang umum Pasar Yogya.")
_GAMBLING = Judgement("close", "kuhp_426_427", "Akun ini mengajak orang berjudi lewat pesan di ruang umum Nongkrong.")
_FRAUD = Judgement("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_VICTIM = Judgement("restrict", "uu_21_2007", "Ada tanda bahwa orang di balik akun ini dipaksa. Akun ditahan dahulu.")


@dataclass(frozen=True)
class Telling(Narrator):
    """The operator's world: a chat server with members, and authorities outside."""

    place: world.World
    members: dict[str, ChatAccount]
    ministry: Officer
    police: Officer

    def report(self, account: str, category: str, text: str, *, contact: str, picture: bool = False) -> str:
        """A public report of an account on the chat server; returns the receipt."""
        return self.report_on(world.PLATFORM, account, category, text, contact=contact, picture=picture)


@dataclass(frozen=True)
class Closure:
    """The case that was closed, and how its reporter and the police follow it."""

    case_id: int
    receipt: str
    police_report: int


def a_report_becomes_a_closure(telling: Telling) -> Closure:
    """Public, ministry and police complain of one account; two people vote; it is closed, and everybody sees."""
    say, account = telling.say, telling.members["mawar.malam"]
    phone = account.phone()
    account.say(telling.place.rooms["pasar-yogya"], "Open BO malam ini, nego, kontak lewat japri ya")
    receipt = telling.report("@mawar.malam", "prostitution_advertising", "Menawarkan open BO di ruang Pasar Yogya.",
                             contact="pelapor.satu@contoh.example", picture=True)
    say("A member of the public reported @mawar.malam by the form, and holds a receipt of 16 digits.")
    telling.report(account.user_id, "prostitution_advertising", "Akun ini kirim iklan BO berkali-kali.",
                   contact="pelapor.dua@contoh.example")
    say("A second person reported the same account, with nothing but a contact.")
    case_id = telling.case_of(receipt)
    order = telling.ministry.request(
        stripes(180), platform=world.PLATFORM, account=account.user_id, category="prostitution_advertising",
        letter_number="LATIHAN/1/2026", letter_date=now().date().isoformat(), legal_basis="kuhp_407",
        legal_analysis="Pesan di ruang umum menawarkan jasa dan dapat dibaca siapa saja.", locator=account.user_id)
    say(f"{world.MINISTRY} sent an order by the API: {order['case_reference']}, due {order['due_at']}.")
    asked = {"platform": world.PLATFORM, "account": account.user_id, "category": "prostitution_advertising",
             "letter_number": "B/LATIHAN/7/2026", "letter_date": now().date().isoformat(), "legal_basis": "kuhp_407",
             "locator": account.user_id, "wants_export": True}
    try:
        telling.police.request(stripes(160), **asked)
        raise StoryFailed(what="a refusal of the police request without legal analysis", logs=telling.stage.home)
    except RequestRefused as refused:
        say(f"{world.POLICE} asked without a legal analysis: refused, field by field ({', '.join(refused.fields)}).")
    police = telling.police.request(stripes(160), **asked, legal_analysis="Unsur penawaran di muka umum terpenuhi.")
    say(f"The complete police request joined the same case: {police['case_reference']}. Two reports, an order and a "
        f"request are one case with four independent sources.")
    say(f"Triage put it into the queue after {telling.queued(case_id):.1f} s, with its reasons.")
    telling.staff["sinta"].vote(case_id, _ADVERT)
    say("Sinta voted to close. Her vote is sealed; one person closes nothing.")
    began = time.monotonic()
    telling.staff["bayu"].vote(case_id, _ADVERT)
    _, seconds = telling.until("the closure verified", lambda: telling.finished(receipt))
    say(f"Bayu, who could not see it, voted the same: closed and verified {seconds:.1f} s later "
        f"({time.monotonic() - began:.1f} s after his vote).")
    if account.token_works() or account.can_sign_in():
        raise StoryFailed(what="the closed account refused on the chat server", logs=telling.stage.home / "log")
    telling.until("the statement on the holder's phone", lambda: _appeal_code(phone.notices))
    say("The holder's phone showed the statement of reasons and the appeal code before the account closed.")
    say("On the chat server itself: the old session is refused, and so is a new sign-in.")
    say("The reporter's receipt page says so too, and the order's and the request's letters lie in the API.")
    return Closure(case_id, receipt, police["report_id"])


def two_disagree_and_a_supervisor_settles_it(telling: Telling) -> None:
    """A watch sees a gambling advert in a public room; two people differ; a supervisor decides with one of them."""
    account = telling.members["slot.bejo"]
    account.say(telling.place.rooms["nongkrong"], "Main slot gacor malam ini, daftar sekarang, bonus new member 100%")
    case_id, seconds = telling.until("an observation of the watch in the queue",
                                     lambda: telling.staff["sinta"].sees(account.user_id))
    telling.say(f"An advert in a public room became a case {seconds:.1f} s after it was posted (channel: watch).")
    telling.staff["sinta"].vote(case_id, _GAMBLING)
    telling.staff["tirta"].vote(case_id, DISMISSAL)
    telling.staff[world.SUPERVISOR].vote(case_id, _GAMBLING)
    telling.until("the gambling account closed", lambda: not account.can_sign_in() or None)
    telling.say("Two people differed; supervisor Wulan agreed with one of them, and the account is closed.")


def a_victim_comes_first(telling: Telling) -> None:
    """A report that somebody is forced: only preserve, restrict, refer; two people; the account is held, not closed."""
    account = telling.members["lowongan.luar"]
    receipt = telling.report("lowongan.luar", "trafficking",
                             "Teman saya dipaksa. Paspor ditahan, tidak boleh keluar mess.", contact="")
    case_id = telling.case_of(receipt)
    telling.queued(case_id)
    telling.staff["bayu"].vote(case_id, _VICTIM)
    telling.staff["tirta"].vote(case_id, _VICTIM)
    telling.until("the account held", lambda: telling.finished(receipt))
    telling.say(f"Victim first: two people had the account held. It can still read: {account.can_sign_in()}; "
                "nothing was closed and nothing was shown.")


def the_wrong_account_comes_back(telling: Telling) -> None:
    """A lawful account is closed by mistake; its holder appeals with the statement's code; another person overturns."""
    account = telling.members["hadiah.cepat"]
    receipt = telling.report("hadiah.cepat", "fraud", "Katanya bagi hadiah, saya curiga.",
                             contact="pelapor.tiga@contoh.example")
    case_id = telling.case_of(receipt)
    telling.queued(case_id)
    phone = account.phone()
    telling.staff["sinta"].vote(case_id, _FRAUD)
    telling.staff["tirta"].vote(case_id, _FRAUD)
    telling.until("the account closed", lambda: telling.finished(receipt))
    code, _ = telling.until("the statement on the holder's phone", lambda: _appeal_code(phone.notices))
    reporters.appeal(telling.base, code, "Ini toko sungguhan dan hadiahnya sudah dibagikan. Tolong periksa lagi.")
    telling.say("The holder of @hadiah.cepat appealed with the code that was delivered on the chat before it closed.")
    telling.staff["bayu"].decide_appeal(overturn=True, reasons="Hadiah itu sungguh dibagikan. Tidak ada yang ditipu.")
    password, seconds = telling.until("the account restored", lambda: reporters.new_password(telling.base, code))
    if not account.can_sign_in(password):
        raise StoryFailed(what="a sign-in to the restored account", logs=telling.stage.home / "log")
    telling.say(f"Bayu, who had no vote in it, overturned the decision: the account works again after {seconds:.1f} s, "
                "and the reporter was told.")


def the_police_get_a_sealed_export(telling: Telling, closure: Closure) -> None:
    """A supervisor seals an export for the police request; it verifies, without content, since no court ordered it."""
    page = telling.staff[world.SUPERVISOR].export()
    folders = sorted((telling.stage.home / "exports").glob(f"K{closure.case_id:06d}-*"))
    if not folders:
        raise StoryFailed(what="a sealed export in exports/", logs=telling.stage.home / "log")
    problems = verify_package(folders[-1], trusted_pem=None, check_ledger=check_extract)
    if problems:
        raise StoryFailed(what=f"a whole export ({problems[0].english()})", logs=page.url)
    outcome = telling.police.show(closure.police_report)["outcome"]
    telling.say(f"A supervisor sealed an export for the police; it verifies: {folders[-1]}")
    telling.say(f"The police follow their request by the API: {outcome['words']['en']}.")


def what_everybody_can_see(telling: Telling) -> None:
    """The public figures, and the ledger's own health."""
    csv = httpx.get(f"{telling.base}/figures.csv", timeout=30).raise_for_status().text
    telling.say(f"The public figures followed: {len(csv.splitlines()) - 1} rows at {telling.base}/figures.csv")
    health = httpx.get(f"{telling.base}/health/ready", timeout=30)
    telling.say(f"The installation's health at {telling.base}/health/ready: "
                f"{'ready' if health.json()['ready'] else health.json()['faults']}")


def some_cases_stay_open(telling: Telling) -> None:
    """Work for the newcomer: reports that nobody has judged yet, one of them lawful."""
    for number, (account, category, text) in enumerate((
        ("kenanga88", "prostitution_advertising", "O P E N  B O, ready malam ini"),
        ("pijat.urut", "prostitution_advertising", "Pijat urut tradisional, panggilan. Menurut saya mencurigakan."),
        ("toko.sepeda", "fraud", "Jual sepeda bekas, nego, COD. Sepedanya belum dikirim."),
        ("rani", "extortion", "Orang ini mengancam akan menyebarkan foto kalau tidak dibayar."),
        ("kenanga88", "prostitution_advertising", "Iklan yang sama lagi di ruang Nongkrong."),
    ), 1):
        telling.report(account, category, text, contact=f"pelapor.terbuka.{number}@contoh.example")
    telling.members["kenanga88"].say(telling.place.rooms["nongkrong"], "Ready BO, include room, langsung japri")
    telling.say("Several cases wait in the queue for you.")


def _appeal_code(notices: list[str]) -> str | None:
    found = _APPEAL_CODE.search("\n".join(notices))
    return found.group() if found else None
