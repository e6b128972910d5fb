"""Search: words, names, contacts and terms; its order and pages; and what it must not reveal."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import World, in_review, report, resolved_closure, vote
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case, SearchStale, SearchText
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.locators import fold, places_in
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.privacy.verbs.erasure import carry_out_erasures, erase
from jaga.quality.models import AccessEvent
from jaga.queue.reads.search import PAGE, search_cases
from jaga.queue.verbs.search import index_all_again, read_all_stale, read_stale
from jaga.queue.verbs.search_terms import KEYS, read_query
from jaga.store.codes import phrase, vector

Open = Callable[[Actor], Client]
ZONE = ZoneInfo("Asia/Jakarta")


def found(typed: str, actor: Actor) -> list[int]:
    """The cases on the first page of results."""
    read_all_stale()
    return [row.case_id for row in search_cases(read_query(typed, ZONE), actor=actor).rows]


def shown(client: Client, typed: str, status: int = 200) -> str:
    """The page of a search."""
    read_all_stale()
    answer = client.get(f"/console/search/?{urlencode({'q': typed})}")
    assert answer.status_code == status
    return answer.content.decode()


def test_words_phrases_and_beginnings_find_what_was_said(world: World) -> None:
    """Accents, letter styles, invisible characters and capitals do not matter; all terms must match."""
    reviewer = world.reviewers[0]
    one = in_review(account="@mawar:localhost", text="𝐎𝐩𝐞𝐧 bo, free room di Kafé se\u200bpi")
    other = in_review(account="@melati:localhost", text="open kafe, room free")
    assert found("OPEN kafe", reviewer) == found("kafé open", reviewer) == [one, other]
    assert found('"free room"', reviewer) == found("sepi", reviewer) == [one]
    assert found("open -sepi", reviewer) == [other]
    assert found("kaf* -sepi", reviewer) == [other]
    assert found("open tidakada", reviewer) == found('"room open"', reviewer) == []


def test_accounts_are_found_by_the_beginning_of_their_name(world: World) -> None:
    """With or without the at sign, as a filter or as a bare word; a linked account finds the case that names it."""
    reviewer = world.reviewers[0]
    case = in_review(account="@mawar_22:localhost", text="satu")
    for typed in ("@mawar", "account:mawar_22", "akun:@MAWAR_22:localhost", "mawar_22", "mawar"):
        assert found(typed, reviewer) == [case], typed
    assert found("account:awar", reviewer) == []


def test_contacts_are_found_however_they_are_written(world: World) -> None:
    """By the keyed hash of contacts in published texts: the number itself is not in the search index."""
    reviewer = world.reviewers[0]
    case = in_review(published="WA 0812-3456-7890 ya")
    in_review(account="@melati:localhost", published="WA 0812-3456-7891 ya")
    for typed in ("contact:+6281234567890", "kontak:0812.3456.7890", "0812-3456-7890", 'contact:"wa 0812 3456 7890"'):
        assert found(typed, reviewer) == [case], typed


def test_terms_narrow_and_wrong_ones_are_explained(world: World, browser_of: Open) -> None:
    """In both languages; an unknown filter is answered with the known ones, and the field keeps its text."""
    reviewer = world.reviewers[0]
    waits = in_review(text="satu")
    over = resolved_closure(world, account="@melati:localhost", text="dua")
    late = in_review(account="@kenanga:localhost", category="fraud", text="tiga")
    Case.objects.filter(pk=late).update(opened_at=now() - timedelta(days=40), due_at=now() - timedelta(days=39))
    assert found("category:fraud", reviewer) == found("kategori:fraud", reviewer) == [late]
    assert found("state:resolved", reviewer) == [over]
    assert set(found("state:review", reviewer)) == {waits, late}
    assert found("overdue", reviewer) == found("terlambat channel:public", reviewer) == [late]
    assert found(f"before:{(now() - timedelta(days=30)).date()}", reviewer) == [late]
    assert set(found(f"since:{(now() - timedelta(days=30)).date()} platform:obrolan", reviewer)) == {waits, over}
    assert found(f"K{over:06d} state:resolved", reviewer) == [over]
    client = browser_of(reviewer)
    for typed, sentence in {
        "categry:fraud": "is not a term of the search",
        "category:apa": "Prostitution advertising",
        "state:voted": "finished",
        "platform:lain": "Known are",
        "before:kemarin": "is not a day",
        "contact:halo": "is not a contact",
        "-bo": "what must be there",
        "!": "too short",
        "x" * 301: "At most 300",
        "a b " * 7: "At most 12",
    }.items():
        page = shown(client, typed, 422)
        assert sentence in page, typed
        assert 'aria-describedby="q-error"' in page
    assert client.get(f"/console/search/?q=K{over:06d}")["Location"] == f"/console/cases/K{over:06d}/"
    assert "Nothing matches" in shown(client, "K999999")
    assert "How to search" in client.get("/console/search/").content.decode()


def test_keys_and_values_are_written_in_either_language(world: World, browser_of: Open) -> None:
    """By key or label, with or without signs between words; a label alone finds its cases and texts with its words."""
    reviewer = world.reviewers[0]
    advert, fraud = in_review(text="satu"), in_review(category="fraud", account="@lain:localhost", text="dua")
    said = in_review(account="@melati:localhost", text="ini penipuan; iklan soal prostitusi")
    client = browser_of(reviewer)

    def hits(typed: str) -> set[int]:
        page = shown(client, typed)
        return {int(number) for number in re.findall(r'queue__link" href="/console/cases/K0*(\d+)/', page)}

    for typed in ("category:fraud", "kategori:penipuan", "category:Penipuan", "KATEGORI:fraud", "kategori:FRAUD"):
        assert hits(typed) == {fraud}, typed
    for typed in ('kategori:"iklan prostitusi"', "kategori:iklan-prostitusi", 'category:"Prostitution advertising"'):
        assert hits(typed) == {advert, said}, typed
    assert hits("penipuan") == {fraud, said}
    assert hits("fraud") == {fraud}
    assert hits("iklan prostitusi") == {advert, said}
    assert hits('"iklan prostitusi" -penipuan') == {advert}
    assert hits("penipuan dua") == {fraud}
    assert hits('keadaan:"menunggu suara"') == hits("status:open") == hits("keadaan:terbuka") == {advert, fraud, said}
    assert hits("jalur:masyarakat kategori:penipuan") == {fraud}
    assert 'aplikasi:"obrolan' not in shown(client, "aplikasi:obrolan")


def test_terms_are_chips(world: World, staff: Staff, browser_of: Open) -> None:
    """Each term can be taken out by a link."""
    in_review(category="fraud", text="arisan")
    client = browser_of(world.reviewers[0])
    page = shown(client, 'category:fraud -slot "setor dulu"')
    assert "?q=-slot%20%22setor%20dulu%22" in page
    assert "?q=category%3Afraud%20%22setor%20dulu%22" in page
    assert 'aria-label="Leave out “Fraud”"' in page


def offers(client: Client, typed: str) -> dict[str, str]:
    """What the palette offers: labels with their addresses or commands."""
    groups = client.get("/console/palette/", {"q": typed}).json()["groups"]
    return {one["label"]: one["href"] or one["action"] for group in groups for one in group["options"]}


def test_the_palette_offers_what_the_role_may_open(world: World, staff: Staff, browser_of: Open) -> None:
    """Numbers, accounts, words, pages and commands, in both languages; nobody is offered what their role cannot
    open.
    """
    case = in_review(category="fraud", account="@mawar_22:localhost", text="arisan")
    read_all_stale()
    reviewer = browser_of(staff.by_role[Role.REVIEWER])
    assert offers(reviewer, f"{case}")[f"Open case K{case:06d}"] == f"/console/cases/?number=K{case:06d}"
    for typed in ("@mawar", "arisan", "penipuan"):
        found = offers(reviewer, typed)
        assert found[f"K{case:06d} Fraud"] == f"/console/cases/K{case:06d}/"
        assert found[f"Search for “{typed}”"].startswith("/console/search/?q=")
    assert offers(reviewer, "antrean")["Queue"] == offers(reviewer, "que")["Queue"] == "/console/queue/"
    assert offers(reviewer, "ambil")["Take the case"] == "take"
    assert "Overview" not in offers(reviewer, "")
    assert offers(reviewer, "categry:x") == offers(reviewer, '"') == {}
    for role in set(Role) - {Role.REVIEWER, Role.SUPERVISOR}:
        client = browser_of(staff.by_role[role])
        assert not any("mawar" in label or "Fraud" in label for label in offers(client, "arisan")), role
        assert (f"Open case K{case:06d}" in offers(client, f"K{case}")) is (role is Role.AUDITOR)
        for address in offers(client, "").values():
            assert not address.startswith("/") or client.get(address).status_code in (200, 302), (role, address)


def test_waiting_cases_come_first_and_pages_skip_nothing(world: World, browser_of: Open) -> None:
    """Waiting cases by rank, then the others from the newest; each case once over all pages."""
    over = [resolved_closure(world, account=f"@lama{number}:localhost", text="sama") for number in range(3)]
    many = [in_review(account=f"@baru{number}:localhost", text="sama") for number in range(PAGE)]
    for place, case in enumerate(many):
        Case.objects.filter(pk=case).update(rank_at=now() - timedelta(minutes=place % 5))
    reviewer, wanted = world.reviewers[0], read_query("sama", ZONE)
    read_all_stale()
    first = search_cases(wanted, actor=reviewer)
    rest = search_cases(wanted, after=first.after, actor=reviewer)
    ranked = list(Case.objects.filter(pk__in=many).order_by("rank_at", "pk").values_list("pk", flat=True))
    assert [row.case_id for row in (*first.rows, *rest.rows)] == [*ranked, *reversed(over)]
    assert rest.after is None
    page = shown(browser_of(reviewer), "sama")
    assert page.count("queue__row") >= PAGE
    assert "<mark>sama</mark>" in page
    assert "after=waiting" in page
    assert "Nothing" not in shown(browser_of(reviewer), "sama")


def test_a_common_word_is_walked_and_finds_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is the same for each query plan."""
    from jaga.queue.reads import search as search_sql

    cases = [in_review(account=f"@bunga{number}:localhost", text="umum") for number in range(6)]
    reviewer = world.reviewers[0]
    few = found("umum", reviewer)
    monkeypatch.setattr(search_sql, "FEW", 2)
    walked = found("umum", reviewer)
    monkeypatch.setattr(search_sql, "WALKED", 3)
    assert found("umum", reviewer) == walked == few
    assert sorted(few) == cases


