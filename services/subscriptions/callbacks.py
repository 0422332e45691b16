"""POST to addresses that callers name: only hosts that the operator lists, only the addresses that were looked at, signed.

The service stands inside a network, and whoever names an address must not reach that network through it. So the host has
to be listed; where its name leads is looked up once, looked at, and connected to; nothing is followed. Signatures are those
of Standard Webhooks 1.0 (standardwebhooks.com), for which receivers find libraries.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import httpcore
import httpx

from gis.errors import InvalidParameter
from services.settings import CALLBACK_HOST

type Address = IPv4Address | IPv6Address

MOST_SECONDS = 10.0
"""For looking up, connecting, sending and the answer together."""

LONGEST = 2_000
"""Characters of an address."""

_NAT64, _PREFIX = IPv6Network("64:ff9b::/96"), "whsec_"
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*")
_PATH = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a call: the status, or why there is none."""

    status: int | None
    problem: str | None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Callbacks:
    """Calls those hosts that the setting lists: `host`, `host:port`, addresses and networks."""

    def __init__(self, listed: Sequence[str]) -> None:
        self._hosts: set[tuple[str, int]] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in listed:
            self._list(entry)
        self._tls: ssl.SSLContext | None = None

    def _list(self, entry: str) -> None:
        if "/" in entry:
            self._networks.append(ip_network(entry))
            return
        match = CALLBACK_HOST.fullmatch(entry)
        assert match is not None  # the settings have looked at it
        host, port = match["host"].strip("[]").lower(), int(match["port"] or 443)
        address = _address(host)
        self._hosts.add((str(address or host), port))
        if address is not None:
            self._networks.append(ip_network(address))

    def checked(self, url: str) -> str:
        """The address as it will be called. InvalidParameter where it is none, or is not listed."""
        target = _read(url)
        if target is None:
            raise InvalidParameter(
                "callback: give an address such as https://office.example.vn/landmap, without user, password and fragment.",
                "callback: hãy ghi địa chỉ dạng https://office.example.vn/landmap, không kèm tên, mật khẩu và phần sau #.",
                where="callback",
            )
        scheme, host, port, rest = target
        if (host, port) not in self._hosts:
            raise InvalidParameter(
                f"callback: this service does not call '{host}:{port}'; ask its operator to list it.",
                f"callback: dịch vụ này không gọi đến '{host}:{port}'; hãy đề nghị đơn vị vận hành đưa vào danh sách.",
                where="callback",
            )
        if scheme != "https" and not _here(host):
            raise InvalidParameter(
                "callback: only https addresses are called.", "callback: chỉ gọi địa chỉ https.", where="callback"
            )
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{rest}"

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Sends it once. Never an error; whatever the receiver answers is not read beyond its status."""
        try:
            target = self.checked(url)
        except InvalidParameter as error:
            return Answered(None, error.en)
        sent = [("Host", urlsplit(target).netloc), ("Content-Length", str(len(body))), *headers.items()]
        try:
            async with (
                asyncio.timeout(MOST_SECONDS),
                httpcore.AsyncConnectionPool(ssl_context=self._context(), network_backend=_Looked(self)) as pool,
                pool.stream("POST", target, headers=sent, content=body) as answer,
            ):
                return Answered(answer.status, None if 200 <= answer.status < 300 else f"HTTP {answer.status}")
        except TimeoutError:
            return Answered(None, f"no answer within {MOST_SECONDS:.0f} s")
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            return Answered(None, f"{type(error).__name__}: {error}"[:200])

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls

    def may(self, address: Address) -> bool:
        """The address is one of the Internet, or listed itself."""
        if any(address in network for network in self._networks):
            return True
        return all(one.is_global and not one.is_multicast for one in _embedded(address))


class _Looked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, and to nothing that the name leads to a moment later."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base class has it)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        for text in addresses:
            if self._callbacks.may(ip_address(text)):
                return await self._plain.connect_tcp(text, port, timeout, local_address, socket_options)
        raise httpcore.ConnectError(f"{host} leads to an address that is not called")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def secret_of(key: bytes, subscription: bytes) -> bytes:
    """The secret of one subscription. It follows from the service's own, so that none is stored."""
    return hmac.digest(key, b"landmap webhook " + subscription, hashlib.sha256)


def secret_text(secret: bytes) -> str:
    """As receivers' libraries take it."""
    return _PREFIX + base64.b64encode(secret).decode()


def signed(secret: bytes, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent it and when: HMAC-SHA256 of id, timestamp and body."""
    digest = hmac.digest(secret, f"{message}.{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _read(url: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port, and path with query; None where it is not plainly an address of the web."""
    if len(url) > LONGEST or not _PATH.fullmatch(url) or "\\" in url or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or "@" in parts.netloc:
        return None
    address = _address(host)
    if address is None and (not _HOST.fullmatch(host) or host.rsplit(".", 1)[-1][0].isdigit()):
        return None  # 2130706433 and 0x7f.1 are addresses to some
    path = parts.path or "/"
    return parts.scheme, str(address or host), port, f"{path}?{parts.query}" if parts.query else path


def _address(host: str) -> Address | None:
    if "%" in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def _here(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _embedded(address: Address) -> tuple[Address, ...]:
    """The address, and those that it carries within itself."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    carried = address.sixtofour or (address.teredo[1] if address.teredo else None)
    return (address,) if carried is None else (address, carried)
