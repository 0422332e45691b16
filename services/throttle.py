"""How often one address may ask for what is dear: so many at once, and then one after the other, evenly."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

from gis.errors import TooFast

_MOST = 50_000
"""Addresses that are remembered; a few megabytes."""

_NETWORK = 64
"""Bits of an IPv6 address that tell one network from another: whoever has one has all addresses in it."""


class Throttle:
    """Lets each address through `rate` times in `seconds`, of this process alone.

    Of each address it remembers one number: when all that it asked would be paid for at the even pace. Those who owe nothing
    are as good as forgotten. Where too many owe, the one that asked least lately is forgotten: memory is bounded, and who
    has so many addresses is not held up by a count of addresses.
    """

    def __init__(
        self, rate: int, seconds: float = 60.0, *, most: int = _MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each, self._span, self._most, self._clock = seconds / rate, seconds, most, clock
        self._paid: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._paid)

    def wait(self, address: str) -> float:
        """0 where the address may ask now, which counts; else for how many seconds it may not, which does not."""
        now = self._clock()
        due = max(self._paid.get(address, now), now) + self._each
        wait = due - now - self._span
        allowed = wait <= self._each * 1e-6
        if allowed:
            self._paid[address] = due
        self._paid.move_to_end(address)
        self._forget(now)
        return 0.0 if allowed else wait

    def _forget(self, now: float) -> None:
        for _ in range(2):  # faster than they come
            oldest = next(iter(self._paid))
            if self._paid[oldest] > now and len(self._paid) <= self._most:
                return
            del self._paid[oldest]


def refuse_too_fast(request: Request, throttle: Throttle) -> None:
    """TooFast where the address of the request, as trusted proxies tell it, asks too often."""
    seconds = throttle.wait(network_of(request.client.host if request.client else ""))
    if seconds > 0:
        wait = math.ceil(seconds)
        raise TooFast(
            f"This is asked too often from your address; try again in {wait} s.",
            f"Địa chỉ của bạn gửi yêu cầu này quá nhanh; hãy thử lại sau {wait} giây.",
            seconds=wait,
        )


def network_of(client: str) -> str:
    """What counts as one address."""
    try:
        address = ip_address(client)
    except ValueError:
        return client  # a socket, or nobody that is known
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> (128 - _NETWORK) << (128 - _NETWORK)))
