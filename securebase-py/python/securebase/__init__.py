"""Plan and execute managed, compliant AWS landing zones, and model their cost and margin."""

from securebase._securebase import __version__ as __version__
from securebase._securebase.problem import Problem as Problem
from securebase._securebase.table import Table as Table
from securebase.exceptions import CloudError as CloudError
from securebase.exceptions import InputError as InputError
from securebase.exceptions import PlanError as PlanError
from securebase.exceptions import RunInterrupted as RunInterrupted
from securebase.exceptions import SecureBaseError as SecureBaseError
from securebase.exceptions import StateError as StateError
