from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import final

@final
class Faults:
    """What goes wrong in a simulated cloud, and how often: probabilities from 0 to 1."""

    def __new__(
        cls,
        *,
        throttle: float = 0.0,
        lost_reply: float = 0.0,
        lost_request: float = 0.0,
        not_yet_visible: float = 0.0,
        service_error: float = 0.0,
        async_failure: float = 0.0,
        expired_credentials: float = 0.0,
        crash_after_calls: int | None = None,
    ) -> Faults: ...
    @property
    def throttle(self) -> float:
        """A call is refused as too fast although its rate was kept."""
    @property
    def lost_reply(self) -> float:
        """A call has its effect, and its reply never arrives."""
    @property
    def lost_request(self) -> float:
        """A call never arrives."""
    @property
    def not_yet_visible(self) -> float:
        """A new resource is not visible for a while."""
    @property
    def service_error(self) -> float:
        """The service fails with a 5xx; half of these calls have had their effect."""
    @property
    def async_failure(self) -> float:
        """What goes on after the reply fails."""
    @property
    def expired_credentials(self) -> float:
        """The credentials turn out to have expired."""
    @property
    def crash_after_calls(self) -> int | None:
        """The caller dies during the call of that ordinal, counted from 1."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class SimulatedCloud:
    """A cloud in memory: deterministic, in virtual time, with AWS's quotas, latencies and error codes."""

    def __new__(
        cls, seed: int = 0, faults: Faults | None = None, limits: Mapping[str, float] | None = None
    ) -> SimulatedCloud: ...
    @property
    def calls(self) -> list[tuple[str, str, str, float, str]]:
        """Every call that was sent, in order: `(service, operation, account_id, virtual_seconds, outcome)`."""
    @property
    def now(self) -> float:
        """Virtual seconds since the cloud began."""
    def mailed_code(self, email: str, /) -> str | None:
        """The code that the owner of a mailbox finds there, where a change of an account's root address waits for it."""
    def snapshot(self) -> dict[str, list[dict[str, object]]]:
        """All that exists: resource kind → list of dicts, each with at least `id`, `account_id`, `region` and `tags`."""
    def advance(self, duration: timedelta | float, /) -> None:
        """Moves the virtual clock forward by a `timedelta` or seconds; what is due by then happens."""
    def set_payment_method(self, valid: bool, /) -> bool:
        """Adds a valid payment method to the management account, or removes it: AWS then refuses to create accounts. Returns
        whether the organization exists.
        """
    def remove(self, id: str, /) -> int:
        """Deletes a resource behind everybody's back, and all that cannot exist without it; answers how many are gone."""
    def set_tag(self, id: str, key: str, value: str | None = None, /) -> bool:
        """Sets a tag behind everybody's back, or takes it off; answers whether there is such a resource."""
    def enable_region(self, account_id: str, region: str, /) -> bool:
        """Enables a region that is off in new accounts, as a person does in the account's console; answers whether there is such
        an account."""
    def disable_region(self, account_id: str, region: str, /) -> bool:
        """Disables such a region again: what is in it stays, and is out of reach; answers whether it was enabled."""
    def set_zones(self, account_id: str, region: str, zones: Iterable[str], /) -> bool:
        """Lets an account use these zones of a region and no others, as when AWS opens or closes one; answers whether there is
        such an account."""
    @staticmethod
    def default_limits() -> dict[str, float]:
        """What can be passed as `limits`: every quota and rate by name, as AWS grants it."""

@final
class AwsCloud:
    """AWS, through its SDKs. Credentials are found the way every AWS tool finds them."""

    def __new__(
        cls, region: str = "us-east-1", endpoint_url: str | None = None, profile: str | None = None
    ) -> AwsCloud: ...
    @property
    def region(self) -> str:
        """The home region."""
    @property
    def endpoint_url(self) -> str | None:
        """Where all calls go instead of to AWS."""
    @property
    def profile(self) -> str | None:
        """The profile the credentials come from."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
