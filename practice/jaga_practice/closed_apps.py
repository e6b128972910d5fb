"""The operator's story, second part: an app reached by notice, a temporary restriction, and a ban evasion."""

from jaga_practice import sahut, world
from jaga_practice.acts import OperatorWorld
from jaga_practice.reviewers import ReviewerInput

_NUMBER = "0812-5550-1234"  # invented
_BOTH = ReviewerInput(
    "close", "kuhp_407", "Kedua akun menawarkan jasa di muka umum dengan nomor telepon yang sama.", every_account=True
)
_GAMBLING = ReviewerInput("close", "kuhp_426_427", "Akun ini mengajak orang berjudi di halaman profilnya.")
_FRAUD = ReviewerInput("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_WEEK = ReviewerInput(
    "restrict", "kuhp_492", "Akun ini menyebarkan tawaran yang tidak benar kepada banyak orang.", days=7
)


def one_holder_on_two_apps(story: OperatorWorld) -> None:
    """Two accounts of one holder are judged together: one closes on the chat server, the other by notice."""
    account, yanti = story.members["melati.pijar"], story.contacts[world.CONTACT]
    story.writes("melati.pijar", "pasar-yogya", f"Open BO, ready malam ini, hubungi {_NUMBER}")
    receipt = story.report(
        "melati.pijar",
        "prostitution_advertising",
        f"Menawarkan open BO, nomornya {_NUMBER}.",
        contact="pelapor.empat@contoh.example",
    )
    case_id = story.case_of(receipt)
    story.queued(case_id)
    # The reporter's mention of the number links nothing; what the watch read in the room does.
    story.until(
        "the advert itself beside the report",
        lambda: "report-text--published" in story.staff["sinta"].case(case_id).html or None,
    )
    story.deed(
        "sinta links melati-yogya",
        lambda: story.staff["sinta"].link(
            case_id, world.CLOSED_PLATFORM, "melati-yogya", "Profil di Kabar Kita memakai nomor telepon yang sama."
        ),
    )
    story.check("both accounts on the case's page", lambda: "melati-yogya" in story.staff["sinta"].case(case_id).text)
    story.say(
        f"One holder, two apps: Sinta added the account melati-yogya on Kabar Kita to K{case_id:06d}, and said why."
    )
    for name in ("sinta", "bayu"):
        story.votes(name, case_id, _BOTH)
    story.until("the closure on the chat server verified", lambda: story.finished(receipt))
    story.closed_for(account)
    notice = story.asked(world.CONTACT, "melati-yogya")
    story.say(
        f"Two votes named both: one is closed on the chat server; the other waits as notice P{notice:06d}, "
        "since Jaga cannot act on Kabar Kita by itself."
    )
    story.opens(world.CONTACT, notice, "24 jam")
    story.deed(f"yanti answers P{notice:06d}", lambda: yanti.answer(notice, "done", handed_over=True))
    story.check("that an operator's word alone finishes nothing", lambda: story.staff["tirta"].may_check(notice))
    story.say(
        "Yanti of Kabar Kita opened it, which started the clock of 24 hours, and answered: done. That is a claim."
    )
    story.deed(
        f"tirta looks after P{notice:06d}",
        lambda: story.staff["tirta"].looked(
            notice, "closed", "Profil melati-yogya tidak dapat dibuka lagi di aplikasi."
        ),
    )
    story.until("the look on record", lambda: not story.staff["tirta"].may_check(notice) or None)
    story.say("Tirta looked in the app himself and saw it closed: only now does it count as confirmed.")


