"""The simulation of `finance` as an analyst writes it in NumPy: whole arrays, a loop over months only.

Reads the model's numbers as JSON on standard input; prints seconds, peak memory in MB above the start, and the mean
profit of the last month.
"""

import json
import resource
import sys
import time

import numpy as np


def pooled(pool: dict, tenants: np.ndarray, present: np.ndarray) -> np.ndarray:
    quantity = pool["base"] + pool["per_present_tier"] * present + tenants @ np.array(pool["per_tenant"])
    steps = pool["steps"]
    bounds = [step["from"] for step in steps]
    place = np.searchsorted(bounds, quantity, side="left") - 1
    place = np.clip(place, 0, len(steps) - 1)
    cost = np.array([step["cost"] for step in steps])[place]
    price = np.array([step["price"] for step in steps])[place]
    return cost + (quantity - np.array(bounds)[place]) * price


def assumed(lines: dict, tenants: np.ndarray) -> np.ndarray:
    cost = lines["always"] + lines["per_tenant"] * tenants
    cost = cost + np.where(tenants > 0, lines["with_tenants"], lines["without_tenants"])
    for points in lines["points"]:
        bounds = np.array([bound for bound, _ in points])
        amounts = np.array([amount for _, amount in points])
        place = np.searchsorted(bounds, tenants, side="left")
        beyond = amounts[-1] * tenants / bounds[-1]
        cost = cost + np.where(place < len(points), amounts[np.minimum(place, len(points) - 1)], beyond) * (tenants > 0)
    return cost


def main() -> None:
    given = json.load(sys.stdin)
    model, trials, months = given["model"], given["trials"], given["months"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    rng = np.random.default_rng(1)
    sigma = given["sigma"]
    more = np.exp(rng.normal(0, sigma["new"], trials))
    faster = np.exp(rng.normal(0, sigma["churn"], trials))
    price = np.maximum(rng.normal(1, sigma["price"], trials), 0)
    infra = np.exp(rng.normal(0, sigma["infrastructure"], trials))
    staff = rng.triangular(*given["support"], trials)
    prices, each = np.array(model["prices"]), np.array(model["each"])
    leaves = 1 - np.exp(-np.outer(faster, model["hazard"]))
    arrive = np.outer(more, model["new"])
    tenants = np.tile(np.array(given["tenants"]), (trials, 1))
    results = {name: np.empty((trials, months)) for name in ("tenants", "revenue", "profit", "gross", "support", "net")}
    for month in range(months):
        won = rng.poisson(arrive)
        tenants = tenants - rng.binomial(tenants, leaves) + won
        total = tenants.sum(axis=1)
        present = (tenants > 0).sum(axis=1)
        cost = model["base"] + tenants @ each
        for pool in model["pooled"]:
            cost = cost + pooled(pool, tenants, present)
        shield = (tenants[:, model["shield_tiers"]] > 0).any(axis=1) * model["shield"]
        inflation = model["inflation"][month]
        revenue = tenants @ prices * model["price_factor"][month] * price
        lines = [assumed(category, total) for category in model["assumed"]]
        infrastructure = ((cost + lines[0]) * infra + shield) * inflation
        support = lines[1] * staff * inflation
        sales = (lines[2] + model["acquisition_cost"] * won.sum(axis=1)) * inflation
        other = lines[3] * inflation
        profit = revenue - infrastructure - support - sales - other
        with np.errstate(divide="ignore", invalid="ignore"):
            results["gross"][:, month] = (revenue - infrastructure) / revenue
            results["support"][:, month] = (revenue - infrastructure - support) / revenue
            results["net"][:, month] = profit / revenue
        results["tenants"][:, month] = total
        results["revenue"][:, month] = revenue
        results["profit"][:, month] = profit
    for values in results.values():
        np.percentile(values, [1, 5, 10, 25, 50, 75, 90, 95, 99], axis=0)
        values.mean(axis=0)
    seconds = time.perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(seconds, memory, results["profit"][:, -1].mean())


main()
