"""Everything an administrator needs to know about a platform: configuration, capabilities and health."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from jaga.app import config
from jaga.core.canonical import rfc3339
from jaga.core.errors import JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.sealing import CredentialLocked, KeyFile, is_sealed
from jaga.platforms.registry import open_adapter
from jaga.platforms.settings import known_credentials, known_options, unknown_settings

Facts = dict[str, Any]
_ROW = """
SELECT p.display_name, o.name AS operator, p.watched, p.concurrency, p.practice, p.by_notice, h.last_ok_at,
    h.last_failed_at, h.failures, h.open_until, h.why
FROM records_platform p JOIN records_organisation o ON o.id = p.operator_id
LEFT JOIN records_platformhealth h ON h.platform_id = p.id WHERE p.name = %s"""


def facts_of(block: PlatformConfiguration, key_file: KeyFile) -> Facts:
    """Facts from the configuration block, without the database. Credential values are never shown."""
    facts: Facts = {
        "name": block.name,
        "adapter": block.adapter,
        "base_url": block.base_url,
        "server_name": block.server_name,
        "options": dict(block.options),
    }
    try:
        meanings = known_credentials(block)
        facts["credentials"] = {
            name: _state(block, name, key_file) for name in {**(meanings or {}), **block.credentials}
        }
        facts["unknown_settings"] = unknown_settings(block)
        facts["possible_options"] = {
            name: meaning for name, meaning in (known_options(block) or {}).items() if name not in block.options
        }
    except JagaError as wrong:  # The adapter is unknown or broken.
        facts["credentials"] = {name: _state(block, name, key_file) for name in block.credentials}
        facts["problem"] = wrong.english()
        return facts
    return facts | _able(block, key_file)


def facts_in_database(name: str) -> Facts:
    """Facts from the database: offered, watched, last contact.

    Starts the embedded database if used.

    If it cannot be queried, `database` says why.
    """
    from jaga.app.services.database import database

    if not config.given_database() and not (config.home() / "postgres" / "data").exists():
        return {"database": "there is none yet: it is made by the first start"}
    try:
        with database() as url, psycopg.connect(url, connect_timeout=5, row_factory=dict_row) as connection:
            row = connection.execute(_ROW, [name]).fetchone()
    except (JagaError, psycopg.Error, OSError) as away:
        return {"database": f"it does not answer ({getattr(away, 'code', type(away).__name__)})"}
    if row is None:
        return {"offered": False}
    return {
        "offered": True,
        **{key: rfc3339(value) if hasattr(value, "tzinfo") else value for key, value in row.items()},
    }


def lines_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """The facts as readable lines."""
    yield f"{facts['name']}: {facts['adapter']} at {facts['base_url']} ({facts['server_name']})"
    yield from _set(facts)
    yield from _can(facts)
    yield from _answers(facts)


def _state(block: PlatformConfiguration, name: str, key_file: KeyFile) -> str:
    text = block.credentials.get(name)
    if not text:
        return "not set"
    if not is_sealed(text):
        return "set, NOT SEALED"
    try:
        key_file.keys().open(text, block.name, name)
    except CredentialLocked:
        return "set, CANNOT BE OPENED"
    except JagaError as wrong:
        return f"set; {wrong.code}"
    return "set, sealed"


def _able(block: PlatformConfiguration, key_file: KeyFile) -> Facts:
    from jaga.platforms.kit.credentials import load_configuration

    try:
        opened = load_configuration(config.home() / "platforms.toml", block.name, key_file)
        declared = open_adapter(opened).capabilities()
    except JagaError as wrong:
        return {"problem": wrong.english()}
    return {
        "reached": "by notice" if declared.by_notice else "by its interface",
        "lag_seconds": declared.lag,
        "steps": {
            str(step): {
                "supported": able.supported,
                "reversible": able.reversible,
                "lost_on_undo": list(able.lost_on_undo),
                "note": able.note,
            }
            for step, able in declared.steps.items()
        },
    }


def _set(facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in facts["options"].items():
        yield f"  option {name} = {value}"
    for name, state in facts["credentials"].items():
        yield f"  credential {name}: {state}"
    for name, meaning in facts.get("possible_options", {}).items():
        yield f"  option {name} is not set: {meaning}"
    for each in facts.get("unknown_settings", ()):
        yield f"  UNKNOWN {each}: the adapter does not read it"


def _can(facts: Mapping[str, Any]) -> Iterator[str]:
    if "problem" in facts:
        yield f"  NOT USABLE: {facts['problem']}"
        return
    yield f"  reached {facts['reached']}" + (f", lag {facts['lag_seconds']:g} s" if facts["lag_seconds"] else "")
    for step, able in facts["steps"].items():
        answer = "no" if not able["supported"] else "yes" if able["reversible"] else "yes, and it cannot be undone"
        more = [
            *([f"an undo does not bring back {', '.join(able['lost_on_undo'])}"] if able["lost_on_undo"] else []),
            *([able["note"]] if able["note"] else []),
        ]
        yield f"  {step}: {answer}" + "".join(f"; {one}" for one in more)


def _answers(facts: Mapping[str, Any]) -> Iterator[str]:
    if "database" in facts:
        yield f"  the database was not asked: {facts['database']}"
        return
    if not facts["offered"]:
        yield f"  NOT OFFERED to reporters: jaga admin platform {facts['name']} …"
        return
    yield f"  offered as “{facts['display_name']}”, operator {facts['operator']}"
    yield f"  watch {'on' if facts['watched'] else 'off'}; {facts['concurrency']} accounts at a time"
    yield f"  last answer {facts['last_ok_at'] or 'never'}; last failure {facts['last_failed_at'] or 'never'}"
    if facts["failures"]:
        next_try = facts["open_until"] or "now"
        yield f"  SILENT: {facts['failures']} failures in a row ({facts['why']}); next try {next_try}"
