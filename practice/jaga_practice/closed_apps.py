"""The operator's story, second part: an app reached by notice, a temporary restriction, and a ban evasion."""

from jaga_practice import sahut, world
from jaga_practice.acts import OperatorWorld
from jaga_practice.reviewers import ReviewerInput

_NUMBER = "0812-5550-1234"  # invented
_BOTH = ReviewerInput("close", "kuhp_407", "Kedua akun menawarkan jasa di muka umum dengan nomor telepon yang sama.",
                      every_account=True)
_GAMBLING = ReviewerInput("close", "kuhp_426_427", "Akun ini mengajak orang berjudi di halaman profilnya.")
_FRAUD = ReviewerInput("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_WEEK = ReviewerInput("restrict", "kuhp_492", "Akun ini menyebarkan tawaran yang tidak benar kepada banyak orang.",
                      days=7)


def one_holder_on_two_apps(telling: OperatorWorld) -> None:
    """Two accounts of one holder are judged together: one closes on the chat server, the other by notice."""
    account, yanti = telling.members["melati.pijar"], telling.contacts[world.CONTACT]
    telling.writes("melati.pijar", "pasar-yogya", f"Open BO, ready malam ini, hubungi {_NUMBER}")
    receipt = telling.report("melati.pijar", "prostitution_advertising", f"Menawarkan open BO, nomornya {_NUMBER}.",
                             contact="pelapor.empat@contoh.example")
    case_id = telling.case_of(receipt)
    telling.queued(case_id)
    # The reporter's mention of the number links nothing; what the watch read in the room does.
    telling.until("the advert itself beside the report",
                  lambda: "said--published" in telling.staff["sinta"].case(case_id).html or None)
    telling.deed("sinta links melati-yogya", lambda: telling.staff["sinta"].link(
        case_id, world.CLOSED_PLATFORM, "melati-yogya", "Profil di Kabar Kita memakai nomor telepon yang sama."))
    telling.check("both accounts on the case's page",
                  lambda: "melati-yogya" in telling.staff["sinta"].case(case_id).text)
    telling.say(f"One holder, two apps: Sinta added the account melati-yogya on Kabar Kita to K{case_id:06d}, and said "
                "why.")
    for name in ("sinta", "bayu"):
        telling.votes(name, case_id, _BOTH)
    telling.until("the closure on the chat server verified", lambda: telling.finished(receipt))
    telling.closed_for(account)
    notice = telling.asked(world.CONTACT, "melati-yogya")
    telling.say(f"Two votes named both: one is closed on the chat server; the other waits as notice P{notice:06d}, "
                "since Jaga cannot act on Kabar Kita by itself.")
    telling.opens(world.CONTACT, notice, "24 jam")
    telling.deed(f"yanti answers P{notice:06d}", lambda: yanti.answer(notice, "done", handed_over=True))
    telling.check("that an operator's word alone finishes nothing", lambda: telling.staff["tirta"].may_look(notice))
    telling.say("Yanti of Kabar Kita opened it, which started the clock of 24 hours, and answered: done. That is a "
                "claim.")
    telling.deed(f"tirta looks after P{notice:06d}", lambda: telling.staff["tirta"].looked(
        notice, "closed", "Profil melati-yogya tidak dapat dibuka lagi di aplikasi."))
    telling.until("the look on record", lambda: not telling.staff["tirta"].may_look(notice) or None)
    telling.say("Tirta looked in the app himself and saw it closed: only now does it count as confirmed.")


