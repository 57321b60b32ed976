"""What the tests share."""

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
