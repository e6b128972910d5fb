"""The acts of the practice story, one function each. Every sentence that is printed was observed just before."""

import re
from dataclasses import dataclass
from datetime import datetime

import httpx

from jaga.app.practice import reporters, world
from jaga.app.practice.officers import Officer, Portal, RequestRefused
from jaga.app.practice.pictures import stripes
from jaga.app.practice.reviewers import DISMISSAL, Judgement
from jaga.app.practice.telling import Narrator
from jaga.core.clock import WIB, now
from jaga.exchange.package import verify_package
from jaga.ledger.extract import check_extract

_APPEAL_CODE = re.compile(r"\b(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}\b")
_ADVERT = Judgement("close", "kuhp_407", "Akun ini menawarkan jasa lewat pesan di ruang umum Pasar Yogya.")
_GAMBLING = Judgement("close", "kuhp_426_427", "Akun ini mengajak orang berjudi lewat pesan di ruang umum Nongkrong.")
_FRAUD = Judgement("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_CHILD = Judgement("refer", "mr5_9_4_a", "Anak dalam bahaya. Diteruskan kepada yang dapat menolong.")
_VICTIM = Judgement("restrict", "uu_21_2007", "Ada tanda bahwa orang di balik akun ini dipaksa. Akun ditahan dahulu.",
                    days=30, victim="confirm")


@dataclass(frozen=True)
class Telling(Narrator):
    """The operator's world: a chat server with members, and authorities outside."""

    place: world.World
    members: world.Members
    ministry: Officer
    police: Officer

    def report(self, account: str, category: str, text: str, *, contact: str, picture: bool = False) -> str:
        """A public report of an account on the chat server; returns the receipt."""
        return self.report_on(world.PLATFORM, account, category, text, contact=contact, picture=picture)


def a_report_becomes_a_closure(telling: Telling) -> None:
    """Public, ministry and police complain of one account; two people vote; it is closed, and everybody sees."""
    say, account = telling.say, telling.members["mawar.malam"]
    phone = account.phone()
    account.say(telling.place.rooms["pasar-yogya"], "Open BO malam ini, nego, kontak lewat japri ya")
    receipt = telling.report("@mawar.malam", "prostitution_advertising", "Menawarkan open BO di ruang Pasar Yogya.",
                             contact="pelapor.satu@contoh.example", picture=True)
    say("A member of the public reported @mawar.malam by the form, and got a receipt of 16 digits.")
    telling.report(account.user_id, "prostitution_advertising", "Akun ini kirim iklan BO berkali-kali.",
                   contact="pelapor.dua@contoh.example")
    say("A second person reported the same account, with nothing but a contact.")
    case_id = telling.case_of(receipt)
    order = telling.ministry.request(
        stripes(180), platform=world.PLATFORM, account=account.user_id, category="prostitution_advertising",
        letter_number="LATIHAN/1/2026", letter_date=now().date().isoformat(), legal_basis="kuhp_407",
        legal_analysis="Pesan di ruang umum menawarkan jasa dan dapat dibaca siapa saja.", locator=account.user_id)
    due = datetime.fromisoformat(order["due_at"]).astimezone(WIB)
    say(f"{world.MINISTRY} sent an order by the API: {order['case_reference']}, due {due:%Y-%m-%d %H:%M} WIB.")
    asked = {"platform": world.PLATFORM, "account": account.user_id, "category": "prostitution_advertising",
             "letter_number": "B/LATIHAN/7/2026", "letter_date": now().date().isoformat(), "legal_basis": "kuhp_407",
             "locator": account.user_id, "wants_export": True}
    try:
        telling.police.request(stripes(160), **asked)
        raise telling.missing("a refusal of the police request without legal analysis")
    except RequestRefused as refused:
        say(f"{world.POLICE} asked without a legal analysis: refused, field by field ({', '.join(refused.fields)}).")
    police = telling.police.request(stripes(160), **asked, legal_analysis="Unsur penawaran di muka umum terpenuhi.")
    if {order["case_reference"], police["case_reference"]} != {f"K{case_id:06d}"}:
        raise telling.missing("one case for all of them")
    say(f"The complete police request joined the same case, {police['case_reference']}: two reports, an order and a "
        "request are one case.")
    telling.queued(case_id)
    say("Triage sorted it into the queue, with its reasons.")
    telling.staff["sinta"].vote(case_id, _ADVERT)
    say("Sinta voted to close. Her vote is sealed; one person closes nothing.")
    telling.staff["bayu"].vote(case_id, _ADVERT)
    _, seconds = telling.until("the closure verified", lambda: telling.finished(receipt))
    say(f"Bayu, who could not see it, voted the same: {seconds:.1f} s later the account was closed and verified.")
    if account.token_works() or account.can_sign_in():
        raise telling.missing("the closed account refused on the chat server")
    say("On the chat server itself the old session is refused, and so is a new sign-in.")
    telling.until("the statement on the holder's phone", lambda: _appeal_code(phone.notices))
    say("The holder's phone shows the letter, which came before the account closed; its code opens reasons and appeal.")
    outcome = telling.police.show(police["report_id"])["outcome"]
    say(f"The reporter was told on the page of the receipt; the police read it in the API: {outcome['words']['en']}.")
    _the_police_get_a_sealed_export(telling, case_id)


def two_disagree_and_a_supervisor_settles_it(telling: Telling) -> None:
    """A watch sees a gambling advert in a public room; two people differ; a supervisor decides with one of them."""
    account = telling.members["slot.bejo"]
    account.say(telling.place.rooms["nongkrong"], "Main slot gacor malam ini, daftar sekarang, bonus new member 100%")
    case_id, seconds = telling.until("an observation of the watch in the queue",
                                     lambda: telling.staff["sinta"].sees(account.user_id))
    telling.say(f"The watch saw an advert in a public room: a case {seconds:.1f} s after it was posted.")
    telling.staff["sinta"].vote(case_id, _GAMBLING)
    telling.staff["tirta"].vote(case_id, DISMISSAL)
    telling.staff[world.SUPERVISOR].vote(case_id, _GAMBLING)
    telling.until("the closure verified", lambda: telling.staff["sinta"].sees_finished(case_id) or None)
    if account.can_sign_in():
        raise telling.missing("the closed account refused on the chat server")
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
    if not account.can_sign_in():
        raise telling.missing("a held account that can still read")
    telling.say("Victim first: somebody may be forced. Two people had the account held; it can still read, and nothing "
                "was closed.")


def a_child_in_danger_is_referred(telling: Telling) -> None:
    """A report of violence against children: urgent, decided by two, passed on only when the police have confirmed it.
    """
    receipt = telling.report_on(world.CLOSED_PLATFORM, "tetangga-77", "violence_against_children",
                                "Tolong diperiksa segera.", contact="")
    case_id = telling.judged(receipt, _CHILD, "sinta", "bayu")
    telling.until("the first letter", lambda: telling.finished(receipt))
    if "belum memastikan" not in reporters.follow(telling.base, receipt).text:
        raise telling.missing("a letter that says nobody has confirmed it yet")
    telling.say(f"Violence against children, K{case_id:06d}: two people decided to refer it. The reporter reads that "
                "nobody has confirmed it yet.")
    number = telling.staff["sinta"].refer(case_id, "police_officers", "child", "Mohon dicek keadaannya secepatnya.")
    officer = Portal.sign_in(telling.base, world.POLICE_OFFICER, telling.place.passwords[world.POLICE_OFFICER],
                             telling.stage.home / "practice")
    _, seconds = telling.until("the referral on the officer's page",
                               lambda: (officer.waiting() == number) or None)
    if f"K{case_id:06d}" in officer.open(number).text:
        raise telling.missing("a message without the number of the case")
    officer.confirm(number, "LATIHAN/R/1")
    telling.until("the second letter on the page of the receipt",
                  lambda: reporters.follow(telling.base, receipt).html.count('class="letter"') == 2 or None)
    telling.say(f"Sinta chose the receiver: {seconds:.1f} s later {number} lay on the officer's page. The officer "
                "confirmed it, and only then did the reporter read that it was passed on.")


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
        raise telling.missing("a sign-in to the restored account")
    telling.until("the second letter on the page of the receipt",
                  lambda: reporters.follow(telling.base, receipt).html.count('class="letter"') == 2 or None)
    telling.say(f"Bayu, who had no vote in it, overturned the decision: the account works again after {seconds:.1f} s, "
                "and the reporter was told.")


def _the_police_get_a_sealed_export(telling: Telling, case_id: int) -> None:
    """A supervisor seals an export for the police request; it verifies, without content, since no court ordered it."""
    telling.staff[world.SUPERVISOR].export()
    folders = sorted((telling.stage.home / "exports").glob(f"K{case_id:06d}-*"))
    if not folders:
        raise telling.missing("a sealed export in exports/")
    problems = verify_package(folders[-1], trusted_pem=None, check_ledger=check_extract)
    if problems:
        raise telling.missing(f"a whole export ({problems[0].english()})")
    telling.say("Supervisor Wulan showed a code of an app, without which nothing goes out, and sealed an export for "
                f"the police; it verifies: {folders[-1]}")


def what_everybody_can_see(telling: Telling) -> None:
    """Where the public figures will be, and the installation's health."""
    httpx.get(f"{telling.base}/figures/", timeout=30).raise_for_status()
    telling.say(f"Everybody can see the figures of closed days and months, rounded: {telling.base}/figures/ "
                "(the first ones tomorrow at six in the morning). Exact ones are on the console's dashboard.")
    telling.healthy()


def some_cases_stay_open(telling: Telling) -> None:
    """Work for the newcomer: reports that nobody has judged yet, one of them lawful."""
    for number, (account, category, text) in enumerate((
        ("kenanga88", "prostitution_advertising", "O P E N  B O, ready malam ini"),
        ("pijat.urut", "prostitution_advertising", "Pijat urut tradisional, panggilan. Menurut saya mencurigakan."),
        ("toko.sepeda", "fraud", "Jual sepeda bekas, nego, COD. Sepedanya belum dikirim."),
        ("rani", "extortion", "Orang ini mengancam akan menyebarkan foto kalau tidak dibayar."),
        ("kenanga88", "prostitution_advertising", "Iklan yang sama lagi di ruang Nongkrong."),
    ), 1):
        telling.report(telling.members[account].user_id, category, text,
                       contact=f"pelapor.terbuka.{number}@contoh.example")
    telling.members["kenanga88"].say(telling.place.rooms["nongkrong"], "Ready BO, include room, langsung japri")
    telling.say("For you: cases wait in the queue for sinta, and a notice for ratna.")


def _appeal_code(notices: list[str]) -> str | None:
    found = _APPEAL_CODE.search("\n".join(notices))
    return found.group() if found else None
