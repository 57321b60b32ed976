"""The simulation of `finance` in Numba: one loop over trials, compiled for this processor, a counter-based generator,
inversion of uniform numbers, tables for steps, percentiles by counting into bins and sorting those that matter.
"""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from finance_peer import Measured, Model, read
from numba import njit, prange

CHUNK = 4_096
BINS = 4_096


@njit(inline="always")
def bits_at(position):
    """SplitMix64 at a position."""
    bits = (position ^ (position >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(parallel=True, cache=True, error_model="numpy")
def step(values, low, high, tenants, seed, new, hazard, none, factors, prices, each, linear, bends, bounds, shields, tables, scalars):
    """One month of all trials; the sum of profits."""
    trials, tiers = tenants.shape
    base, per_present, shield, inflation, acquisition = scalars
    chunks = (trials + CHUNK - 1) // CHUNK
    sums = np.zeros(chunks)
    for metric in range(6):
        low[metric], high[metric] = np.inf, -np.inf
    lows, highs = np.full((chunks, 6), np.inf), np.full((chunks, 6), -np.inf)
    for chunk in prange(chunks):
        position = np.uint64(seed) + np.uint64(chunk * CHUNK * tiers) * np.uint64(0x9E3779B97F4A7C15)
        sum_ = 0.0
        for trial in range(chunk * CHUNK, min(trials, (chunk + 1) * CHUNK)):
            won, total, present, revenue, fee, cost = 0.0, 0.0, 0.0, 0.0, 0.0, base
            more, faster = factors[trial, 0], factors[trial, 1]
            for tier in range(tiers):
                position += np.uint64(0x9E3779B97F4A7C15)
                bits = bits_at(position)
                leave = (np.float64(bits >> np.uint64(32)) + 0.5) * 2.0**-32
                arrive = (np.float64(bits & np.uint64(0xFFFFFFFF)) + 0.5) * 2.0**-32
                count = tenants[trial, tier]
                rate = hazard[tier] * faster * count
                lost = 0.0
                if leave > 1 - rate:
                    chance = np.exp(-rate)
                    below = chance
                    if leave > below:
                        odds = np.expm1(hazard[tier] * faster)
                        while leave > below and lost < count:
                            chance *= odds * (count - lost) / (lost + 1)
                            below += chance
                            lost += 1
                came = 0.0
                chance = none[trial, tier]
                if arrive > chance:
                    mean, below = new[tier] * more, chance
                    while arrive > below and came < 250:
                        came += 1
                        chance *= mean / came
                        below += chance
                count += came - lost
                tenants[trial, tier] = count
                won += came
                total += count
                cost += each[tier] * count
                revenue += prices[tier] * count
                if count > 0:
                    present += 1
                    if shields[tier]:
                        fee = shield
            cost += per_present * present
            for pool in range(bends.shape[0]):
                if total <= linear[pool, 2 + tiers]:
                    continue
                quantity = linear[pool, 0] + linear[pool, 1] * present
                for tier in range(tiers):
                    quantity += linear[pool, 2 + tier] * tenants[trial, tier]
                for place in range(bounds.shape[1]):
                    if quantity <= bounds[pool, place]:
                        break
                    cost += (quantity - bounds[pool, place]) * bends[pool, place]
            whole = int(total)
            revenue *= factors[trial, 2]
            infrastructure = ((cost + tables[0, whole]) * factors[trial, 3] + fee) * inflation
            support = tables[1, whole] * factors[trial, 4] * inflation
            rest = (tables[2, whole] + tables[3, whole] + acquisition * won) * inflation
            profit = revenue - infrastructure - support - rest
            share = 1 / revenue if revenue > 0 else np.nan
            row = (total, revenue, profit, 1 - infrastructure * share, 1 - (infrastructure + support) * share, profit * share)
            for metric in range(6):
                value = row[metric]
                values[metric, trial] = value
                lows[chunk, metric] = min(lows[chunk, metric], value)
                highs[chunk, metric] = max(highs[chunk, metric], value)
            sum_ += profit
        sums[chunk] = sum_
    for chunk in range(chunks):
        for metric in range(6):
            low[metric] = min(low[metric], lows[chunk, metric])
            high[metric] = max(high[metric], highs[chunk, metric])
    return sums.sum()


@njit(nogil=True, cache=True, error_model="numpy")
def percentiles(values, bins, low, high, below, above, part):
    """Percentiles of one column."""
    found = np.empty(below.size)
    if not high > low:
        found[:] = low
        return found
    scale = (BINS - 1) / (high - low)
    counts = np.zeros(BINS + 1, np.int64)
    for place in range(values.size):
        bin_ = np.uint16((values[place] - low) * scale)
        bins[place] = bin_
        counts[bin_] += 1
    starts = np.zeros(BINS + 1, np.int64)
    for bin_ in range(BINS):
        starts[bin_ + 1] = starts[bin_] + counts[bin_]
    lower = np.searchsorted(starts, below, side="right") - 1
    upper = np.searchsorted(starts, above, side="right") - 1
    wanted = np.zeros(BINS, np.bool_)
    for place in range(below.size):
        wanted[lower[place]] = True
        wanted[upper[place]] = True
    offset = np.zeros(BINS, np.int64)
    size = 0
    for bin_ in range(BINS):
        offset[bin_] = size
        if wanted[bin_]:
            size += counts[bin_]
    kept = np.empty(size)
    size = 0
    for place in range(values.size):
        if wanted[bins[place]]:
            kept[size] = values[place]
            size += 1
    kept.sort()
    for place in range(below.size):
        one = kept[offset[lower[place]] + below[place] - starts[lower[place]]]
        two = kept[offset[upper[place]] + above[place] - starts[upper[place]]]
        found[place] = one + (two - one) * part[place]
    return found


def run(model: Model, trials: int, months: int, threads: int) -> float:
    """Simulates the given number of trials and returns the mean profit of the last month."""
    below, above, part = (np.minimum(ranks, trials - 1) for ranks in model.ranks())
    factors = np.stack(model.factors(np.random.default_rng(1), trials), axis=1)
    none = np.exp(-model.new * factors[:, :1])
    tenants = np.tile(model.tenants, (trials, 1))
    values, bins = np.empty((6, trials)), np.empty((threads, trials), np.uint16)
    low, high = np.empty(6), np.empty(6)
    most = max(len(steps) for *_, steps in model.bends)
    bounds, bends = np.full((len(model.bends), most), np.inf), np.zeros((len(model.bends), most))
    linear = np.zeros((len(model.bends), 3 + model.prices.size))
    for pool, (base, per_present, per_tenant, steps) in enumerate(model.bends):
        # The most tenants that reach no bound, whatever their tiers.
        reach = (steps[0][0] - base - per_present * per_tenant.size) / max(per_tenant.max(), 1e-300)
        linear[pool] = [base, per_present, *per_tenant, reach]
        for place, (bound, more) in enumerate(steps):
            bounds[pool, place], bends[pool, place] = bound, more
    tables = np.stack(model.assumed)
    keys = np.random.SeedSequence(1).generate_state(months, np.uint64)
    mean = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for month in range(months):
            prices = model.prices * model.price_factor[month]
            scalars = (model.base + model.departed[month], model.per_present_tier, model.shield, model.inflation[month], model.acquisition_cost)
            sum_ = step(
                values, low, high, tenants, keys[month], model.new, model.hazard, none, factors, prices, model.each,
                linear, bends, bounds, model.shield_tiers, tables, scalars,
            )  # fmt: skip
            mean = sum_ / trials

            def spread(thread: int) -> None:
                for metric in range(thread, 6, threads):
                    percentiles(values[metric], bins[thread], low[metric], high[metric], below, above, part)

            list(pool.map(spread, range(threads)))
    return mean


def main() -> None:
    """Compiles on a few trials, simulates, and prints what it took."""
    model, threads = read()
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    run(model, CHUNK, 1, threads)
    measured = Measured()
    measured.report(run(model, model.trials, model.months, threads))


main()
