"""`jaga alarms`: whether deadline alarms reach anyone outside the console."""

import secrets

import click

from jaga.app.commands.records import open_records


@click.group()
def alarms() -> None:
    """Test the alarms that are sent by mail and webhook.

    docs/operations.md, *Alarms outside the console*, says how to set them up.
    """


@alarms.command()
def test() -> None:
    """Send a test alarm to every configured recipient.

    It names no case and is kept nowhere. Status 1 if nobody would be alarmed, or if one did not take it. Run it with
    the settings that Jaga itself has.
    """
    open_records()
    from jaga.actions.jobs import AlarmNotSent, deliver
    from jaga.actions.verbs.alarm_messages import trial_messages

    messages, failed = trial_messages(f"alarm-test-{secrets.token_hex(8)}"), 0
    if not messages:
        raise click.ClickException(
            "Nobody would be alarmed. Set JAGA_ALARM_WEBHOOK_URL and its key, or JAGA_SMTP_URL and JAGA_ALARM_MAIL; "
            "with a mail server, supervisors can also enter their own address under Alarms in the console."
        )
    for message in messages:
        where = f"{message.way}: {message.address}" if message.address else message.way
        try:
            deliver(message)
        except AlarmNotSent as refused:
            failed += 1
            click.echo(f"FAILED {where}: {refused}")
        else:
            click.echo(f"ok     {where}: accepted by the receiver")
    if failed:
        raise SystemExit(1)
