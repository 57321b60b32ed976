"""Plan and execute managed, compliant AWS landing zones, and model their cost and margin."""

from securebase._securebase import __version__ as __version__
from securebase._securebase.net import AddressPool as AddressPool
from securebase._securebase.net import Clash as Clash
from securebase._securebase.net import Move as Move
from securebase._securebase.net import Network as Network
from securebase._securebase.net import Overlap as Overlap
from securebase._securebase.net import Subnet as Subnet
from securebase._securebase.net import check_secondary_block as check_secondary_block
from securebase._securebase.net import check_vpc_block as check_vpc_block
from securebase._securebase.net import overlaps as overlaps
from securebase._securebase.net import subnets as subnets
from securebase._securebase.problem import Problem as Problem
from securebase._securebase.table import Table as Table
from securebase.exceptions import AddressError as AddressError
from securebase.exceptions import CloudError as CloudError
from securebase.exceptions import InputError as InputError
from securebase.exceptions import PlanError as PlanError
from securebase.exceptions import RunInterrupted as RunInterrupted
from securebase.exceptions import SecureBaseError as SecureBaseError
from securebase.exceptions import StateError as StateError