def test_a_span_of_time_that_leaves_few_is_read_and_finds_the_same(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However common the word is, among waiting and other cases."""
    from jaga.queue.reads import search as search_sql

    cases = [in_review(account=f"@bunga{number}:localhost", text="umum") for number in range(5)]
    over = [resolved_closure(world, account=f"@lama{number}:localhost", text="umum") for number in range(5)]
    for place, case in enumerate([*cases, *over]):
        Case.objects.filter(pk=case).update(opened_at=now() - timedelta(days=10 * (place % 5)))
    reviewer = world.reviewers[0]
    since, before = (now() - timedelta(days=15)).date(), (now() - timedelta(days=35)).date()
    typed = (
        f"umum since:{since}",
        f"umum before:{before}",
        f"umum since:{before} before:{since}",
        f"umum K{cases[3]:06d}",
        "umum before:2020-01",
    )
    simply = [found(one, reviewer) for one in typed]
    assert [set(one) for one in simply] == [
        {*cases[:2], *over[:2]},
        {cases[4], over[4]},
        {*cases[2:4], *over[2:4]},
        {cases[3]},
        set(),
    ]
    monkeypatch.setattr(search_sql, "FEW", 3)
    assert [found(one, reviewer) for one in typed] == simply
    monkeypatch.setattr(search_sql, "FEW", 1)
    assert [found(one, reviewer) for one in typed] == simply
    monkeypatch.setattr(search_sql, "WALKED", 1)
    assert [found(one, reviewer) for one in typed] == simply


def test_a_victims_words_and_name_are_not_searched_or_shown(world: World, browser_of: Open) -> None:
    """Such a case is found by the whole name or by filters; no search page shows its name or its words."""
    reviewer = world.reviewers[0]
    case = in_review(category="trafficking", account="@kenanga:localhost", text="kalimatrahasia")
    assert found("kalimatrahasia", reviewer) == found("@kenan", reviewer) == found("kenanga", reviewer) == []
    assert found("@kenanga:localhost", reviewer) == found("category:trafficking", reviewer) == [case]
    page = shown(browser_of(reviewer), "category:trafficking")
    assert "hidden in lists" in page
    assert "kenanga" not in page
    assert "kalimatrahasia" not in page


def test_a_sealed_vote_changes_nothing_in_a_search(world: World, browser_of: Open) -> None:
    """Neither state, order nor text of the page reveals that somebody voted to close."""
    case = in_review(text="sama")
    other = in_review(account="@melati:localhost", text="sama")
    client = browser_of(world.reviewers[1])
    before = [shown(client, typed) for typed in ("sama", "state:review", "state:supervisor")]
    vote(case, DecisionKind.CLOSE, world.reviewers[0])
    after = [shown(client, typed) for typed in ("sama", "state:review", "state:supervisor")]

    def lines(page: str) -> list[str]:
        return [line for line in page.splitlines() if "csrf" not in line and "nonce" not in line]

    assert [lines(page) for page in before] == [lines(page) for page in after]
    assert found("sama", world.reviewers[1]) == [case, other]


def test_each_search_is_noted_without_its_words(world: World, staff: Staff) -> None:
    """A search is recorded as a read without a case; people who judge no cases cannot search."""
    found("rahasia", world.reviewers[0])
    event = AccessEvent.objects.get(what="search")
    assert (event.person_id, event.case_id) == (world.reviewers[0].person_id, None)
    with pytest.raises(NotPermitted):
        search_cases(read_query("bo", ZONE), actor=staff.by_role[Role.AUDITOR])


def test_the_words_follow_what_changes(world: World) -> None:
    """A second report adds its words; a case that becomes victim-first loses them; unchanged cases are not read again,
    and two indexers do not read the same case.
    """
    case = in_review(text="satu")
    assert found("satu", world.reviewers[0]) == [case]
    assert not SearchStale.objects.exists()
    assert read_stale() == 0
    report(text="keduakali", network="198.51.100.7")
    assert SearchStale.objects.exists()
    assert found("keduakali satu", world.reviewers[0]) == [case]
    Case.objects.filter(pk=case).update(victim_first=True, victim_state="proposed")
    assert found("keduakali", world.reviewers[0]) == []
    Case.objects.filter(pk=case).update(score=0.5)
    assert not SearchStale.objects.exists()
    assert SearchText.objects.count() == 1


def test_an_erased_case_leaves_the_index(own_store: Path, world: World) -> None:
    """Of an erased report the words go; of an erased case all goes."""
    first = report(account="@mawar:localhost", text="kalimatpertama")
    case = report(account="@mawar:localhost", text="kalimatkedua", network="198.51.100.7").case_id
    reviewer = world.reviewers[0]
    assert found("kalimatpertama kalimatkedua @mawar", reviewer) == [case]
    erase(reports=[first.report_id], rule="request", actor=SYSTEM)
    carry_out_erasures()
    assert found("kalimatpertama", reviewer) == []
    assert found("kalimatkedua @mawar", reviewer) == [case]
    erase(cases=[case], rule="request", actor=SYSTEM)
    carry_out_erasures()
    assert found("@mawar", reviewer) == []
    assert not SearchText.objects.exists()


def test_a_replaced_key_finds_again_once_all_is_indexed(world: World, settings: Any) -> None:
    """As `jaga keys replace search` does it: under another key nothing is found until then."""
    case = in_review(account="@mawar:localhost", text="kalimatpertama")
    assert found("kalimatpertama", world.reviewers[0]) == [case]
    before = settings.JAGA_SECRET
    settings.JAGA_SECRET = lambda name: bytes(32) if name == "search" else before(name)
    assert found("kalimatpertama", world.reviewers[0]) == []
    assert index_all_again() == 1
    assert found("kalimatpertama @mawar", world.reviewers[0]) == [case]


def test_similar_names_are_offered_where_nothing_fits(world: World, browser_of: Open) -> None:
    """Names that lists may show, the most similar first."""
    in_review(account="@melati_sari:localhost", text="satu")
    in_review(category="trafficking", account="@melati_sati:localhost", text="dua")
    page = shown(browser_of(world.reviewers[0]), "account:melati_sary:localhost")
    assert "@melati_sari:localhost" in page
    assert "@melati_sati:localhost" not in page


SAID = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


def test_keyed_words_find_what_plain_ones_found(db: None) -> None:
    """What PostgreSQL's own full text search finds in a text, the keyed words find as well, and neither finds more in
    ordinary words. The keyed ones also find the parts of numbers, links and addresses.
    """
    texts = (
        "Open BO, free room di Kafé se\u200bpi!",
        "𝓞𝓹𝓮𝓷 𝗕𝗢 700k nego",
        "ⓞⓟⓔⓝ b-o 1.500.000 jum'at",
        "tari_kopi kopi",
        "WA 0812-3456-7890 wa.me/62812345 mawar@contoh.example",
        "सपना कॉफ़ी ☕️ ꦏꦺꦴꦥꦶ",
        "İstanbul ﬁ free open",
    )
    asked = (
        "open",
        "open bo",
        "free room",
        "room free",
        "kafe",
        "sepi",
        "700k",
        "b-o",
        "1.500.000",
        "jum'at",
        "kopi",
        "tari_kopi",
        "0812-3456-7890",
        "wa.me/62812345",
        "mawar@contoh.example",
        "कॉफ़ी",
        "fi",
        "istanbul",
        "ope",
    )
    plainly = {"0812-3456-7890", "wa.me/62812345", "mawar@contoh.example"}
    with connection.cursor() as cursor:
        for text, words in product(map(fold, texts), map(fold, asked)):
            cursor.execute(
                "SELECT to_tsvector('simple', %s) @@ phraseto_tsquery('simple', %s), %s::tsvector @@ %s::tsquery",
                [text, words, vector(text, []), phrase(words)],
            )
            before, keyed = cursor.fetchone()
            assert keyed is before or (keyed and words in plainly), (text, words)


def test_beginnings_of_other_lengths_are_refused(world: World, browser_of: Open) -> None:
    """A star is found after three to eight letters, also behind other words; any other length is explained."""
    reviewer = world.reviewers[0]
    case = in_review(text="setor duluan ke wa.me/6281234567")
    for typed in ("set*", "setor*", "dulua*", "duluan*", '"setor dul*"', "wa.me/6281*"):
        assert found(typed, reviewer) == [case], typed
    assert found("dulux*", reviewer) == found('"dulu set*"', reviewer) == []
    for typed in ("628123456*", "setorduluan*"):
        assert "3 to 8 letters" in shown(browser_of(reviewer), typed, 422)


def test_names_are_found_by_long_parts_up_to_a_sign(world: World) -> None:
    """A name longer than the longest beginning: by its first 2 to 12 letters, by parts before a sign, or whole."""
    reviewer = world.reviewers[0]
    case = in_review(account="@pedagang_keliling_asli:localhost", text="satu")
    for typed in (
        "@pe",
        "@pedagang_kel",
        "@pedagang_keliling",
        "@pedagang_keliling_asli",
        "@pedagang_keliling_asli:localhost",
    ):
        assert found(typed, reviewer) == [case], typed
    assert found("@pedagang_keliling_as", reviewer) == []


def test_the_index_holds_no_word(world: World) -> None:
    """Somebody with a copy of the table reads neither words nor names; internal terms stay readable."""
    in_review(account="@mawar_22:localhost", text="kalimatrahasia")
    read_all_stale()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(words::text, ' ') FROM records_searchtext")
        (indexed,) = cursor.fetchone()
    assert "=category:" in indexed
    assert not any(word in indexed for word in ("kalimat", "rahasia", "mawar", "localhost"))


@given(SAID, SAID)
def test_a_place_is_within_its_text(said: str, word: str) -> None:
    """For any text and word: spans are in order and inside the text, and their text folds to something with the
    word.
    """
    for left, right in places_in(said, fold(word)):
        assert 0 <= left < right <= len(said)


@given(SAID)
def test_anything_typed_is_a_query_or_explained(typed: str) -> None:
    """No other error occurs; `platform:` alone needs the database and is tested above."""
    if any(key in typed.lower() for key, of in KEYS.items() if of == "platform"):
        return
    try:
        query = read_query(typed, ZONE)
    except InvalidInput as refused:
        fields = {error.field for error in refused.errors}
    else:
        fields = {"q"} if query else set()
    assert fields == {"q"}
    assert set(KEYS.values()) >= {"category", "state"}


def test_signs_of_the_database_are_only_text(world: World) -> None:
    """Whatever is typed is searched or refused with a sentence, and never becomes part of the SQL statement."""
    in_review(text="satu")
    reviewer = world.reviewers[0]
    for typed in (
        "aa''bb",
        '"aa\' | bb"',
        "a-b c/d",
        "aaa\\:*",
        "':* & ! aa",
        "@aa':* | satu",
        "bb'' | satu",
        "satu'%s",
    ):
        with suppress(InvalidInput):
            assert found(typed, reviewer) == [], typed
    for typed in ("'", "\\", "ab:*", "@'", "ab*\\*", "ß*"):
        with pytest.raises(InvalidInput):
            read_query(typed, ZONE)
