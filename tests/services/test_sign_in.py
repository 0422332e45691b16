"""What the map page is told of where people sign in, and what of its settings is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.errors import LandmapError
from services.settings import read_settings
from services.site import ALONE, MAP_PAGE, SignIn, map_csp, read_site

ISSUER = "https://id.example.vn:8443/realms/city"


@pytest.mark.parametrize(
    "wrong",
    ["https://id.example.vn; script-src *", "https://user@id.example.vn", "https://id.example.vn/a b", "http://id.example.vn", "https://*"],
)  # fmt: skip
def test_an_issuer_that_could_bend_the_policy_of_the_page_is_refused(wrong: str) -> None:
    with pytest.raises(LandmapError, match="LANDMAP_OIDC_ISSUER"):
        read_settings({"LANDMAP_OIDC_ISSUER": wrong})


def test_a_client_without_an_issuer_is_refused_and_an_empty_one_is_none() -> None:
    with pytest.raises(LandmapError, match=r"LANDMAP_OIDC_CLIENT.*LANDMAP_OIDC_ISSUER"):
        read_settings({"LANDMAP_OIDC_CLIENT": "landmap-map"})
    assert read_settings({"LANDMAP_OIDC_CLIENT": "", "LANDMAP_OIDC_ISSUER": ISSUER}).oidc_client is None
    assert (
        read_settings({"LANDMAP_OIDC_CLIENT": "map", "LANDMAP_OIDC_ISSUER": "http://[::1]:8000/"}).oidc_client == "map"
    )


def test_the_page_names_issuer_and_client_as_text_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<html lang="vi"><head></head><body></body></html>', encoding="utf-8")
    site = read_site(tmp_path, tmp_path / "none", sign_in=SignIn(ISSUER, 'a"><script>'))
    for name in MAP_PAGE.values():
        page = site.assets[name].body.decode()
        assert f'<meta name="oidc-issuer" content="{ISSUER}">' in page
        assert '<meta name="oidc-client" content="a&quot;&gt;&lt;script&gt;"></head>' in page
    assert "connect-src 'self' https://id.example.vn:8443;" in map_csp(site, ALONE)
    assert "connect-src 'self';" in map_csp(site, "*")
