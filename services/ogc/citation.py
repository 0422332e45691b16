"""How a version of open data is cited."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gis.formats.open_files import Manifest
from gis.model.invented import NOTICE
from services.ogc.ask import Ask

_BIBTEX = str.maketrans(
    {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "$": r"\$"}
)


def citation(asked: Ask, manifest: Manifest, address: str) -> dict[str, str]:
    """The citation in both languages and as BibTeX, in the language of the request; `address` is the version's own."""
    local = manifest.instant.astimezone(ZoneInfo(asked.services.catalog.territory.time_zone))
    territory = asked.services.catalog.territory.title
    name, number = manifest.layer, manifest.number
    titles = {language: f"{manifest.title[language]} – {territory[language]}" for language in ("vi", "en")}
    notice = {language: f" {NOTICE[language]}" if manifest.invented else "" for language in ("vi", "en")}
    return {
        "vi": f"{manifest.owner} ({local.year}). {titles['vi']}, phiên bản {number}, dữ liệu lúc {local:%d/%m/%Y %H:%M:%S}. "
        f"Giấy phép {manifest.licence}. {address}{notice['vi']}",
        "en": f"{manifest.owner} ({local.year}). {titles['en']}, version {number}, data of {local:%Y-%m-%d %H:%M:%S}. "
        f"Licence {manifest.licence}. {address}{notice['en']}",
        "bibtex": _bibtex(
            f"{name}-v{number}", titles[asked.language], (manifest, local), (address, notice[asked.language])
        ),
    }


def _bibtex(key: str, title: str, of: tuple[Manifest, datetime], more: tuple[str, str]) -> str:
    (manifest, local), (address, notice) = of, more
    fields = {
        "title": f"{{{title.translate(_BIBTEX)}}}",
        "author": f"{{{manifest.owner.translate(_BIBTEX)}}}",
        "year": str(local.year),
        "month": str(local.month),
        "version": str(manifest.number),
        "note": (manifest.licence + notice).translate(_BIBTEX),
        "url": address,
    }
    return f"@misc{{{key},\n" + "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items()) + "}"
