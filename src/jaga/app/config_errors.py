"""Errors of the environment's settings; each names the setting and how to correct it."""

from jaga.core.errors import N_, JagaError


class WrongPort(JagaError):
    """A port that is not a number or is reserved for root."""

    code = "wrong_port"
    sentence = N_("%(name)s is “%(given)s”, which is not a usable port.")
    remedy = N_("Give a number from 1024 to 65535, or leave it out.")


class WrongNumber(JagaError):
    """A setting that must be a small number."""

    code = "wrong_number"
    sentence = N_("%(name)s is “%(given)s”, which is not a number from 0 to 9.")
    remedy = N_("Give such a number, or leave it out.")


class SamePort(JagaError):
    """Two servers on one port."""

    code = "same_port"
    sentence = N_("JAGA_PORT and SYNAPSE_PORT are both %(port)s, but each server needs a port of its own.")
    remedy = N_("Give another number to one of them, or leave both out.")


class WrongAddress(JagaError):
    """A base URL that cannot be opened, or below which Jaga does not work."""

    code = "wrong_address"
    sentence = N_("JAGA_BASE_URL is “%(given)s”, which is not an address of a site.")
    remedy = N_("Give http:// or https:// and the host, without a path: https://jaga.example.id.")


class WrongPractice(JagaError):
    """Practice or real is never guessed: in practice anyone can sign in, and deadlines mean nothing."""

    code = "wrong_practice"
    sentence = N_("PRACTICE is “%(given)s”, which is neither 0 nor 1.")
    remedy = N_("Say PRACTICE=0 for the real thing, or PRACTICE=1 (or leave it out) for a practice.")


class WrongHostKind(JagaError):
    """An installation belongs to an operator or an authority."""

    code = "wrong_host_kind"
    sentence = N_("HOST is “%(given)s”, which is neither operator nor authority.")
    remedy = N_("Say HOST=operator or HOST=authority, or leave it out for an operator's installation.")


class WrongDatabase(JagaError):
    """A database of another kind. The value may contain a password and is not repeated."""

    code = "wrong_database"
    sentence = N_("%(name)s does not begin with postgresql:// or postgres://; Jaga works on PostgreSQL only.")
    remedy = N_("Give postgresql://USER:PASSWORD@HOST:PORT/NAME, or leave it out: Jaga brings a database of its own.")


class WrongMailServer(JagaError):
    """An invalid mail server URL. It may contain a password and is not repeated."""

    code = "wrong_mail_server"
    sentence = N_("JAGA_SMTP_URL is not an address of a mail server.")
    remedy = N_("Give smtp://USER:PASSWORD@HOST:PORT?tls=1&from=jaga@example.id, or leave it out: no mail is sent.")


class WrongAlarmAddress(JagaError):
    """Not a list of mail addresses."""

    code = "wrong_alarm_address"
    sentence = N_("JAGA_ALARM_MAIL is “%(given)s”, which is not a list of mail addresses.")
    remedy = N_("Give at most 20 addresses with commas between them: piket@example.id,kepala@example.id.")


class WrongReceiverMail(JagaError):
    """Not a valid mapping of referral receivers to mail addresses."""

    code = "wrong_receiver_mail"
    sentence = N_("JAGA_RECEIVER_MAIL is “%(given)s”, which is no list of receivers with their mail addresses.")
    remedy = N_("Give keys of receivers.yaml with an address each, commas between: lpsk=meja@example.id.")


class WrongAlarmHook(JagaError):
    """An invalid alarm webhook URL or signing key. Both may be secret and are not repeated."""

    code = "wrong_alarm_hook"
    sentence = N_("JAGA_ALARM_WEBHOOK_URL and JAGA_ALARM_WEBHOOK_KEY do not name a webhook: %(why)s.")
    remedy = N_("Give an https:// address and a key that begins with whsec_ (docs/operations.md), or leave both out.")


class WrongRate(JagaError):
    """A limit that is not a number of reports."""

    code = "wrong_rate"
    sentence = N_("JAGA_REPORTS_PER_MINUTE is “%(given)s”, which is not a number from 0 to 99999.")
    remedy = N_("Give such a number (0 means without a limit), or leave it out for 60.")


class WrongRoom(JagaError):
    """A minimum of free disk space that is not a number of megabytes."""

    code = "wrong_room"
    sentence = N_("JAGA_LEAST_FREE_MB is “%(given)s”, which is not a number from 1 to 99999999.")
    remedy = N_("Give such a number of megabytes, or leave it out for 200.")


class WrongLedgerSeconds(JagaError):
    """A rhythm of published heads that no installation may have."""

    code = "wrong_ledger_seconds"
    sentence = N_("JAGA_LEDGER_SECONDS is “%(given)s”, which is not a number of seconds that divides an hour.")
    remedy = N_(
        "Leave it out: heads are published every hour. Only a practice (PRACTICE=1) may be told another "
        "number, such as 60."
    )


class WrongPolicyFolder(JagaError):
    """The folder of the policy release is no folder."""

    code = "wrong_policy_folder"
    sentence = N_("JAGA_POLICY is “%(given)s”, which is no folder.")
    remedy = N_("Give the folder of a policy release, or leave it out for the shipped one.")


class WrongDelay(JagaError):
    """A delay that is not a number of seconds."""

    code = "wrong_delay"
    sentence = N_("UNDO_WINDOW_SECONDS is “%(given)s”, which is not a number from 0 to 86400.")
    remedy = N_("Give such a number (0 means that nothing waits), or leave it out for the policy's minutes.")


class TooShortDelay(JagaError):
    """A delay that is only allowed in practice."""

    code = "too_short_delay"
    sentence = N_("UNDO_WINDOW_SECONDS is %(given)s. A closure must stay undoable for at least %(least)s seconds.")
    remedy = N_(
        "Give at least that number, or leave it out for the policy's minutes. Only a practice (PRACTICE=1) may "
        "be told less."
    )
