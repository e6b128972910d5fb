"""Which state may follow which: actions, notices, appeals, batches and whatever else has states.

Cases have their own table in `core.cases`, referrals theirs in `core.referrals`. A verb that writes a state asks its
table first. `tools/pictures.py` draws the pictures in `docs/subsystems` from all of these tables.

A state may follow itself: writing it again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from jaga.core.errors import IllegalTransition
from jaga.core.terms.cases import ActionState, AppealState, VictimState
from jaga.core.terms.outside import AdoptionState, DeliveryState, HeldState, NoticeState, ObjectionState
from jaga.core.terms.privacy import PersonRequestState
from jaga.core.terms.reports import BatchState, MediaState, ModelState

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True)
class Lifecycle(Generic[State]):
    """Where a record begins, and for each state which may follow, with what happens then in a few words."""

    first: tuple[State, ...]
    follow: Mapping[State, Mapping[State, str]]

    def to(self, before: str, after: State) -> State:
        """`after`, where it may follow `before`. Raises IllegalTransition."""
        state = type(after)(before)
        if after is state or after in self.follow.get(state, {}):
            return after
        raise IllegalTransition


_A = ActionState
ACTION = Lifecycle(
    (_A.PENDING,),
    MappingProxyType(
        {
            _A.PENDING: {
                _A.WAITING: "operator was asked, or a person must check",
                _A.DONE: "observed as decided",
                _A.STUCK: "refused, or attempts used up",
                _A.ENDED: "no longer wanted",
            },
            _A.WAITING: {
                _A.PENDING: "operator answered, or is asked again",
                _A.DONE: "observed as decided",
                _A.STUCK: "operator refused",
                _A.ENDED: "notice withdrawn",
            },
            _A.STUCK: {
                _A.PENDING: "a person lets it be tried again",
                _A.ENDED: "a supervisor ends it",
            },
        }
    ),
)
"""An action on a platform. Done and ended are final; `guards/actions.sql` refuses to change them, too."""

_N = NoticeState
NOTICE = Lifecycle(
    (_N.SENT,),
    MappingProxyType(
        {
            _N.SENT: {
                _N.RECEIVED: "provably received, the clock starts",
                _N.WITHDRAWN: "no longer asked for",
            },
            _N.RECEIVED: {
                _N.ASKED_BACK: "operator needs a correction, the clock rests",
                _N.ANSWERED: "done, already so, or refused",
                _N.WITHDRAWN: "no longer asked for",
            },
            _N.ASKED_BACK: {
                _N.RECEIVED: "corrected",
                _N.ANSWERED: "answered without the correction",
                _N.WITHDRAWN: "no longer asked for",
            },
            _N.ANSWERED: {
                _N.RECEIVED: "a supervisor asks again",
            },
        }
    ),
)
"""A notice to an operator's people."""

_O = ObjectionState
OBJECTION = Lifecycle(
    (_O.OPEN,),
    MappingProxyType(
        {
            _O.OPEN: {_O.ACCEPTED: "notice withdrawn, action ended", _O.REJECTED: "with reasons"},
        }
    ),
)
"""An operator's objection to a notice; decided once by a supervisor."""

_P = AppealState
APPEAL = Lifecycle(
    (_P.OPEN,),
    MappingProxyType(
        {
            _P.OPEN: {_P.UPHELD: "the decision stands", _P.OVERTURNED: "the decision is undone"},
        }
    ),
)
"""An appeal, and likewise what its holder wrote once more after it was upheld."""

_D = DeliveryState
DELIVERY = Lifecycle(
    (_D.WAITING,),
    MappingProxyType(
        {
            _D.WAITING: {_D.DELIVERED: "answered 2xx", _D.DEAD: "attempts used up, or endpoint disabled"},
            _D.DEAD: {_D.WAITING: "sent again by hand"},
        }
    ),
)
"""A webhook's message. What was delivered is deleted after a month."""

