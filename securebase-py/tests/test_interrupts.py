"""Ctrl-C and forks: what computes on every core ends when asked to, and works in a child too."""

import asyncio
import multiprocessing
import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import small_zone

import securebase as sb

FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
REQUEST = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "account": "111122223333", "context": {}}


async def _apply() -> str:
    return (await small_zone().plan().apply_async(sb.SimulatedCloud(), "memory://")).status


def _simulate() -> object:
    model = sb.finance.Model.of_mix({"fintech": 2}, sb.finance.Assumptions.aws())
    return model.simulate(trials=5000, months=2).samples()


COMPUTATIONS: dict[str, Callable[[], object]] = {
    "simulate": _simulate,
    "evaluate_many": lambda: sb.evaluate_many([sb.PolicyPath([[FULL]])], sb.Requests([REQUEST] * 5000)),
    "spread": lambda: small_zone().plan().spread(4),
    "apply_async": lambda: asyncio.run(_apply()),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_a_child_computes_after_its_parent_has(name: str) -> None:
    COMPUTATIONS[name]()
    child = multiprocessing.get_context("fork").Process(target=COMPUTATIONS[name])
    child.start()
    child.join(60)
    ended = child.exitcode
    child.kill()
    child.join()
    assert ended == 0


LONG = """
import signal
import time
from conftest import small_zone
import securebase as sb

plan = small_zone(40).plan()
model = sb.finance.Model.of_mix({"fintech": 9}, sb.finance.Assumptions.aws())
wide = sb.finance.Growth(new=50, uncertain={"new": ("lognormal", 0.9), "churn": ("lognormal", 0.9)})
full = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
many = [
    {**full, "Statement": [{**deny, "Resource": f"arn:aws:s3:::b{i}*x{j}*"} for j in range(10)]} for i in range(20)
]
signal.setitimer(signal.ITIMER_REAL, 0.5)
signal.signal(signal.SIGALRM, signal.default_int_handler)
begun = time.process_time()
try:
    JOB
except KeyboardInterrupt:
    print("interrupted", time.process_time() - begun < 5)
"""


@pytest.mark.parametrize(
    "job",
    [
        "plan.spread(10_000)",
        "plan.what_if({'as usual': {}}, 10_000)",
        "model.simulate(trials=8_000_000, months=120)",
        "model.goal_seek('price', target=0.9, between=(0.5, 2.0), trials=1_000_000, months=600)",
        "model.capacity_plan([9_000] * 100, rehearsals=10_000)",
        "model.forecast(months=600, growth=wide)",
        "model.cohorts(months=600, growth=wide)",
        "model.break_even_month(months=600, growth=wide)",
        "sb.finance.scenarios({str(n): (model, wide) for n in range(100)}, months=600)",
        "sb.difference([[full]], [[full, *many]])",
        "sb.certify([full, *many], [full])",
        "sb.pack([{**full, 'Statement': {**deny, 'Action': [f's3:A{n}x*' for n in range(60_000)]}}])",
        "sb.overlaps([('a', f'10.{n // 256 % 256}.{n % 256}.0/24') for n in range(10_000_000)])",
        "sb.Requests({'action': 's3:Get'} for n in range(10_000_000))",
    ],
)
def test_ctrl_c_ends_what_would_take_many_minutes(job: str) -> None:
    command = [sys.executable, "-c", LONG.replace("JOB", job)]
    done = subprocess.run(
        command, timeout=60, capture_output=True, text=True, check=True, cwd=__file__.rpartition("/")[0]
    )
    assert done.stdout == "interrupted True\n"
