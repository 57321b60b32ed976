from collections.abc import Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import Literal, final

from securebase._securebase.cloud import AwsCloud, SimulatedCloud
from securebase._securebase.model import LandingZone
from securebase._securebase.table import Table

@final
class StateResource:
    """A resource the state knows of."""

    @property
    def address(self) -> str:
        """Its address."""
    @property
    def kind(self) -> str:
        """Its kind, in snake_case."""
    @property
    def id(self) -> str:
        """Its id in the cloud."""
    @property
    def tenant(self) -> str | None:
        """The key of the tenant it belongs to."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Resumption:
    """Who went on with a run that was cut off, and when."""

    @property
    def who(self) -> str:
        """Who."""
    @property
    def when(self) -> datetime:
        """When."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RunRecord:
    """One run in the history of a state: who, when, what."""

    @property
    def run(self) -> int:
        """The number of the run, from 1."""
    @property
    def who(self) -> str:
        """Who began it."""
    @property
    def when(self) -> datetime | None:
        """When it began; `None` where it was cut off before its first entry. By the clock of the cloud: a simulated one
        begins in 1970."""
    @property
    def resumed(self) -> list[Resumption]:
        """Who went on with it after it was cut off, and when, in order."""
    @property
    def ended(self) -> datetime | None:
        """When it ended; `None` where it was cut off."""
    @property
    def status(self) -> Literal["succeeded", "failed", "interrupted"]:
        """How it ended; `"interrupted"` where it was cut off."""
    @property
    def plan(self) -> str:
        """The fingerprint of its plan."""
    @property
    def step_count(self) -> int:
        """How many steps it has carried out, or how many resources were found."""
    @property
    def kind(self) -> Literal["apply", "rebuild"]:
        """`"apply"`, or `"rebuild"` where the state was rebuilt from the cloud."""
    @property
    def failed_count(self) -> int:
        """How many steps have failed for good."""
    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """The steps it has carried out: action → kind → number."""
    @property
    def what(self) -> str:
        """What it did, in words."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class LeaseInfo:
    """Who is writing a state."""

    @property
    def who(self) -> str:
        """The user."""
    @property
    def host(self) -> str:
        """The machine."""
    @property
    def pid(self) -> int:
        """The process."""
    @property
    def since(self) -> datetime:
        """Since when."""
    @property
    def expires(self) -> datetime:
        """When somebody else may take over, unless it is renewed before."""
    @property
    def token(self) -> int:
        """The fencing token: one more with every holder."""
    @property
    def ahead(self) -> timedelta | None:
        """How far the clock that wrote it was ahead of this one, where that is more than clocks differ by."""
    @property
    def file(self) -> str:
        """The file or object that holds it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class State:
    """The state at a URL: a directory's path or `file://…`, `s3://bucket/prefix`, or `memory://` for one that ends with the
    object. Nothing is made there before the first run. A state with settings cannot be pickled, because they hold keys: pickle
    its `url` and pass the settings again."""

    def __new__(cls, url: str | PathLike[str], settings: Mapping[str, str] | None = None) -> State:
        """`settings` are for a bucket, named as in the environment but in lower case: `aws_endpoint`, `aws_region` …"""
    @property
    def url(self) -> str:
        """Where it is."""
    def resources(self) -> list[StateResource]:
        """Everything known to exist, by address."""
    def history(self) -> list[RunRecord]:
        """Who did what, when; oldest first."""
    def history_table(self) -> Table:
        """The history as a table: `run, kind, who, began, ended, status, what, resumed_by, resumed_at, plan, step_count,
        failed_count`; moments as text, those who resumed and when joined by line breaks."""
    def lease_info(self) -> LeaseInfo | None:
        """Who is writing, if anybody."""
    def lock_info(self) -> LeaseInfo | None:
        """The earlier name of `lease_info`."""
    def export(self) -> bytes:
        """The whole state as one file, checked; the lease is left out."""
    def import_(self, data: bytes, *, who: str | None = None) -> None:
        """Fills a state that holds nothing from what `export` has given."""
    def rebuild(self, zone: LandingZone, cloud: SimulatedCloud | AwsCloud, *, who: str | None = None) -> int:
        """Writes down what exists of a zone in a cloud, in place of whatever the state knew; the number of the entry in its
        history. For a state that was lost. The cloud is not changed."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> State: ...
    def __deepcopy__(self, _memo: object) -> State: ...
