"""Which SQL a mapping may contain: one statement of a known kind, with values as parameters.

It is parsed with sqlglot, and the sent text is generated from the parse tree, so nothing is sent that was understood
differently. Everything outside the allowlists below is rejected.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

WHO = frozenset({"id", "name"})
"""The parameters that identify the row; every statement uses one of them."""

_EXPRESSIONS = (
    exp.Select,
    exp.From,
    exp.Join,
    exp.Table,
    exp.TableAlias,
    exp.Alias,
    exp.Column,
    exp.Identifier,
    exp.Where,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Is,
    exp.Null,
    exp.Boolean,
    exp.Literal,
    exp.Placeholder,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.In,
    exp.Tuple,
    exp.Like,
    exp.ILike,
    exp.Between,
    exp.Case,
    exp.If,
    exp.Coalesce,
    exp.Nullif,
    exp.Greatest,
    exp.Least,
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Length,
    exp.Substring,
    exp.Concat,
    exp.DPipe,
    exp.Translate,
    exp.Replace,
    exp.Left,
    exp.Right,
    exp.Count,
    exp.Max,
    exp.Min,
    exp.Sum,
    exp.Star,
    exp.Distinct,
    exp.Subquery,
    exp.Exists,
    exp.Limit,
    exp.Order,
    exp.Ordered,
    exp.Group,
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.Interval,
    exp.Var,
    exp.Extract,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Mod,
    exp.Neg,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONPath,
    exp.JSONPathKey,
    exp.JSONPathRoot,
    exp.JSONPathSubscript,
)
_CHANGES = (exp.Update, exp.Insert, exp.Schema, exp.Values)


class StatementRefused(ValueError):
    """The statement is not allowed in a mapping; the message says why in plain words."""


@dataclass(frozen=True)
class SqlStatement:
    """One statement as sent, with `$1`, `$2`, … for parameters. `changes`: it is not a lookup."""

    text: str
    parameters: tuple[str, ...]
    changes: bool

    def values(self, parameters: Mapping[str, str]) -> list[str]:
        """The values of its parameters, in order."""
        return [parameters[name] for name in self.parameters]


def statement(written: str, *, changes: bool, allowed: frozenset[str]) -> SqlStatement:
    """Parse one statement of a mapping; `allowed` are the available parameters. Raises StatementRefused."""
    tree = _one(written)
    top: tuple[type[exp.Expr], ...] = (exp.Update, exp.Insert) if changes else (exp.Select,)
    if not isinstance(tree, top):
        wanted = "an UPDATE or an INSERT" if changes else "a SELECT"
        raise StatementRefused(f"it must be {wanted}, and it is {_called(tree)}")
    for node in tree.walk():
        _check(node, tree, changes=changes)
    if isinstance(tree, exp.Update) and tree.args.get("where") is None:
        raise StatementRefused("it has no WHERE, so it would change every row")
    names: list[str] = []

    def numbered(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Placeholder):
            return node
        names.append(str(node.this or ""))
        return exp.Parameter(this=exp.Literal.number(len(names)))

    text = tree.transform(numbered).sql(dialect="postgres", comments=False)
    if unknown := sorted(set(names) - allowed):
        listed = ", ".join(f":{name}" for name in sorted(allowed))
        raise StatementRefused(f"it has the parameter {', '.join(f':{name}' for name in unknown)}; here are {listed}")
    where = tree.args.get("where")
    if not WHO & {
        str(node.this)
        for node in (where.walk() if isinstance(tree, exp.Update) and where else tree.walk())
        if isinstance(node, exp.Placeholder)
    }:
        raise StatementRefused(
            "it names no :id (or :name), so it would not be about the account"
            + (" (in its WHERE)" if isinstance(tree, exp.Update) else "")
        )
    return SqlStatement(text, tuple(names), changes)


def _one(written: str) -> exp.Expr:
    try:
        found = [tree for tree in sqlglot.parse(written, dialect="postgres") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise StatementRefused(f"it cannot be read: {str(error).splitlines()[0][:150]}") from None
    if len(found) != 1:
        raise StatementRefused(f"it holds {len(found)} statements, and must hold one")
    return found[0]


def _check(node: exp.Expr, tree: exp.Expr, *, changes: bool) -> None:
    if isinstance(node, exp.Anonymous):
        raise StatementRefused(f"it calls {node.name.upper()}, which no map may call")
    if type(node) not in _EXPRESSIONS and not (changes and type(node) in _CHANGES):
        raise StatementRefused(f"it holds {_called(node)}, which no map may hold")
    if type(node) in (exp.Update, exp.Insert) and node is not tree:
        raise StatementRefused("it changes something within another statement")
    if isinstance(node, exp.Insert) and (node.args.get("conflict") or node.args.get("overwrite")):
        raise StatementRefused("it inserts over what is there")
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        raise StatementRefused("it reads from a function")


def _called(node: exp.Expr) -> str:
    return str(node.this if isinstance(node, exp.Command) else node.key).upper()
