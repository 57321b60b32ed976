"""The simulation of `finance` in NumPy by one who knows it: chunks that fit a cache, threads, inversion of uniform
numbers for those trials only in which a tenant comes or goes, tables for steps, partial sorting for percentiles.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from finance_peer import Measured, Model, read

CHUNK = 16_384


class Chunk:
    """Some trials: columns of trials, tier by tier."""

    def __init__(self, model: Model, first: int, seed: np.random.SeedSequence) -> None:
        """Where they start."""
        self.first, self.size = first, min(CHUNK, model.trials - first)
        self.rng = np.random.Generator(np.random.SFC64(seed))
        more, faster, self.price, self.infrastructure, self.support = model.factors(self.rng, self.size)
        self.mean = (model.new[:, None] * more).ravel()
        self.none = np.exp(-self.mean)
        self.hazard = (model.hazard[:, None] * faster).ravel()
        self.tenants = np.repeat(model.tenants, self.size)

    def leave(self) -> None:
        """Inverts the binomial distribution where a tenant leaves."""
        uniform = self.rng.random(self.tenants.size)
        rate = self.hazard * self.tenants
        place = np.flatnonzero(uniform > 1 - rate)
        uniform, size = uniform[place], self.tenants[place]
        chance, odds = np.exp(-rate[place]), np.expm1(self.hazard[place])
        below, count = chance.copy(), 0
        while True:
            more = np.flatnonzero(uniform > below)
            if not more.size:
                return
            place, uniform, size, odds = place[more], uniform[more], size[more], odds[more]
            chance = chance[more] * odds * (size - count) / (count + 1)
            below = below[more] + chance
            self.tenants[place] -= 1
            count += 1

    def arrive(self) -> np.ndarray:
        """Inverts the Poisson distribution where a tenant arrives; how many do in each trial."""
        uniform = self.rng.random(self.tenants.size)
        won = np.zeros(self.size)
        place = np.flatnonzero(uniform > self.none)
        uniform, chance, mean = uniform[place], self.none[place], self.mean[place]
        below, count = chance, 0
        while place.size:
            count += 1
            self.tenants[place] += 1
            won += np.bincount(place % self.size, minlength=self.size)
            chance = chance * mean / count
            below = below + chance
            more = np.flatnonzero(uniform > below)
            place, uniform, chance, mean, below = place[more], uniform[more], chance[more], mean[more], below[more]
        return won

    def month(self, model: Model, month: int, values: np.ndarray) -> float:
        """One month: its figures into their columns, and the sum of profits."""
        self.leave()
        won = self.arrive()
        tenants = self.tenants.reshape(-1, self.size)
        total = tenants.sum(0)
        there = tenants > 0
        present = there.sum(0)
        infrastructure = model.base + model.departed[month] + model.each @ tenants + model.per_present_tier * present
        for base, per_present_tier, per_tenant, steps in model.bends:
            most = base + per_present_tier * len(per_tenant) + per_tenant.max() * total.max()
            if most > steps[0][0]:
                quantity = base + per_present_tier * present + per_tenant @ tenants
                for bound, more in steps:
                    if most > bound:
                        infrastructure += np.maximum(quantity - bound, 0) * more
        whole, inflation = total.astype(np.intp), model.inflation[month]
        assumed = [table[whole] if table.any() else 0.0 for table in model.assumed]
        shield = there[model.shield_tiers].any(0) * model.shield
        revenue = (model.prices * model.price_factor[month]) @ tenants * self.price
        infrastructure = ((infrastructure + assumed[0]) * self.infrastructure + shield) * inflation
        support = assumed[1] * self.support * inflation
        rest = (assumed[2] + model.acquisition_cost * won + assumed[3]) * inflation
        profit = revenue - infrastructure - support - rest
        columns = values[:, self.first : self.first + self.size]
        columns[0], columns[1], columns[2] = total, revenue, profit
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1 / revenue
            columns[3] = 1 - infrastructure * share
            columns[4] = 1 - (infrastructure + support) * share
            columns[5] = profit * share
        return float(profit.sum())


def main() -> None:
    """Simulates, and prints what it took."""
    model, threads = read()
    measured = Measured()
    low, high, part = model.ranks()
    both = np.unique(np.append(low, high))
    values = np.empty((6, model.trials))
    starts = range(0, model.trials, CHUNK)
    seeds = np.random.SeedSequence(1).spawn(len(starts))

    def spread(metric: int) -> tuple[np.ndarray, float]:
        column = values[metric]
        mean = float(column.mean())
        if metric == 0:
            sums = np.cumsum(np.bincount(column.astype(np.int32)))
            below, above = np.searchsorted(sums, low, side="right"), np.searchsorted(sums, high, side="right")
            return below * (1 - part) + above * part, mean
        column.partition(both)
        return column[low] * (1 - part) + column[high] * part, mean

    mean = 0.0
    with ThreadPoolExecutor(threads) as pool:
        chunks = list(pool.map(lambda first, seed: Chunk(model, first, seed), starts, seeds))
        for month in range(model.months):
            mean = sum(pool.map(lambda chunk: chunk.month(model, month, values), chunks)) / model.trials
            list(pool.map(spread, range(6)))
    measured.report(mean)


main()
