"""The engine of a policy release: lexicon, rules, contacts and signatures. For workers and the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jaga.core.caches import built_once
from jaga.policy.release import PolicyRelease
from jaga.policy.screening_rules import CONTACT_KINDS, ScreeningRule
from jaga.screening.contacts.kernel import KINDS, contacts_of_block
from jaga.screening.engine.engine import Engine, StageInput
from jaga.screening.engine.false_alarms import filter_of
from jaga.screening.engine.lexicon import Lexicon
from jaga.screening.engine.spoken import ContactColumn, SignatureColumn
from jaga.screening.rules.rule_set import ContextColumns, RuleSet
from jaga.screening.rules.rules import TextContext, contact_kind, phrases_in
from jaga.screening.rules.sentences import NEARLY_MARK, SOURCE, rule_sentence, rules_of, with_nearly
from jaga.screening.text.block import Hits
from jaga.screening.text.findings import Findings, Kind
from jaga.screening.text.signals import Place

_CONTACT_KIND = np.array([CONTACT_KINDS.index(contact_kind(kind)) for kind in KINDS], np.int32)


@built_once(4)
def engine_of(release: PolicyRelease) -> Engine:
    """The engine with everything of the release. Built once per release; thread-safe. Raises BadModel."""
    return replace(unfiltered_engine_of(release), filter=filter_of(release))


@built_once(4)
def unfiltered_engine_of(release: PolicyRelease) -> Engine:
    """The engine without the false-alarm filter: what the rules alone say. Equal to `ruled.reference`."""
    rules = with_nearly(rules_of(release))
    lexicon = Lexicon(release.lexicon, release.hash, phrases_in(rules.rules, rules.lists), keep=True)
    return Engine(
        phrases=lexicon.phrases,
        contacts=contacts_of_block,
        stages=(lexicon, RuleStage(RuleSet(rules, lexicon.written, keep=True), release)),
        columns=(ContactColumn(), SignatureColumn()),
    )


class RuleStage:
    """The live rules of a release, and tentatively what nearly fulfils them; shadow rules yield no signals here.

    Context comes from the table's columns `platform`, `surface`, `age_days`, `copies`, `decided` (numbers, null:
    unknown) and `lists` (list of names).
    """

    def __init__(self, rules: RuleSet, release: PolicyRelease) -> None:
        self._rules, self._release = rules, release
        self._live = [number for number, rule in enumerate(rules.rules) if rule.mode == "live"]
        self._kind = np.full(len(rules.rules), -1, np.int32)
        self._kind[self._live] = np.arange(len(self._live))
        self.kinds = tuple(
            Kind(SOURCE, release.hash, rule.category, rule.key, rule.branch == "victim_first", _is_nearly(rule))
            for rule in map(rules.rules.__getitem__, self._live)
        )

    def signals(self, given: StageInput) -> Findings:
        """One signal per place of each matching rule."""
        row, key, start, end = given.contacts.hits
        contacts = Hits(row, _CONTACT_KIND[key], start, end)
        row, rule, start, end = self._rules.evaluate(given.block, given.phrases, contacts, context_columns(given.rows))
        live = self._kind[rule] >= 0
        return Findings(row[live], self._kind[rule[live]], self._rules.weights[rule[live]], start[live], end[live])

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """Which rule matched or nearly did, and on which words."""
        rule = self._rules.rules[self._live[kind]]
        if not _is_nearly(rule):
            return rule_sentence(rule, places, text, self._release)
        return rule_sentence(
            replace(rule, key=rule.key.removesuffix(NEARLY_MARK)), places, text, self._release, nearly=True
        )


def _is_nearly(rule: ScreeningRule) -> bool:
    return rule.key.endswith(NEARLY_MARK)


def columns_of(abouts: Sequence[TextContext]) -> dict[str, pa.Array]:
    """Contexts as the columns `context_columns` reads."""
    return {
        "platform": pa.array([about.platform for about in abouts], pa.string()),
        "surface": pa.array([about.surface for about in abouts], pa.string()),
        "age_days": pa.array([about.age_days for about in abouts], pa.float64()),
        "copies": pa.array([about.copies for about in abouts], pa.int64()),
        "decided": pa.array([about.decided for about in abouts], pa.int64()),
        "lists": pa.array([sorted(about.lists) for about in abouts], pa.list_(pa.string())),
    }


def context_columns(rows: pa.Table) -> ContextColumns:
    """The context of a table's texts."""

    def column(name: str, missing: object, kind: type[np.generic]) -> Any:
        if name not in rows.column_names:
            return None
        return np.array([missing if one is None else one for one in rows[name].to_pylist()], kind)

    return ContextColumns(
        column("platform", "", np.str_),
        column("surface", "", np.str_),
        column("age_days", np.nan, np.float64),
        column("copies", -1, np.int64),
        column("decided", -1, np.int64),
        _lists(rows),
    )


def _lists(rows: pa.Table) -> dict[str, npt.NDArray[np.bool_]]:
    if "lists" not in rows.column_names:
        return {}
    named = [frozenset(one or ()) for one in rows["lists"].to_pylist()]
    return {name: np.array([name in one for one in named], np.bool_) for name in frozenset().union(*named)}
