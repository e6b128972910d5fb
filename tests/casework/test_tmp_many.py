from time import perf_counter
import copy
from django.db import connection
from tests.factories import World, in_review, vote
from jaga.casework import people, withdrawal
from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.terms import DecisionKind
from jaga.records.models import *
def test_many(world: World) -> None:
    case_id = in_review(); vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    case, cast, sub = Case.objects.get(), Vote.objects.get(), Subject.objects.get()
    N=5000
    subs=[]
    for n in range(N):
        s=copy.copy(sub); s.pk=None; s._state=type(sub._state)(); s.account_id=f"@x{n}:localhost"; subs.append(s)
    subs=Subject.objects.bulk_create(subs)
    cases=[]
    for s in subs:
        c=copy.copy(case); c.pk=None; c.subject=s; cases.append(c)
    cases=Case.objects.bulk_create(cases)
    votes=[]
    for c in cases:
        v=copy.copy(cast); v.pk=None; v.case=c; v.accounts=[c.subject_id]; votes.append(v)
    Vote.objects.bulk_create(votes)
    with connection.cursor() as k: k.execute("ANALYZE")
    a=perf_counter(); r=withdrawal.withdraw_what_lapsed(); b=perf_counter()
    print("round", r, b-a)
    a=perf_counter(); people.deactivate_person(world.reviewers[0].person_id, actor=CLI); b=perf_counter()
    print("deactivate", b-a, VoteWithdrawal.objects.count(), CaseAlarm.objects.count())
    assert Case.objects.filter(state="in_review").count()==N+1
