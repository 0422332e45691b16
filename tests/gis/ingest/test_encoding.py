"""Vietnamese text of three encodings becomes Unicode NFC; other text stays what it is; what is lost is found."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import IngestError, Undecided
from gis.ingest import encoding
from gis.ingest.encoding import Reading, check_encoding, detect, lost, mend, valid_text
from gis.ingest.legacy_text import TCVN3, VNI, from_tcvn3, from_vni, is_syllable
from gis.ingest.text_bytes import traits

NAMES = [
    "Phường Thủ Dầu Một",
    "Xã Trừ Văn Thố",
    "Đường Nguyễn Huệ",
    "hẻm 12 Lê Quý Đôn",
    "Bình Quới",
    "Phú Mỹ",
    "Khuyến",
]
TO_TCVN3 = {letter: character for character, letter in TCVN3.items()}
TO_VNI = {letter: written for written, letter in VNI.items()}


def tcvn3(text: str) -> str:
    return "".join(TO_TCVN3.get(c, TO_TCVN3.get(c.lower(), c)) for c in text)


def vni(text: str) -> str:
    return "".join(TO_VNI.get(c, c) for c in text)


def read(texts: list[str | None], name: str | None = None) -> tuple[str, list[str | None]]:
    array = valid_text(pa.array(texts, pa.string()))
    known = traits(array)
    reading = detect(array, "column", known, name)
    return reading.name, mend(array, reading, known).to_pylist()


def test_tables_agree_with_the_reference(shared: Path) -> None:
    with (shared / "domain" / "tcvn3_vni_table.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 134
    for row in rows:
        letter = row["unicode"]
        assert TCVN3[bytes.fromhex(row["tcvn3_hex"]).decode("latin-1")] in (letter, letter.lower())
        assert VNI[bytes.fromhex(row["vni_hex"]).decode("latin-1")] == letter


@pytest.mark.parametrize(
    ("write", "name"),
    [(tcvn3, "tcvn3"), (vni, "vni"), (lambda t: t.encode().decode("latin-1"), "double-utf-8"), (str, "unicode")],
)
def test_each_encoding_is_recognised_and_mended(write, name) -> None:
    assert read([*map(write, NAMES), None, "Plain"]) == (name, [*NAMES, None, "Plain"])


def test_decomposed_text_becomes_nfc() -> None:
    loose = [unicodedata.normalize("NFD", text) for text in NAMES]
    assert loose != NAMES
    assert read(loose) == ("unicode", NAMES)


@pytest.mark.parametrize(
    "texts",
    [
        ["Rue de la Chapelle", "Église Saint-Étienne", "Café à côté", "Château rouge"],
        ["Müllerstraße", "Überlingen", "Königsallee"],
        ["São João", "Peñón", "Señor Niño"],
        ["Đường 30/4", "Ô 12"],
        ["25 m² ± 0,5", "105°45′"],
        ["Ðorvaldur"],
    ],
)
def test_legitimate_text_is_not_mended(texts) -> None:
    assert read(texts) == ("unicode", texts)


def test_capitals_of_a_capital_font_come_back() -> None:
    assert from_tcvn3(tcvn3("ĐẤT Ở ĐÔ THỊ")) == "ĐẤT Ở ĐÔ THỊ"
    assert from_tcvn3(tcvn3("Xã Bình Mỹ")) == "Xã Bình Mỹ"
    assert from_tcvn3("Đã là Unicode ¬") == "Đã là Unicode ¬"
    assert from_vni(vni("QUẬN GÒ VẤP")) == "QUẬN GÒ VẤP"


@given(st.lists(st.sampled_from([*TCVN3.values(), *"abcdeghiklmnopqrstuvxy "]), max_size=30).map("".join))
def test_every_small_letter_survives_both_encodings(text: str) -> None:
    text = unicodedata.normalize("NFC", text).lower()
    assert from_tcvn3(tcvn3(text)) == text


def test_eth_typed_for_d_is_mended_only_in_vietnamese_words() -> None:
    assert read(["Ðất ở ÐÔ THỊ", "Đường", "Ðorvaldur"])[1] == ["Đất ở ĐÔ THỊ", "Đường", "Ðorvaldur"]


def test_the_users_word_decides() -> None:
    assert read([tcvn3("Ấp")], "tcvn3")[1] == ["ấp"]
    assert read([tcvn3("Phường Bến Nghé")], "utf-8")[0] == "unicode"
    with pytest.raises(IngestError, match="tcvn3"):
        check_encoding("klingon")
    check_encoding("cp1258")


def test_two_equally_good_readings_are_asked_about() -> None:
    with pytest.raises(Undecided, match="--encoding"):
        encoding._best("c", Reading("unicode", 0.1, 9), [Reading("tcvn3", 0.95, 9), Reading("vni", 0.9, 9)])


@pytest.mark.parametrize(
    ("text", "damaged"),
    [
        ("Ð?t nhóm nhà ?", True),
        ("@ m?t nu?c htr hach", True),
        ("QH_Ranh gi?i l?p quy ho?ch", True),
        ("ranh \ufffdất", True),
        ("?t công cộng", True),
        ("Có phải không? Phải.", False),
        ("https://a.vn/b?c=d", False),
        ("(?)", False),
        ("", False),
        (None, False),
    ],
)
def test_text_that_cannot_be_recovered_is_found(text, damaged) -> None:
    assert lost(pa.array(["x", text], pa.string())).tolist() == [False, damaged]


def test_bytes_that_are_not_utf8_do_not_stop_anything() -> None:
    raw = pa.array([tcvn3("Đường Lê Lợi").encode("latin-1"), b"plain", None], pa.binary())
    broken = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2], raw.buffers()[0])
    array = valid_text(broken)
    assert read(array.to_pylist())[1] == ["Đường Lê Lợi", "plain", None]


def test_control_characters_and_padding_go() -> None:
    assert read([" a\x00b\x1f ", "\u00a0Đất\n", "c"])[1] == ["ab", "Đất", "c"]


@pytest.mark.parametrize("word", ["Nguyễn", "ĐƯỜNG", "khuya", "Quyết", "gìn", "ở", "Uyên", "Huỳnh", "nghiêng"])
def test_vietnamese_words_are_syllables(word) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["Château", "Châtếau", "xyz", "ĐưỜng", "bcd", "Müller", "áà"])
def test_other_words_are_none(word) -> None:
    assert not is_syllable(word)


def test_damaged_text_is_not_taken_for_another_encoding() -> None:
    damaged = pa.array(["Ð?t nhóm nhà ?"] * 12)
    assert detect(damaged, "DiaChi", traits(damaged)).name == "unicode"
    assert lost(damaged).all()
