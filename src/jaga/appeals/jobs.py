"""Delivers notices on the platform that an appeal was answered and the decision upheld."""

from jaga.appeals.verbs.suspension import AppealNotice, news_delivered, news_failed, news_of
from jaga.core.platforms import PlatformPort
from jaga.core.terms.cases import AccountState, OutcomeKind, PlatformTask, Step
from jaga.platforms.kit.guard import can_act
from jaga.work.adapters import adapter_for, turn_on
from jaga.work.faults import contained, may_begin

_UNREADABLE = (AccountState.CLOSED, AccountState.MISSING)


def deliver_notices_of(platform: str) -> int:
    """Deliver the due notices of one platform; returns how many were delivered.

    An unavailable platform is left for a later run. A closed or missing account is not notified.
    """
    delivered = 0
    for news in news_of(platform):
        if not may_begin(platform, PlatformTask.ACTIONS):
            break
        # Under the account's lock, since two workers that both check before sending would both send it.
        with contained(platform, PlatformTask.ACTIONS) as attempt, turn_on(news.account) as turn:
            if turn is None:
                continue
            adapter = adapter_for(platform)
            if not can_act(adapter) or not adapter.capabilities().can(Step.DELIVER):
                news_failed(news.news_id, "no_way", for_good=True)
                continue
            delivered += _deliver(news, adapter)
        if attempt.silent or attempt.faulty:
            news_failed(news.news_id, "no_answer")
            if attempt.silent:
                break
    return delivered


def _deliver(news: AppealNotice, adapter: PlatformPort) -> bool:
    if adapter.observe(news.account).state in _UNREADABLE:
        news_failed(news.news_id, "cannot_be_read", for_good=True)
        return False
    result = adapter.deliver(news.account, news.text, news.key)
    if result.kind in (OutcomeKind.DONE, OutcomeKind.ALREADY):
        news_delivered(news.news_id)
        return True
    news_failed(news.news_id, result.kind, for_good=result.kind is not OutcomeKind.UNKNOWN)
    return False
