"""What the peers of `bench_finance` share: the model they read, and what they print.

A peer reads the model's numbers as JSON from a file, simulates it with the threads it is given, and prints wall seconds,
CPU seconds, peak memory in MB above the start, and the mean profit of the last month.
"""

import json
import resource
import sys
import time

import numpy as np

QUANTILES = np.array([1, 5, 10, 25, 50, 75, 90, 95, 99]) / 100


class Model:
    """A compiled model, its pooled prices taken apart: what is linear in the tenants, and the steps beyond."""

    def __init__(self, given: dict) -> None:
        """Reads the numbers of a `compiled` model."""
        model = given["model"]
        self.trials, self.months = given["trials"], given["months"]
        self.tenants = np.array(given["tenants"], float)
        self.sigma, self.support = given["sigma"], given["support"]
        self.prices, self.new = np.array(model["prices"]), np.array(model["new"])
        self.hazard = np.array(model["hazard"])
        self.shield, self.shield_tiers = model["shield"], np.array(model["shield_tiers"])
        self.price_factor, self.inflation = model["price_factor"], model["inflation"]
        self.acquisition_cost = model["acquisition_cost"]
        self.base, self.per_present_tier = model["base"], 0.0
        # What tenants that have left cost on average, by month.
        self.departed = model["departed"]
        self.each = np.array(model["each"])
        # Base, per present tier, per tenant, and bounds with the changes of price there.
        self.bends: list[tuple[float, float, np.ndarray, list[tuple[float, float]]]] = []
        for pool in model["pooled"]:
            # The step that the quantity without tenants lies on is linear.
            start = max(place for place, step in enumerate(pool["steps"]) if step["from"] <= pool["base"])
            steps = pool["steps"][start:]
            price, per_tenant = steps[0]["price"], np.array(pool["per_tenant"])
            self.base += steps[0]["cost"] + (pool["base"] - steps[0]["from"]) * price
            self.per_present_tier += pool["per_present_tier"] * price
            self.each = self.each + per_tenant * price
            more = [(after["from"], after["price"] - before["price"]) for before, after in zip(steps, steps[1:])]
            if more:
                self.bends.append((pool["base"], pool["per_present_tier"], per_tenant, more))
        # By category what each number of tenants costs; where steps end, so do the tables.
        self.assumed = []
        for lines in model["assumed"]:
            steps = np.array(lines["steps"] if lines["steps"] else np.zeros(4_096))
            count = np.arange(steps.size)
            once = np.where(count > 0, lines["with_tenants"], lines["without_tenants"])
            self.assumed.append(lines["always"] + once + lines["per_tenant"] * count + steps)

    def factors(self, rng: np.random.Generator, trials: int) -> list[np.ndarray]:
        """The factors of some trials: new, churn, price, infrastructure, support. All but the last have mean one."""
        sigma = self.sigma

        def lognormal(name: str) -> np.ndarray:
            return np.exp(rng.normal(-sigma[name] ** 2 / 2, sigma[name], trials))

        return [
            lognormal("new"),
            lognormal("churn"),
            np.maximum(rng.normal(1, sigma["price"], trials), 0),
            lognormal("infrastructure"),
            rng.triangular(*self.support, trials),
        ]

    def ranks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The ranks around each percentile, and how far it lies towards the upper one."""
        place = QUANTILES * (self.trials - 1)
        low = np.floor(place).astype(int)
        return low, np.minimum(low + 1, self.trials - 1), place - low


def read() -> tuple[Model, int]:
    """The model of the file that is the first argument, and the threads that are the second."""
    with open(sys.argv[1], encoding="utf-8") as file:
        return Model(json.load(file)), int(sys.argv[2])


class Measured:
    """Measures from its making on."""

    def __init__(self) -> None:
        """Begins."""
        self.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def report(self, mean: float) -> None:
        """Prints what it took."""
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.memory) / 1024
        print(time.perf_counter() - self.wall, time.process_time() - self.cpu, memory, mean)
