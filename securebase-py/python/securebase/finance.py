"""Cost, margin, forecast and simulation of a landing zone."""

from securebase._securebase.finance import Assumptions as Assumptions
from securebase._securebase.finance import Bridge as Bridge
from securebase._securebase.finance import CapacityPlan as CapacityPlan
from securebase._securebase.finance import Growth as Growth
from securebase._securebase.finance import Model as Model
from securebase._securebase.finance import Month as Month
from securebase._securebase.finance import PriceBook as PriceBook
from securebase._securebase.finance import Scenarios as Scenarios
from securebase._securebase.finance import Simulation as Simulation
from securebase._securebase.finance import scenarios as scenarios
