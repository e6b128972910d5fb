"""Rows for queries over flagged texts: what may be searched, what never, and that whole days go."""

from datetime import timedelta

import pytest
from django.db import connection
from tests.factories import PLATFORM, World, in_review, lose_clearance_of, resolved_closure
from tests.watching import LOUD, pair, seen, take_in

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import VictimCause
from jaga.core.terms.people import Clearance
from jaga.privacy.verbs import erasure
from jaga.quality.models import AccessEvent
from jaga.signals.verbs.ban_evasion import record_indicators
from jaga.signals.verbs.victim_protection import propose
from jaga.watch.models.kept import FlaggedText
from jaga.watch.reads.queries import WatchAnswer, run_watch_query
from jaga.watch.verbs import watches as expiry
from jaga.watch.verbs.lookups import read_watch_query
from jaga.watch.verbs.watches import note_opt_outs

PRICE = "open BO area Bandung, 700 ST, DP dulu, wa 0812-0000-1111"


def ask(actor: Actor, **asked: str) -> WatchAnswer:
    return run_watch_query(read_watch_query(asked, actor=actor), actor=actor)


def days() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'records_flaggedtext'::regclass")
        return int(cursor.fetchone()[0])


def test_figures_words_contacts_and_texts_of_cases(world: World) -> None:
    """By rule, category, watch, account and masked contact; words are whole, and all must be there."""
    supervisor = world.supervisor
    (one, two) = take_in(PLATFORM, (seen(PRICE), seen(LOUD, "$2", "@melati:localhost")))
    record_indicators(Report.objects.all())
    answer = ask(supervisor, top="accounts")
    assert (answer.texts, answer.in_cases, len(answer.days), answer.days[-1][1:]) == (2, 2, 7, (2, 2))
    assert [(row.key, row.texts) for row in answer.categories] == [("prostitution_advertising", 2)]
    assert {row.label for row in answer.top} == {"@mawar:localhost", "@melati:localhost"}
    (contact,) = ask(supervisor, top="contacts").top
    assert (contact.texts, "0000" in contact.label) == (2, False)
    assert {row.account: row.text for row in answer.rows}["@mawar:localhost"] == PRICE
    assert [row.case_id for row in ask(supervisor, words="BANDUNG 700").rows] == [one.case_id]
    assert ask(supervisor, words="band").texts == 0
    assert ask(supervisor, contact=contact.key).texts == 2
    assert [row.account for row in ask(supervisor, case=str(two.case_id)).rows] == ["@melati:localhost"]
    assert ask(supervisor, kind="web").texts == 0
    assert AccessEvent.objects.filter(person_id=supervisor.person_id, what="query").count() == 7


def test_no_query_finds_an_account_without_a_case(world: World) -> None:
    """It is counted without words, name and contacts; whoever may open no case cannot even ask for words."""
    case_id = resolved_closure(world)
    account = Case.objects.get(pk=case_id).subject.account_id
    assert take_in(PLATFORM, (seen(PRICE, "$early", account, now() - timedelta(hours=1)),)) == ()
    row = FlaggedText.objects.get()
    assert (row.words, row.contacts, row.case_id) == ([], [], None)
    answer = ask(world.supervisor, top="accounts")
    assert (answer.texts, answer.in_cases, answer.top, ask(world.supervisor, top="contacts").top) == (1, 0, (), ())
    assert (answer.rows[0].text, answer.rows[0].account, answer.rows[0].case_id) == ("", "", None)
    assert (ask(world.supervisor, words="bandung").texts, ask(world.supervisor, case=str(case_id)).texts) == (0, 0)
    for typed in (account, "wa.me", "0812 0000 1111", "t.me/mawar"):
        with pytest.raises(InvalidInput):
            read_watch_query({"words": typed}, actor=world.supervisor)
    administrator = pair(PLATFORM)[1]
    assert ask(administrator).texts == 1
    with pytest.raises(InvalidInput):
        ask(administrator, words="bandung")
    for asked in ({"case": str(case_id)}, {"top": "accounts"}):
        with pytest.raises(NotPermitted):
            ask(administrator, **asked)
    note_opt_outs(PLATFORM, [account])
    assert not FlaggedText.objects.exists()


def test_cases_that_are_closed_to_the_reader_are_in_no_figure(world: World) -> None:
    """Nor a case that became the reader's no more; a protected one is counted for the cleared, without its words."""
    (taken,) = take_in(PLATFORM, (seen(PRICE),))
    case = Case.objects.get(pk=taken.case_id)
    propose([(case, VictimCause.WORDS, None)], actor=SYSTEM)
    case.clearance = Clearance.CHILD_SAFETY
    case.save()
    answer = ask(world.supervisor, top="accounts")
    assert (answer.texts, answer.top, answer.rows[0].text, answer.rows[0].protected) == (1, (), "", True)
    assert ask(world.supervisor, words="bandung").texts == 0
    with pytest.raises(NotFound):
        ask(world.supervisor, case=str(case.pk))
    lose_clearance_of(world.supervisor)
    assert (ask(world.supervisor).texts, ask(world.supervisor).rows) == (0, ())


def test_rows_follow_their_report_and_go_with_it_or_with_their_day(world: World) -> None:
    """Moved with the report, deleted with its words; after thirty days the whole day is dropped, also unread ones."""
    take_in(PLATFORM, (seen(PRICE), seen(LOUD, "$2", "@melati:localhost")))
    first, second = FlaggedText.objects.order_by("pk")
    other = in_review(account="@lain:localhost")
    Report.objects.filter(pk=first.report_id).update(case=other)
    assert FlaggedText.objects.get(pk=first.pk).case_id == other
    erasure.erase(reports=[second.report_id or 0], rule="request", actor=SYSTEM)
    erasure.carry_out_erasures()
    assert FlaggedText.objects.get().pk == first.pk
    expiry.forget_findings()
    before = days()
    with frozen(now() + timedelta(days=29)):
        expiry.forget_findings()
        assert FlaggedText.objects.exists()
    with frozen(now() + timedelta(days=30)):
        expiry.forget_findings()
        assert not FlaggedText.objects.exists()
    assert before >= 3
