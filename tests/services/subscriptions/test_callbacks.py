"""Which addresses are called: those that the operator lists, and nothing that looks like them or that they lead to."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest

from gis.errors import InvalidParameter, LandmapError
from services.settings import read_settings
from services.subscriptions.callbacks import Callbacks
from tests.services.subscriptions.receiver import Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTED = Callbacks(["office.example.vn", "inner.example.vn:8443", "127.0.0.1:9", "[::1]:9", "10.9.0.0/16"])


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://office.example.vn/a?b=c", "https://office.example.vn:443/a?b=c"),
        ("https://OFFICE.example.vn", "https://office.example.vn:443/"),
        ("https://inner.example.vn:8443/", "https://inner.example.vn:8443/"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x"),
        ("http://[::1]:9/x", "http://[::1]:9/x"),
        ("http://[0:0:0:0:0:0:0:1]:9/x", "http://[::1]:9/x"),
    ],
)
async def test_listed_hosts_are_called(url: str, called: str) -> None:
    assert LISTED.checked(url) == called


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.vn/",
        "https://office.example.vn:8443/",
        "https://office.example.vn.evil.example/",
        "https://evil.example/office.example.vn",
        "https://office.example.vn@evil.example/",
        "https://user:secret@office.example.vn/",
        "https://evil.example\\@office.example.vn/",
        "https://office.example.vn\\@evil.example/",
        "https://evil.example#@office.example.vn/",
        "https://office.example.vn/#part",
        "http://office.example.vn/",
        "http://office.example.vn:443/",
        "ftp://office.example.vn/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:9/",
        "//office.example.vn/",
        "https:office.example.vn",
        "https:///office.example.vn",
        "https://office.example.vn./",
        "https://office.example.vn%2eevil.example/",
        "https://offіce.example.vn/",
        "https://office.example.vn /",
        "https://office.example.vn\r\nHost: evil.example/",
        "https://office.example.vn:99999/",
        "http://2130706433:9/",
        "http://0x7f.1:9/",
        "http://127.1:9/",
        "http://0177.0.0.1:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://[::1%25lo]:9/",
        "http://[::]:9/",
        "http://169.254.169.254/latest/meta-data/",
        "https://" + "a" * 3_000,
        "",
    ],
)
async def test_nothing_else_is_called(url: str) -> None:
    with pytest.raises(InvalidParameter):
        LISTED.checked(url)


async def test_without_a_list_nobody_is_called() -> None:
    with pytest.raises(InvalidParameter):
        Callbacks([]).checked("https://office.example.vn/")


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("203.0.114.9", True),
        ("2606:4700::1111", True),
        ("10.9.3.4", True),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("10.8.3.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:192.168.1.1", False),
        ("64:ff9b::c0a8:101", False),
        ("2002:c0a8:101::1", False),
        ("ff02::1", False),
    ],
)
async def test_private_addresses_are_called_only_where_they_are_listed_themselves(address: str, may: bool) -> None:
    assert LISTED.may(ip_address(address)) is may


async def test_a_listed_name_that_leads_into_the_network_is_not_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once, and the address that was looked at is the one that is connected to."""
    receiver.clear()
    lookups: list[str] = []

    async def lookup(host: str, port: int, **more: Any) -> list[Any]:
        lookups.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    inside = Callbacks([f"rebound.test:{receiver.port}"])
    answer = await inside.post(f"https://rebound.test:{receiver.port}/", b"{}", {})
    assert answer.status is None
    assert "not called" in (answer.problem or "")
    assert (receiver.got, lookups) == ([], ["rebound.test"])


async def test_an_answer_is_its_status_and_a_redirect_is_no_success(receiver: Receiver) -> None:
    receiver.clear()
    receiver.answers = [(307, "http://127.0.0.1:1/")]
    calls = Callbacks([f"127.0.0.1:{receiver.port}"])
    answer = await calls.post(f"http://127.0.0.1:{receiver.port}/in", b'{"a":1}', {"Content-Type": "application/json"})
    assert (answer.status, answer.taken, len(receiver.got)) == (307, False, 1)
    assert receiver.got[0].body == b'{"a":1}'


async def test_a_receiver_that_cannot_be_reached_is_told_as_such() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    answer = await Callbacks([f"127.0.0.1:{port}"]).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert (answer.status, answer.taken) == (None, False)
    assert answer.problem


@pytest.mark.parametrize("entry", ["https://office.example.vn", "office example", "10.0.0.1/8", "*.example.vn", "a:b"])
async def test_a_list_of_hosts_that_cannot_be_read_stops_the_start(entry: str) -> None:
    with pytest.raises(LandmapError, match="LANDMAP_CALLBACK_HOSTS"):
        read_settings({"LANDMAP_CALLBACK_HOSTS": entry})
