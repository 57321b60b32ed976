from typing import Literal, final

@final
class Problem:
    """One finding: what is wrong, where, and how to correct it."""

    @property
    def severity(self) -> Literal["error", "warning"]:
        """`"error"` or `"warning"`."""
    @property
    def code(self) -> str:
        """A stable word for the kind of finding."""
    @property
    def path(self) -> str:
        """Where in the document or the plan."""
    @property
    def message(self) -> str:
        """What is wrong."""
    @property
    def hint(self) -> str:
        """What to do about it."""
    @property
    def file(self) -> str | None:
        """The file, as the caller named it."""
    @property
    def line(self) -> int | None:
        """The line in the file, from 1."""
    @property
    def column(self) -> int | None:
        """The column in characters, from 1."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