def three_more_notices(story: OperatorWorld) -> None:
    """Three notices: one asked back, one objected to, one left for ratna."""
    yanti = story.contacts[world.CONTACT]
    for number, (account, category, judgement, text) in enumerate(
        (
            ("slot-hoki-88", "gambling", _GAMBLING, "Mengajak main slot di profilnya."),
            ("bonus-cepat", "fraud", _FRAUD, "Minta transfer dulu untuk mengambil hadiah."),
            (world.LEFT_TO_THE_NEWCOMER, "fraud", _FRAUD, "Arisan palsu, uangnya tidak kembali."),
        ),
        1,
    ):
        receipt = story.report_on(
            world.CLOSED_PLATFORM, account, category, text, contact=f"pelapor.kabar.{number}@contoh.example"
        )
        story.judged(receipt, judgement, "sinta", "tirta")
    back = story.asked(world.CONTACT, "slot-hoki-88")
    story.opens(world.CONTACT, back)
    story.deed(
        f"yanti asks back P{back:06d}",
        lambda: yanti.answer(back, "invalid_locator", "Ada beberapa akun dengan nama mirip. Yang mana?"),
    )
    story.check("a clock that rests", lambda: "waktu berhenti" in yanti.row(back))
    objected = story.asked(world.CONTACT, "bonus-cepat")
    story.opens(world.CONTACT, objected)
    story.deed(
        f"yanti objects to P{objected:06d}",
        lambda: yanti.object_to(objected, "Ini undian resmi dengan izin, dan hadiahnya sudah dibagikan."),
    )
    story.check("the objection", lambda: "sanggahan" in yanti.row(objected))
    left = story.asked(world.CONTACT, world.LEFT_TO_THE_NEWCOMER)
    story.say(
        f"Of three more notices Yanti asked back P{back:06d} (its clock rests), objected to P{objected:06d}, "
        f"and left P{left:06d} to ratna."
    )


def one_answers_by_software(story: OperatorWorld) -> None:
    """A third app answers by its own software with signed messages, and its public profile confirms it."""
    receipt = story.report_on(
        sahut.PLATFORM,
        "untung.terus",
        "gambling",
        "Ajakan main slot di profil.",
        contact="pelapor.sahut@contoh.example",
    )
    story.judged(receipt, _GAMBLING, "bayu", "tirta")
    _, after = story.until("the signed answer, and the look at the profile", lambda: story.finished(receipt))
    story.say(
        "A third app, Sahut, acts by its own software: it signed a receipt and then its answer, and its public "
        f"profile confirmed it, {after} after the votes."
    )


def a_week_and_a_strike(story: OperatorWorld) -> None:
    """A temporary restriction, and its strike when the account is reported again."""
    account, room = story.members["promo.kilat"], story.place.rooms["nongkrong"]
    receipt = story.report(
        account.user_id, "fraud", "Tawaran palsu yang sama ke banyak orang.", contact="pelapor.lima@contoh.example"
    )
    story.judged(receipt, _WEEK, "bayu")
    story.until("the account restricted", lambda: story.finished(receipt))
    story.check("an account that may not write", lambda: account.token_works() and not account.may_write(room))
    again = story.case_of(
        story.report(
            account.user_id,
            "fraud",
            "Masih menawarkan hal yang sama di luar ruang.",
            contact="pelapor.enam@contoh.example",
        )
    )
    story.queued(again)
    story.check("the strike among the earlier decisions", lambda: "30 hari" in story.staff["bayu"].earlier(again).text)
    story.say(
        f"@promo.kilat is restricted for 7 days, which end by themselves. Reported again as K{again:06d}: "
        "whoever has read the case opens the strike by a key, and that 30 days are suggested for the second. "
        "People judge."
    )


def somebody_seems_to_come_back(story: OperatorWorld) -> None:
    """The closed holder's number appears under another name: a ban-evasion match for people, and no more."""
    account = story.members["melati.baru"]
    story.writes("melati.baru", "nongkrong", f"Akun baru ya. Hubungi {_NUMBER}")
    case_id, after = story.until(
        "the returned account in the queue", lambda: story.staff["sinta"].sees(account.user_id)
    )
    story.staff["sinta"].earlier(case_id)
    story.check(
        "the label on the case's page, and an untouched account",
        lambda: 'id="match-' in story.staff["sinta"].case(case_id).html and account.can_sign_in(),
    )
    story.say(
        f"The number of the closed account stood in a public room under another name: {after} later "
        f"K{case_id:06d} shows whoever has read it, by a key, an account that is likely the same holder's. "
        "Nothing is done to it until people judge."
    )
