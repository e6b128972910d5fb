"""Many operations in one step of a migration."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class OperationsTogether(Operation):
    """What these operations do one after the other, in a tenth of the time.

    After each operation Django builds the classes of all models again that the changed one leads to. That took most of
    the seconds in which a new installation gets its tables. Here they are built once, after the last. So a table is
    created with all that the other operations add to it, and each column of another table may be changed only once.
    `RunSQL` and `RunPython` stand beside, not inside.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self._created = {one.name_lower for one in operations if isinstance(one, CreateModel)}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change all models; their classes are built when somebody asks for them next."""
        vars(state).pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create and change the tables in their order."""
        for operation in self._of_the_database():
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Take the changes back, the last one first."""
        for operation in reversed(list(self._of_the_database())):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def _of_the_database(self) -> Iterator[Operation]:
        """Without those that are part of a table which is created here."""
        for operation in self.operations:
            if isinstance(operation, CreateModel) or getattr(operation, "model_name_lower", "") not in self._created:
                yield operation

    def describe(self) -> str:
        """The line of `migrate --plan`."""
        return f"Create {len(self._created)} models" if self._created else f"{len(self.operations)} changes"
