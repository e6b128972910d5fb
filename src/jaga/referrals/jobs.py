"""Periodic task for referrals; it also recovers sendings lost when a worker died."""

from jaga.actions.verbs.alarm_messages import write_alarm_messages
from jaga.core.actors import SYSTEM
from jaga.referrals.verbs.replies import (
    forget_messages,
    mailed_referrals,
    note_sent,
    raise_referral_alarms,
    remind_receivers,
    send_referral,
    tell_receivers_of_mistakes,
    unsent_referrals,
)


def maintain_referrals() -> int:
    """Resend lost referrals, record sent mails, remind and raise alarms; returns how many things were done."""
    done = sum(send_referral(number, actor=SYSTEM) for number in unsent_referrals())
    done += sum(note_sent(number, actor=SYSTEM) for number in mailed_referrals())
    raised = raise_referral_alarms()
    if raised:
        write_alarm_messages()
    return done + remind_receivers() + tell_receivers_of_mistakes() + raised + forget_messages()
