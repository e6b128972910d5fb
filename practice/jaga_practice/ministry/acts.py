"""The acts of the authority's story. Every printed sentence was observed just before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import httpx

from jaga.core.clock import now
from jaga.policy.local_time import day_of
from jaga_practice import earlier
from jaga_practice.contacts import PracticeContact
from jaga_practice.ministry import world as ministry
from jaga_practice.narrator import Narrator
from jaga_practice.officers import PracticeOfficer, outcome_of
from jaga_practice.pictures import stripes
from jaga_practice.reviewers import Reviewer, ReviewerInput
from jaga_practice.visitor import SLOWEST

_ADVERT = ReviewerInput("close", "kuhp_407", "Profil di daftar orang sekitar menawarkan jasa kepada siapa saja.")
_FRAUD = ReviewerInput("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_GAMBLING = ReviewerInput("close", "kuhp_426_427", "Akun ini mengajak orang berjudi di halaman profilnya.")


@dataclass(frozen=True)
class MinistryWorld(Narrator):
    """The ministry's world: operators reached by notice, and the police outside."""

    place: ministry.Ministry
    police: PracticeOfficer


def one_lets_it_lie(narrator: Narrator, passwords: dict[str, str]) -> None:
    """One operator does not act: notice, receipt, no answer, an order released and opened, a warning prepared.

    Played before web server and worker start, with the clock set back (`earlier`).
    """
    today = datetime.fromisoformat(narrator.memory.seen("today", lambda: now().isoformat()))
    wulan, notice = _wulan_and_notice(narrator, passwords, today - timedelta(days=3))
    with earlier.at(today - timedelta(days=2, hours=22)):
        yusuf = PracticeContact.sign_in(narrator.base, "yusuf", passwords["yusuf"])
        narrator.deed("yusuf opens the notice", lambda: yusuf.open(notice))
    with earlier.at(today - timedelta(days=1, hours=20)):
        order = narrator.memory.deed("wulan prepares an order", lambda: wulan.prepare_letter(notice, "order"))
        narrator.deed("wulan releases the order", lambda: wulan.release_letter(order))
    with earlier.at(today - timedelta(days=1, hours=18)):
        opened = narrator.memory.deed("yusuf opens the order", lambda: yusuf.open_letters(notice))
        narrator.check("a notice without an answer", lambda: yusuf.may_answer(notice))
        if opened != 1:
            raise narrator.missing("the order in the operator's portal")
    day = day_of(today - timedelta(days=3))
    narrator.say(
        f"Played with the clock set back: on {day:%Y-%m-%d} Gema got "
        f"notice P{notice:06d}. Yusuf of Gema opened it, and did not answer. Supervisor Wulan released an "
        "order, which he opened too."
    )
    with earlier.at(now()):
        again = Reviewer.sign_in(narrator.base, ministry.SUPERVISOR, passwords[ministry.SUPERVISOR])
        warning = narrator.memory.deed("wulan prepares a warning", lambda: again.prepare_letter(notice, "warning_1"))
        narrator.check("a prepared warning that waits for its release", lambda: again.may_release(warning))
    narrator.say(
        "The order's 24 hours are over as well. Wulan prepared the first warning, and did not release it: no "
        "clock does, and nothing closes by itself."
    )


def _wulan_and_notice(narrator: Narrator, passwords: dict[str, str], then: datetime) -> tuple[Reviewer, int]:
    """The supervisor, signed in, and the operator's notice, made from a report."""
    with earlier.at(then):
        people = {
            name: Reviewer.sign_in(narrator.base, name, passwords[name])
            for name in ("sinta", "bayu", ministry.SUPERVISOR)
        }
        yusuf = PracticeContact.sign_in(narrator.base, "yusuf", passwords["yusuf"])
        receipt = narrator.report_on(
            ministry.GEMA,
            "hadiah.kilat",
            "fraud",
            "Minta pulsa untuk hadiah yang tidak ada.",
            contact="pelapor.lama@contoh.example",
        )
        narrator.memory.seen("the report is filed", earlier.file)
        case_id = narrator.case_of(receipt)
        narrator.memory.seen("the case is sorted", lambda: earlier.sort(case_id))
        for name in ("sinta", "bayu"):
            narrator.deed(f"{name} votes", partial(people[name].vote, case_id, _FRAUD))
        narrator.memory.seen("the decision is carried out", lambda: earlier.act(case_id))
        notice, _ = narrator.until("the notice of three days ago", lambda: yusuf.waiting("hadiah.kilat"))
    return people[ministry.SUPERVISOR], notice


