"""Everything this package raises, under one base."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securebase._securebase.problem import Problem


class SecureBaseError(Exception):
    """The base of every error of this package."""

    code: str
    """A stable word for the kind of error."""
    problems: list[Problem]
    """Every finding behind the error, never the first only."""

    def __init__(self, message: str = "", *, code: str = "securebase", problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = list(problems)


class InputError(SecureBaseError, ValueError):
    """What was given cannot be used: a file, a document, an argument."""


class AddressError(SecureBaseError):
    """An address pool cannot do it: nothing free, a block taken or outside, an owner it does not know."""


class FinanceError(SecureBaseError, ValueError):
    """A question about money has no answer: an unknown name, a number out of range, two currencies."""


class PlanError(SecureBaseError):
    """There is no plan, or a saved one cannot be used."""


class PolicyError(SecureBaseError):
    """Policies do not fit, or do not mean the same."""


class CloudError(SecureBaseError):
    """The cloud refused a call, or did not answer."""


class StateError(SecureBaseError):
    """The state cannot be read or written, or somebody else is writing it."""


class RunInterrupted(SecureBaseError):
    """A run could not go on. What it did is in its journal: `securebase.resume` continues it."""
