"""Read-only checks of a Synapse configuration."""

from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.synapse.api import ADMIN, CLIENT, SynapseApi, part
from jaga.platforms.synapse.feed import PublicRooms

OLDEST = (1, 130)


def check(api: SynapseApi, notices_account: str, feed: PublicRooms | None) -> tuple[Check, ...]:
    """One Check each for version, admin permissions, notices and watcher. Raises PlatformUnreachable."""
    checks = [_version(api)]
    me = api.http.call("GET", f"{CLIENT}/account/whoami")
    name = me.body.get("user_id")
    if not me.ok or not isinstance(name, str):
        return (*checks, Check("credentials", False, "The server does not accept admin_token. Make a new one."))
    checks.append(Check("credentials", True, f"admin_token belongs to {name}."))
    checks.append(_rights(api))
    if checks[-1].ok:
        checks += [_maintenance(api), _notices(api, notices_account)]
    checks.append(_watcher(feed, name))
    return tuple(checks)


def _version(api: SynapseApi) -> Check:
    answer = api.http.call("GET", f"{ADMIN}/v1/server_version")
    version = answer.body.get("server_version")
    numbers = str(version).split(" ")[0].split(".")
    if not answer.ok or len(numbers) < 2 or not all(number.isdigit() for number in numbers[:2]):
        return Check("version", False, "The server does not say which version it is. Is base_url a Synapse server?")
    new_enough = (int(numbers[0]), int(numbers[1])) >= OLDEST
    return Check(
        "version",
        new_enough,
        f"Synapse {version}."
        if new_enough
        else f"Synapse {version} is too old: suspension and memberships need {OLDEST[0]}.{OLDEST[1]}.",
    )


def _rights(api: SynapseApi) -> Check:
    try:
        answer = api.admin("GET", "/v2/users", params={"limit": "1"})
    except CredentialsRefused:
        return Check("admin rights", False, "The account of admin_token is no server administrator. Make it one.")
    return Check(
        "admin rights",
        answer.ok,
        "The account is a server administrator."
        if answer.ok
        else f"The server answers HTTP {answer.status} to an administrator's question.",
    )


def _maintenance(api: SynapseApi) -> Check:
    body = api.look_up("/v1/background_updates/status") or {}
    if body.get("current_updates"):
        # On 1.163, reactivation answers 500 on a new database until its first background updates are done.
        return Check(
            "maintenance",
            False,
            "The server is still preparing its database; until then closed accounts "
            "cannot be restored. Wait a minute and check again.",
        )
    return Check("maintenance", True, "The server's database is ready.")


def _notices(api: SynapseApi, notices_account: str) -> Check:
    # An account that cannot exist: the server reports whether notices are enabled before it looks up the recipient.
    body = {"user_id": f"@:{notices_account.partition(':')[2]}", "content": {}}
    answer = api.admin("POST", "/v1/send_server_notice", body=body)
    if answer.status == 400 and "not enabled" in str(answer.body.get("error")):
        return Check(
            "notices",
            False,
            "Server notices are off, so no statement can be delivered. Set server_notices "
            "with auto_join: true in homeserver.yaml.",
        )
    if api.look_up(f"/v2/users/{part(notices_account)}") is None:
        return Check(
            "notices",
            True,
            f"Server notices are on. {notices_account} appears with the first one; set "
            "options.notices_account if system_mxid_localpart names another.",
        )
    return Check("notices", True, f"Server notices are on, sent by {notices_account}. auto_join must be true.")


def _watcher(feed: PublicRooms | None, admin: str) -> Check:
    if feed is None:
        return Check("watcher", True, "No watcher_token, so public rooms are not read.")
    name = feed.whoami()
    if not name:
        return Check("watcher", False, "The server does not accept watcher_token. Make a new one.")
    if name == admin:
        return Check("watcher", False, "watcher_token must belong to an ordinary account, not to the administrator.")
    count = len(feed.listed())
    hint = "" if count else " Synapse lists none unless room_list_publication_rules in homeserver.yaml allow it."
    return Check("watcher", True, f"Public rooms are read as {name}; {count} are listed.{hint}")
