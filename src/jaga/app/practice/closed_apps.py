"""The operator's story, second part: a closed app that is asked by notice, a restriction with an end, a return."""

from jaga.app.practice import world
from jaga.app.practice.acts import Telling
from jaga.app.practice.reviewers import Judgement
from jaga.app.practice.telling import StoryFailed

_NUMBER = "0812-5550-1234"  # invented
_BOTH = Judgement("close", "kuhp_407", "Kedua akun menawarkan jasa di muka umum dengan nomor telepon yang sama.",
                  every_account=True)
_GAMBLING = Judgement("close", "kuhp_426_427", "Akun ini mengajak orang berjudi di halaman profilnya.")
_FRAUD = Judgement("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_WEEK = Judgement("restrict", "kuhp_492", "Akun ini mengirim tawaran palsu yang sama ke banyak orang.", days=7)


def one_holder_on_two_apps(telling: Telling) -> None:
    """Two accounts of one holder are judged together: one closes on the chat server, the other waits as a notice."""
    account, ratna = telling.members["melati.pijar"], telling.contacts["ratna"]
    account.say(telling.place.rooms["pasar-yogya"], f"Open BO, ready malam ini, hubungi {_NUMBER}")
    receipt = telling.report("melati.pijar", "prostitution_advertising", f"Menawarkan open BO, nomornya {_NUMBER}.",
                             contact="pelapor.empat@contoh.example")
    case_id = telling.case_of(receipt)
    telling.queued(case_id)
    telling.staff["sinta"].link(case_id, world.CLOSED_PLATFORM, "melati-yogya",
                                "Profil di Kabar Kita memakai nomor telepon yang sama.")
    telling.say(f"One holder, two apps: Sinta added the account melati-yogya on Kabar Kita to K{case_id:06d}, and said "
                "why.")
    for name in ("sinta", "bayu"):
        telling.staff[name].vote(case_id, _BOTH)
    telling.until("the account closed on the chat server", lambda: not account.can_sign_in() or None)
    notice = telling.asked("ratna", "melati-yogya")
    telling.say(f"Two votes named both: one is closed on the chat server; the other waits as notice P{notice:06d}, "
                "since Jaga has no hands in Kabar Kita.")
    ratna.open(notice)
    ratna.answer(notice, "done", handed_over=True)
    if not telling.staff["tirta"].may_look(notice):
        raise StoryFailed(what="that an operator's word alone finishes nothing", logs=telling.stage.home / "log")
    telling.say("Ratna of Kabar Kita opened it (her receipt starts the clock of 24 hours) and answered: done. "
                "That is a claim.")
    telling.staff["tirta"].looked(notice, "closed", "Profil melati-yogya tidak dapat dibuka lagi di aplikasi.")
    telling.until("the look on record", lambda: not telling.staff["tirta"].may_look(notice) or None)
    telling.say("Tirta looked in the app himself and saw it closed: only now does it count as confirmed.")


def three_more_notices(telling: Telling) -> None:
    """One was asked back, one objected to, one waits for the newcomer who signs in as ratna."""
    ratna = telling.contacts["ratna"]
    for number, (account, category, judgement, text) in enumerate((
        ("slot-hoki-88", "gambling", _GAMBLING, "Mengajak main slot di profilnya."),
        ("bonus-cepat", "fraud", _FRAUD, "Minta transfer dulu untuk mengambil hadiah."),
        ("arisan-mawar", "fraud", _FRAUD, "Arisan palsu, uangnya tidak kembali."),
    ), 1):
        receipt = telling.report_on(world.CLOSED_PLATFORM, account, category, text,
                                    contact=f"pelapor.kabar.{number}@contoh.example")
        telling.judged(receipt, judgement, "sinta", "tirta")
    back = telling.asked("ratna", "slot-hoki-88")
    ratna.open(back)
    ratna.answer(back, "invalid_locator", "Ada beberapa akun dengan nama mirip. Yang mana?")
    objected = telling.asked("ratna", "bonus-cepat")
    ratna.open(objected)
    ratna.object_to(objected, "Ini undian resmi dengan izin, dan hadiahnya sudah dibagikan.")
    left = telling.asked("ratna", "arisan-mawar")
    telling.say(f"Of three more notices she asked back P{back:06d} (its clock rests), objected to P{objected:06d}, and "
                f"left P{left:06d} for you.")


def a_week_and_a_strike(telling: Telling) -> None:
    """A restriction that ends by itself, and what it counts for when the account is reported again."""
    receipt = telling.report("promo.kilat", "fraud", "Tawaran palsu yang sama ke banyak orang.",
                             contact="pelapor.lima@contoh.example")
    telling.judged(receipt, _WEEK, "bayu")
    telling.until("the account restricted", lambda: telling.finished(receipt))
    again = telling.case_of(telling.report("promo.kilat", "fraud", "Masih menawarkan hal yang sama di luar ruang.",
                                           contact="pelapor.enam@contoh.example"))
    telling.queued(again)
    if "30 hari" not in telling.staff["bayu"].case(again).text.partition("restrict_days")[0]:
        raise StoryFailed(what="the strike on the case's page", logs=telling.stage.home / "log")
    telling.say(f"@promo.kilat is restricted for 7 days, which end by themselves. Reported again as K{again:06d}: the "
                "page shows the strike, and that the ladder suggests 30 days. People judge.")


def somebody_seems_to_come_back(telling: Telling) -> None:
    """The closed holder's number appears in a public room under another name: a label for people, and no more."""
    account = telling.members["melati.baru"]
    account.say(telling.place.rooms["nongkrong"], f"Akun baru ya. Hubungi {_NUMBER}")
    case_id, seconds = telling.until("the returned account in the queue",
                                     lambda: telling.staff["sinta"].sees(account.user_id))
    page = telling.staff["sinta"].case(case_id)
    if 'id="resemblance-' not in page.html or not account.can_sign_in():
        raise StoryFailed(what="the label on the case's page, and an untouched account", logs=page.url)
    telling.say(f"The number of the closed account stood in a public room under another name: {seconds:.1f} s later "
                f"K{case_id:06d} shows it as likely the same holder. Nothing is done to it until people judge.")