def three_more_notices(telling: OperatorWorld) -> None:
    """Three notices: one asked back, one objected to, one left for ratna."""
    yanti = telling.contacts[world.CONTACT]
    for number, (account, category, judgement, text) in enumerate((
        ("slot-hoki-88", "gambling", _GAMBLING, "Mengajak main slot di profilnya."),
        ("bonus-cepat", "fraud", _FRAUD, "Minta transfer dulu untuk mengambil hadiah."),
        (world.LEFT_TO_THE_NEWCOMER, "fraud", _FRAUD, "Arisan palsu, uangnya tidak kembali."),
    ), 1):
        receipt = telling.report_on(world.CLOSED_PLATFORM, account, category, text,
                                    contact=f"pelapor.kabar.{number}@contoh.example")
        telling.judged(receipt, judgement, "sinta", "tirta")
    back = telling.asked(world.CONTACT, "slot-hoki-88")
    telling.opens(world.CONTACT, back)
    telling.deed(f"yanti asks back P{back:06d}", lambda: yanti.answer(
        back, "invalid_locator", "Ada beberapa akun dengan nama mirip. Yang mana?"))
    telling.check("a clock that rests", lambda: "waktu berhenti" in yanti.row(back))
    objected = telling.asked(world.CONTACT, "bonus-cepat")
    telling.opens(world.CONTACT, objected)
    telling.deed(f"yanti objects to P{objected:06d}", lambda: yanti.object_to(
        objected, "Ini undian resmi dengan izin, dan hadiahnya sudah dibagikan."))
    telling.check("the objection", lambda: "sanggahan" in yanti.row(objected))
    left = telling.asked(world.CONTACT, world.LEFT_TO_THE_NEWCOMER)
    telling.say(f"Of three more notices Yanti asked back P{back:06d} (its clock rests), objected to P{objected:06d}, "
                f"and left P{left:06d} to ratna.")


def one_answers_by_software(telling: OperatorWorld) -> None:
    """A third app answers by its own software with signed messages, and its public profile confirms it."""
    receipt = telling.report_on(sahut.PLATFORM, "untung.terus", "gambling", "Ajakan main slot di profil.",
                                contact="pelapor.sahut@contoh.example")
    telling.judged(receipt, _GAMBLING, "bayu", "tirta")
    _, after = telling.until("the signed answer, and the look at the profile", lambda: telling.finished(receipt))
    telling.say("A third app, Sahut, acts by its own software: it signed a receipt and then its answer, and its public "
                f"profile confirmed it, {after} after the votes.")


def a_week_and_a_strike(telling: OperatorWorld) -> None:
    """A temporary restriction, and its strike when the account is reported again."""
    account, room = telling.members["promo.kilat"], telling.place.rooms["nongkrong"]
    receipt = telling.report(account.user_id, "fraud", "Tawaran palsu yang sama ke banyak orang.",
                             contact="pelapor.lima@contoh.example")
    telling.judged(receipt, _WEEK, "bayu")
    telling.until("the account restricted", lambda: telling.finished(receipt))
    telling.check("an account that may not write", lambda: account.token_works() and not account.may_write(room))
    again = telling.case_of(telling.report(account.user_id, "fraud", "Masih menawarkan hal yang sama di luar ruang.",
                                           contact="pelapor.enam@contoh.example"))
    telling.queued(again)
    telling.check("the strike on the case's page", lambda: (
        "30 hari" in telling.staff["bayu"].case(again).text.partition("restrict_days")[0]))
    telling.say(f"@promo.kilat is restricted for 7 days, which end by themselves. Reported again as K{again:06d}: the "
                "page shows the strike, and that 30 days are suggested for the second strike. People judge.")


def somebody_seems_to_come_back(telling: OperatorWorld) -> None:
    """The closed holder's number appears under another name: a ban-evasion match for people, and no more."""
    account = telling.members["melati.baru"]
    telling.writes("melati.baru", "nongkrong", f"Akun baru ya. Hubungi {_NUMBER}")
    case_id, after = telling.until("the returned account in the queue",
                                   lambda: telling.staff["sinta"].sees(account.user_id))
    telling.check("the label on the case's page, and an untouched account", lambda: (
        'id="match-' in telling.staff["sinta"].case(case_id).html and account.can_sign_in()))
    telling.say(f"The number of the closed account stood in a public room under another name: {after} later "
                f"K{case_id:06d} shows it as likely the same holder. Nothing is done to it until people judge.")