_B = BatchState
BATCH = Lifecycle(
    (_B.RECEIVED,),
    MappingProxyType(
        {
            _B.RECEIVED: {
                _B.READY: "every row was checked",
                _B.CANCELLED: "sender cancels",
                _B.FAILED: "cannot be read",
            },
            _B.READY: {
                _B.RUNNING: "started",
                _B.CANCELLED: "sender cancels",
                _B.RECEIVED: "sent again for another platform or category",
            },
            _B.RUNNING: {
                _B.DONE: "every good row is a report",
                _B.CANCELLED: "sender cancels, or may no longer report",
                _B.FAILED: "cannot be worked on",
            },
            _B.CANCELLED: {
                _B.RUNNING: "started again",
                _B.RECEIVED: "started again before it was checked",
            },
            _B.FAILED: {_B.RECEIVED: "sent again"},
        }
    ),
)
"""A file of many reports."""

_H = HeldState
HELD_REQUEST = Lifecycle(
    (_H.HELD,),
    MappingProxyType(
        {
            _H.HELD: {_H.RELEASED: "officer called back, order filed", _H.REJECTED: "not the officer's request"},
        }
    ),
)
"""A request that came without proof of its officer; decided once by a supervisor."""

_M = ModelState
MODEL = Lifecycle(
    (_M.PROPOSED,),
    MappingProxyType(
        {
            _M.PROPOSED: {_M.APPROVED: "a second person puts it into use", _M.REJECTED: "refused"},
            _M.APPROVED: {_M.RETIRED: "replaced, or taken out of use"},
            _M.RETIRED: {_M.APPROVED: "put back into use"},
        }
    ),
)
"""A trained model. The database knows the same four arrows (`guards/screening.sql`)."""

_V = VictimState
VICTIM = Lifecycle(
    (_V.NONE, _V.PROPOSED, _V.LIFTED),
    MappingProxyType(
        {
            _V.NONE: {_V.PROPOSED: "a sign was found", _V.CONFIRMED: "two votes"},
            _V.PROPOSED: {_V.CONFIRMED: "two votes", _V.LIFTED: "two votes"},
            _V.CONFIRMED: {_V.LIFTED: "two votes and a supervisor"},
            _V.LIFTED: {_V.PROPOSED: "a new sign", _V.CONFIRMED: "two votes"},
        }
    ),
)
"""Whether a case takes the victim-first way."""

_R = AdoptionState
ADOPTION = Lifecycle(
    (_R.PROPOSED, _R.IN_FORCE),
    MappingProxyType(
        {
            _R.PROPOSED: {
                _R.IN_FORCE: "a second person confirms",
                _R.REFUSED: "a person refuses, with reasons",
                _R.LAPSED: "a day is over",
            },
            _R.IN_FORCE: {_R.REPLACED: "another release comes into force"},
        }
    ),
)
"""A policy release. The first one, one that a supervisor goes back to, and one in an emergency are in force at once."""

_Q = PersonRequestState
PERSON_REQUEST = Lifecycle(
    (_Q.TO_CHECK, _Q.IN_WORK),
    MappingProxyType(
        {
            _Q.TO_CHECK: {
                _Q.IN_WORK: "identity checked",
                _Q.TO_RELEASE: "refusal drafted: nobody could check who asks",
            },
            _Q.IN_WORK: {_Q.TO_RELEASE: "answer drafted"},
            _Q.TO_RELEASE: {
                _Q.ANSWERED: "released by a second person",
                _Q.REFUSED: "refusal released by a second person",
                _Q.IN_WORK: "sent back to whoever drafted it",
                _Q.TO_CHECK: "refusal sent back: check who asks",
            },
        }
    ),
)
"""A request about one's own data. A request with a receipt begins in work: the receipt is the check."""

_W = MediaState
MEDIA = Lifecycle(
    (_W.NAMED, _W.UNAVAILABLE),
    MappingProxyType(
        {
            _W.NAMED: {_W.ASKED: "a person asks on the case", _W.UNAVAILABLE: "erased"},
            _W.ASKED: {
                _W.KEPT: "copied, with the hash that was named",
                _W.UNAVAILABLE: "not there, not a picture, or no longer permitted",
            },
        }
    ),
)
"""A picture that a flagged text names. Of one that is named by its hash alone nothing can be copied."""
