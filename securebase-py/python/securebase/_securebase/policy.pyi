from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, final

from securebase._securebase.problem import Problem
from securebase._securebase.table import Table

_Document: TypeAlias = PolicyDocument | Mapping[str, Any] | str
_Levels: TypeAlias = Iterable[Iterable[_Document | tuple[str, _Document]]]
_Kind: TypeAlias = Literal["scp", "rcp"]

class _Certificate(TypedDict):
    version: int
    before: str
    after: str
    actions: list[str]
    resources: list[str]
    atoms: list[str]

class _Control(TypedDict):
    control: str
    coverage: Literal["preventive", "provisioned", "detective", "open"]
    guardrails: list[str]
    available: list[str]
    note: str

@final
class PolicyDocument:
    """A policy document, canonical and comparable."""

    @staticmethod
    def parse(text: str) -> PolicyDocument:
        """Reads JSON text. Raises `InputError` with every defect, each with line and column."""
    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> PolicyDocument:
        """The same from plain data."""
    def to_json(self) -> str:
        """The canonical, minimal text: equal documents have equal texts."""
    def to_dict(self) -> dict[str, Any]:
        """The canonical form as plain data."""
    @property
    def size(self) -> int:
        """Characters of the canonical text, which is what AWS's limit counts."""
    def lint(
        self, *, kind: _Kind = "scp", executor_role: str | None = None, max_size: int | None = None
    ) -> list[Problem]:
        """What is wrong although AWS would take it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Guardrail:
    """A guardrail of the catalogue."""

    @property
    def id(self) -> str:
        """Its id, `G…`."""
    @property
    def intent(self) -> str:
        """What it is for, one sentence."""
    @property
    def controls(self) -> dict[str, list[str]]:
        """The controls it serves, by framework: `soc2`, `hipaa`, `fedramp`, `cis`."""
    @property
    def policy(self) -> dict[str, Any]:
        """Its policy document."""
    @property
    def document(self) -> PolicyDocument:
        """The same, typed."""
    @property
    def parameters(self) -> list[str]:
        """The parameters it takes."""
    @property
    def needs(self) -> list[str]:
        """Kinds of things that must exist before it is attached."""
    @property
    def denies(self) -> list[dict[str, Any]]:
        """Requests that it must deny, as `evaluate` takes them."""
    @property
    def allows(self) -> list[dict[str, Any]]:
        """Requests that it must let pass."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Cause:
    """What decided a request: a policy and a statement, or a level without an Allow."""

    @property
    def policy(self) -> str | None:
        """Name of the policy, `levels[i][j]` where it was given none; `None` where a level has no Allow."""
    @property
    def statement(self) -> str | None:
        """The statement's `Sid`, or its position."""
    @property
    def sid(self) -> str | None:
        """The statement's `Sid`."""
    @property
    def guardrail(self) -> str | None:
        """Id of the catalogue's guardrail that the statement comes from, where it comes from one."""
    @property
    def level(self) -> int:
        """Position of the level, root first."""
    @property
    def policy_index(self) -> int | None:
        """Position of the policy at its level."""
    @property
    def statement_index(self) -> int | None:
        """Position of the statement in its document."""
    @property
    def conditions(self) -> list[str]:
        """The statement's conditions, each of which held."""
    def __len__(self) -> int: ...
    def __getitem__(self, key: str | int, /) -> str | int | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Verdict:
    """A decision and what made it."""

    @property
    def allowed(self) -> bool:
        """Whether the request passes. Whether anything grants it is another matter."""
    @property
    def decision(self) -> Literal["allowed", "exempt", "explicit-deny", "implicit-deny", "undecided"]:
        """The decision in one word."""
    @property
    def decided_by(self) -> Cause | None:
        """By what; `None` for exempt principals and where there is no organization."""
    @property
    def causes(self) -> list[Cause]:
        """Every reason for a denial, `decided_by` the first: each Deny that matches, then each level without an Allow."""
    @property
    def unknown(self) -> list[str]:
        """The action and the context keys that no service is known to have: misspelled, or newer than the data."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class PolicyPath:
    """A path of levels made ready, for many requests. Paths of the same levels are equal; a pickle makes them ready again."""

    def __new__(cls, levels: _Levels, *, kind: _Kind = "scp") -> PolicyPath: ...
    def evaluate(self, request: Mapping[str, Any]) -> Verdict:
        """Decides one request and says why."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Requests:
    """Requests made ready, to be decided many times. The same requests are equal; a pickle makes them ready again."""

    def __new__(cls, requests: Iterable[Mapping[str, Any]]) -> Requests: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class CoverageReport:
    """Which controls of a framework are served, by what, and which are not."""

    @property
    def framework(self) -> str:
        """Short name of the framework."""
    @property
    def title(self) -> str:
        """Its name for people."""
    @property
    def controls(self) -> list[_Control]:
        """Its controls in order of id."""
    def to_table(self) -> Table:
        """The same as a table; lists are joined by spaces."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Change:
    """Requests that two versions decide differently."""

    @property
    def actions(self) -> list[str]:
        """Actions as AWS documents them."""
    @property
    def resource(self) -> str:
        """One resource of those concerned; `*` for what no pattern names."""
    @property
    def principals(self) -> list[str]:
        """Kinds of principals: `executor`, `role`, `root`, `user`."""
    @property
    def regions(self) -> list[str]:
        """Regions, `elsewhere` for those no policy names; empty where the region does not matter."""
    @property
    def before(self) -> str:
        """`allowed`, `denied`, or the conditions under which it was denied."""
    @property
    def after(self) -> str:
        """The same of now."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ChangeSummary:
    """Requests that change in one way, whatever their resources and conditions."""

    @property
    def direction(self) -> Literal["denied", "tighter", "other", "looser", "allowed"]:
        """Which way: denied, denied under conditions, under other ones, only under conditions now, or allowed."""
    @property
    def actions(self) -> list[str]:
        """Actions as AWS documents them, sorted."""
    @property
    def principals(self) -> list[str]:
        """Kinds of principals: `executor`, `role`, `root`, `user`."""
    @property
    def regions(self) -> list[str]:
        """Regions, `elsewhere` for those no policy names; empty where the region does not matter."""
    @property
    def some_resources(self) -> bool:
        """Whether only resources that a policy names are concerned."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Difference:
    """Everything that a change of policies changes."""

    @property
    def changes(self) -> list[Change]:
        """The changes; none where both versions mean the same."""
    @property
    def is_empty(self) -> bool:
        """Whether both versions mean the same."""
    def summary(self) -> list[ChangeSummary]:
        """The changes without resources and conditions: first what becomes denied, in the end what becomes allowed."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def coverage(framework: str) -> CoverageReport:
    """What serves each control of a framework."""

