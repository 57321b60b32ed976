from collections.abc import Awaitable, Callable
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, final

from securebase._securebase.cloud import AwsCloud, SimulatedCloud
from securebase._securebase.plan import Pending
from securebase._securebase.state import State

@final
class Event:
    """One event of a run."""

    @property
    def at_seconds(self) -> float:
        """When, in seconds by the clock of the run: virtual in a simulated cloud, else since 1970."""
    @property
    def name(self) -> str:
        """`begun`, `started`, `retrying`, `reading_back`, `waiting`, `finished`, `failed`, `deferred`, `blocked`
        or `ended`.
        """
    @property
    def address(self) -> str | None:
        """The resource it is about."""
    def to_dict(self) -> dict[str, Any]:
        """The event as a dict: `at` in microseconds, `event`, and what belongs to it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Run:
    """What came of a run."""

    @property
    def status(self) -> Literal["succeeded", "failed", "pending"]:
        """`"succeeded"`, `"failed"`, or `"pending"` where everything is done that can be done now."""
    @property
    def run(self) -> int | None:
        """The number of the run in its state; `None` where there was nothing to do."""
    @property
    def applied(self) -> list[str]:
        """The addresses of the steps that were carried out, in the order in which they were done."""
    @property
    def failed(self) -> list[str]:
        """The addresses of the steps that failed for good."""
    @property
    def errors(self) -> dict[str, str]:
        """Why each of them failed."""
    @property
    def pending(self) -> list[Pending]:
        """The steps that wait for time or for a person: a later plan takes them up."""
    @property
    def blocked(self) -> dict[str, str]:
        """The steps that were not begun, and the failed or pending step each of them waits for."""
    @property
    def events(self) -> list[Event]:
        """Everything that happened, in order."""
    @property
    def calls(self) -> dict[str, tuple[int, float]]:
        """What was called, by `service:Operation`: how often, and for how many seconds together."""
    @property
    def failed_calls(self) -> dict[str, int]:
        """How many calls failed, by AWS's error code."""
    @property
    def duration_seconds(self) -> float:
        """How long it took, by the clock of the cloud."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Pause:
    """Pauses a run: no new call leaves until it is resumed; those under way are waited for, and the lease is kept."""

    def pause(self) -> None:
        """Pauses the run."""
    def resume(self) -> None:
        """Resumes it."""
    @property
    def is_paused(self) -> bool:
        """Whether the run is paused."""

def resume(
    state: State | str | PathLike[str],
    cloud: SimulatedCloud | AwsCloud,
    progress: Callable[[Event], object] | None = None,
    *,
    who: str | None = None,
    wait_for_lease: timedelta | float | None = None,
) -> Run:
    """Goes on with the run that was cut off; does nothing where none was.

    Waits up to `wait_for_lease`, a `timedelta` or seconds, where another process has the state: the lease of a process that died
    runs out within a minute.
    """

def resume_async(
    state: State | str | PathLike[str],
    cloud: SimulatedCloud | AwsCloud,
    progress: Callable[[Event], object] | None = None,
    *,
    who: str | None = None,
    wait_for_lease: timedelta | float | None = None,
) -> Awaitable[Run]:
    """As `resume`, to be awaited."""

def start_root_email_change(cloud: SimulatedCloud | AwsCloud, account_id: str, email: str) -> None:
    """Asks AWS to mail a code to the address that the account's root user shall have. Asking again mails another code."""

def finish_root_email_change(cloud: SimulatedCloud | AwsCloud, account_id: str, email: str, code: str) -> None:
    """Changes the root e-mail address, with the code that was mailed to it."""
