"""What the tests share."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import securebase as sb

ROOT = Path(__file__).parent.parent.parent
TEN_TENANTS = ROOT / "examples" / "ten-tenants.client.auto.tfvars"


def small_zone(tenants: int = 2) -> sb.LandingZone:
    """A zone of that many tenants, alternating between two tiers."""
    return sb.LandingZone.from_dict(
        {
            "org_name": "small",
            "clients": {
                f"tenant-{number}": {
                    "tier": ["fintech", "standard"][number % 2],
                    "framework": ["soc2", "cis"][number % 2],
                    "prefix": f"t{number}",
                    "contact_email": f"cloud@tenant-{number}.example.com",
                }
                for number in range(tenants)
            },
        }
    )


@pytest.fixture(scope="session")
def ten() -> sb.LandingZone:
    """The zone that ships as an example."""
    return sb.LandingZone.load(TEN_TENANTS)


@pytest.fixture
def zone() -> sb.LandingZone:
    """A small zone."""
    return small_zone()


@pytest.fixture
def moto() -> Iterator[str]:
    """A server with nothing in it."""
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if "Running on " in line:
                yield line.split("Running on ")[1].strip()
                break
        server.kill()