def difference(before: _Levels, after: _Levels, **parameters: Any) -> Difference:
    """Which requests two versions of an account's path decide differently."""

def guardrails(framework: str, **parameters: Any) -> list[Guardrail]:
    """The guardrails of a framework with the baseline; an unknown framework gets the baseline."""

def evaluate(levels: _Levels, request: Mapping[str, Any], *, kind: _Kind = "scp") -> Verdict:
    """Decides a request along levels of policies, root first."""

def evaluate_many(paths: Sequence[PolicyPath], requests: Requests) -> list[bytes]:
    """Decides every request against every path, on all cores, with the interpreter released: for each path one byte a
    request (0 allowed, 1 exempt, 2 explicit deny, 3 implicit deny, 4 undecided)."""

def pack(
    documents: Iterable[_Document], max_size: int | None = None, max_documents: int | None = None
) -> list[PolicyDocument]:
    """The fewest documents with the same verdicts that fit a target. Raises `PolicyError` that names what does not fit."""

def certify(before: Iterable[_Document], after: Iterable[_Document]) -> _Certificate:
    """Proves that two sets of documents decide every request alike, and checks the proof. Raises `PolicyError` with a
    request that they decide differently."""

def tier_documents(framework: str, **parameters: Any) -> list[tuple[str, str, PolicyDocument]]:
    """A framework's guardrails packed to attach: name, description, document."""
