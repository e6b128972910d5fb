"""How long each group of the inventory is kept, by the name of its period.

Three sources: the rules of the release (`retention.yaml`), the sweeps that delete by themselves (`swept.SWEPT`), and
`Lasting` for what no clock ends.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from jaga.casework.privacy.swept import SWEPT
from jaga.core.terms.retention import DataKind

SWEEPS: Mapping[str, timedelta] = MappingProxyType({name: sweep.kept for name, sweep in SWEPT.items()})
"""What deletes itself, and after how long."""


def period_names() -> frozenset[str]:
    """The names that `FieldGroup.retention` may have besides those of `Lasting`."""
    return frozenset((*SWEEPS, *DataKind))