def one_keeps_its_word(story: MinistryWorld) -> None:
    """The main story: public and police report an account, the operator closes it on request, a person verifies it."""
    receipt = story.report_on(
        ministry.DEKAT,
        "manis-97",
        "prostitution_advertising",
        "Di daftar orang sekitar, profilnya menawarkan BO.",
        contact="pelapor.satu@contoh.example",
        picture=True,
    )
    asked = story.memory.deed(
        "the police ask",
        lambda: story.police.request(
            stripes(170),
            platform=ministry.DEKAT,
            account="manis-97",
            category="prostitution_advertising",
            letter_number="B/LATIHAN/21/2026",
            letter_date=now().date().isoformat(),
            legal_basis="kuhp_407",
            legal_analysis="Tawaran dapat dibaca siapa saja di sekitar.",
            locator="manis-97",
        ),
    )
    if asked["case_reference"] != f"K{story.case_of(receipt):06d}":
        raise story.missing("one case for both")
    story.say(
        f"A member of the public and {ministry.POLICE} reported one account on Dekat: one case, "
        f"{asked['case_reference']}."
    )
    story.judged(receipt, _ADVERT, "sinta", "bayu")
    notice = story.asked("ratna", "manis-97")
    story.say(
        f"Two people of {ministry.HOST} decided what is requested. They hold no switch: Dekat got notice P{notice:06d}."
    )
    story.opens("ratna", notice, "24 jam")
    story.deed(f"ratna answers P{notice:06d}", lambda: story.contacts["ratna"].answer(notice, "done", handed_over=True))
    story.check(
        "that an operator's word alone finishes nothing",
        lambda: story.staff["tirta"].may_check(notice) and not story.finished(receipt),
    )
    story.say(
        "Ratna of Dekat opened it, which started the clock of 24 hours, and answered: done, and the holder has "
        "the letter with the appeal code."
    )
    story.deed(
        f"tirta looks after P{notice:06d}",
        lambda: story.staff["tirta"].looked(
            notice, "closed", "Profil manis-97 tidak ada lagi di daftar orang sekitar."
        ),
    )
    story.until("the case finished", lambda: story.finished(receipt))
    outcome, _ = story.until("the outcome in the API", lambda: outcome_of(story.police, asked["report_id"]))
    story.say(
        "Tirta looked in the app: it is so. Only then the reporter and the police were told (in the API: "
        f"{outcome}). Dekat kept its word."
    )


def one_answers_by_software(story: MinistryWorld) -> None:
    """Signed messages both ways: a closure confirmed by the profile, and a question about a wrong locator."""
    receipt = story.report_on(
        ministry.SAHUT, "untung.terus", "gambling", "Ajakan main slot di profil.", contact="pelapor.dua@contoh.example"
    )
    story.judged(receipt, _GAMBLING, "bayu", "tirta")
    _, after = story.until("the signed answer, and the look at the profile", lambda: story.finished(receipt))
    story.say(
        f"Sahut's software signed a receipt and then its answer; the public profile confirmed it: finished "
        f"{after} after the votes."
    )
    receipt = story.report_on(
        ministry.SAHUT,
        "kopi.pahit",
        "fraud",
        "Minta uang muka, lalu menghilang.",
        contact="pelapor.tiga@contoh.example",
    )
    story.judged(receipt, _FRAUD, "sinta", "tirta")
    wulan = story.staff[ministry.SUPERVISOR]
    story.until("Sahut's question", lambda: wulan.sees_asked_back("kopi.pahit"))
    story.say(
        "Of another account Sahut asked back: it cannot be found under that name. The clock rests until the "
        "ministry answers."
    )


def data_are_asked_for(story: MinistryWorld) -> None:
    """A data request (MR5 art. 36), which the operator's contact person opens."""
    receipt = story.report_on(
        ministry.DEKAT,
        "pinjol-kilat",
        "extortion",
        "Mengancam menyebarkan data peminjam.",
        contact="pelapor.empat@contoh.example",
    )
    case_id = story.case_of(receipt)
    story.queued(case_id)
    story.deed(
        "wulan asks for data",
        lambda: story.staff[ministry.SUPERVISOR].ask_for_data(
            case_id,
            {
                "authority": f"{ministry.HOST}, direktorat latihan",
                "purpose": "Mencari korban yang belum melapor",
                "description": "Tanggal pendaftaran akun dan nomor telepon yang didaftarkan",
                "offence": "Pemerasan",
            },
        ),
    )
    notice = story.asked("ratna", "pinjol-kilat")
    story.opens("ratna", notice, "5 hari")
    story.say(
        f"Data were asked for with authority, purpose, description and offence (P{notice:06d}). Dekat opened "
        "it: five calendar days. Contents would need a court's order."
    )


def what_everybody_can_see(story: MinistryWorld) -> None:
    """Show the score cards with the pledges, and check the installation's health."""
    page = httpx.get(f"{story.base}/operators/", timeout=SLOWEST).raise_for_status().text
    cards = page.count('aria-labelledby="op-')
    story.say(
        "Everybody can see what was promised and, when a month is closed, who keeps their word: "
        f"score cards of {cards} operators at {story.base}/operators/"
    )
    story.healthy()


def some_work_stays(story: MinistryWorld) -> None:
    """Leave a case to judge and a notice in each portal for the newcomer."""
    receipt = story.report_on(
        ministry.DEKAT,
        "arisan-mawar",
        "fraud",
        "Arisan palsu, uangnya tidak kembali.",
        contact="pelapor.lima@contoh.example",
    )
    story.judged(receipt, _FRAUD, "sinta", "tirta")
    waits = story.asked("ratna", "arisan-mawar")
    story.report_on(
        ministry.GEMA, "tukar.pulsa", "fraud", "Pulsa dibayar, tidak dikirim.", contact="pelapor.enam@contoh.example"
    )
    case_id, _ = story.until("a case for the newcomer", lambda: story.staff["sinta"].sees("tukar.pulsa"))
    warning = story.memory.seen(
        "a warning for the newcomer", lambda: story.staff[ministry.SUPERVISOR].prepared_letter("hadiah.kilat")
    )
    story.say(
        f"For you: notice P{waits:06d} waits for ratna, {'a prepared warning for wulan, ' if warning else ''}"
        f"K{case_id:06d} in the queue for sinta."
    )
