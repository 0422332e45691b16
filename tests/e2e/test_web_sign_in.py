"""An officer signs in on the map with an account of the agency's issuer, in a real Chromium against a real small provider."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from gis.model.actor import Role
from gis.store import access
from tests.e2e.conftest import LANDMAP, ROOT, WEB, Browser, Seen, _free_port, _when_ready
from tests.e2e.provider import CLIENT, Provider, providing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "web" / "sign_in.mjs"
AGENCY = "so-dang-nhap"
PEOPLE = ("can-bo", "brief", "renewed", "odd-nonce")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing(Provider()) as found:
        yield found


@pytest.fixture(scope="module")
def signing(base: str, page_database: str, provider: Provider) -> Iterator[str]:
    """A service over the same city whose page signs people in at the provider."""
    port = _free_port()
    provider.redirect = f"http://127.0.0.1:{port}/"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")},
        "LANDMAP_DATABASE_URL": page_database,
        "LANDMAP_PORT": str(port),
        "LANDMAP_LOG_LEVEL": "error",
        "LANDMAP_STATEMENT_TIMEOUT_MS": "60000",
        "LANDMAP_OIDC_ISSUER": provider.url,
        "LANDMAP_OIDC_CLIENT": CLIENT,
        "LANDMAP_OWN_WORKER": "false",
    }
    with psycopg.connect(page_database, autocommit=True) as db:
        access.add_agency(db, AGENCY, "Sở thử đăng nhập", "tester")
        grant = access.Grant(Role.EDITOR, AGENCY, datetime.now(UTC) + timedelta(days=1))
        for name in PEOPLE:
            access.grant_role(db, (provider.url, f"id-{name}"), name, grant, "tester")
    service = subprocess.Popen([LANDMAP, "serve"], env=environment, cwd=ROOT)
    try:
        yield _when_ready(f"http://127.0.0.1:{port}", service)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(timeout=20)


@pytest.fixture(scope="module")
def seen(signing: str, provider: Provider, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the journeys saw. Screenshots lie in `sign_in_shots/`, or where WEB_SHOTS says."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make setup`")
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("sign_in_shots"))
    asked = {
        "base": signing, "chromium": browser.chromium, "shots": str(shots), "lon": 106.7, "lat": 10.776, "issuer": provider.url,
    }  # fmt: skip
    done = subprocess.run([browser.node, SCRIPT, json.dumps(asked)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def test_an_account_signs_in_and_the_page_comes_back_to_what_it_showed(seen: Seen, provider: Provider) -> None:
    told = seen["signs"]
    assert told["who"] == "Đã đăng nhập: can-bo"
    assert told["after"] == told["before"]
    assert "code=" not in told["address"]
    assert told["search"] == ""
    assert told["asked"]["code_challenge_method"] == "S256"
    assert "client_secret" not in told["asked"]
    assert told["secrets"] == []
    assert not any(value.removeprefix("Bearer ") in told["longer"] for value in told["sent"])
    assert all(value.startswith("Bearer ") for value in told["sent"])
    assert len(told["sent"]) > 0


def test_nothing_of_it_is_sent_to_any_host_but_the_issuer(seen: Seen, signing: str, provider: Provider) -> None:
    for name, told in seen.items():
        others = [
            url for url in told["requests"] if not url.startswith((f"{signing}/", f"{provider.url}/", "data:", "blob:"))
        ]
        assert others == [], name
    assert seen["signs"]["leaked"] == []


def test_signing_out_signs_out_at_the_issuer_too(seen: Seen, provider: Provider) -> None:
    told = seen["signs"]
    assert told["out"] == {"kept": [], "hash": told["before"], "form": 1}
    assert provider.left != []


def test_who_stops_is_told_and_signed_in_as_nobody(seen: Seen) -> None:
    told = seen["stops"]
    assert told["fault"] == "Nơi cấp tài khoản không cho đăng nhập, hoặc bạn đã dừng lại. Hãy thử lại."
    assert told["kept"] == []
    assert told["wide"] <= 360


@pytest.mark.parametrize(
    ("journey", "fault"),
    [
        ("forged", "Lần đăng nhập này không khớp với lần đã bắt đầu trên thẻ này."),
        ("nonce", "Nơi cấp tài khoản trả lời không đúng quy cách"),
        ("stranger", "Tài khoản này chưa được cấp quyền ở đây."),
    ],
)
def test_what_does_not_fit_opens_nothing(seen: Seen, journey: str, fault: str) -> None:
    assert seen[journey]["fault"].startswith(fault)
    assert seen[journey]["kept"] == []


def test_an_answer_that_nobody_asked_for_is_passed_over(seen: Seen, provider: Provider) -> None:
    assert seen["uncalled"]["exchanged"] == []
    assert seen["uncalled"]["kept"] == []


def test_a_token_is_renewed_ahead_of_its_end(seen: Seen, provider: Provider) -> None:
    assert seen["renews"]["changed"] is True
    assert seen["renews"]["who"] == "Đã đăng nhập: renewed"
    assert ("refresh_token", 200) in provider.seen


def test_a_session_that_ends_says_so(seen: Seen) -> None:
    told = seen["ends"]
    assert told["notice"].startswith("Phiên đăng nhập đã hết hạn; từ giờ chỉ hiện dữ liệu công khai.")
    assert told["kept"] == ["landmap-ended"]
    assert told["form"].startswith("Phiên đăng nhập đã hết hạn hoặc bị thu hồi.")


def test_the_provider_wants_the_verifier_that_fits(provider: Provider) -> None:
    query = {"client_id": CLIENT, "state": "s", "nonce": "n", "code_challenge": "x" * 43, "user": "can-bo"}
    code = provider.enters(query).rpartition("code=")[2]
    form = {
        "grant_type": "authorization_code", "client_id": CLIENT, "code": code, "redirect_uri": provider.redirect, "code_verifier": "guess",
    }  # fmt: skip
    assert httpx.post(f"{provider.url}/token", data=form).status_code == 400


def test_the_policy_of_the_page_names_the_issuer_and_its_frame_does_not(
    signing: str, provider: Provider, base: str
) -> None:
    def connects(address: str) -> str:
        policy = httpx.get(address, headers={"Accept": "text/html"}).headers["content-security-policy"]
        return next(part.strip() for part in policy.split(";") if part.strip().startswith("connect-src"))

    assert connects(f"{signing}/") == f"connect-src 'self' {provider.url}"
    assert connects(f"{signing}/embed") == connects(f"{base}/") == "connect-src 'self'"
    assert "oidc-" not in httpx.get(f"{base}/", headers={"Accept": "text/html"}).text
