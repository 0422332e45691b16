"""Seals and signatures byte by byte, without a service."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidParameter
from gis.store.signing import SigningKey, new_pair
from services.permits import seal
from services.permits.uploads import first_file

NOW = datetime(2026, 11, 22, 7, 0, 0, 123456, tzinfo=UTC)
KID, PUBLIC, PRIVATE = new_pair()
KEYS = [SigningKey(KID, PUBLIC, PRIVATE, NOW, "test", None)]
STATEMENT = seal.Statement(UUID(int=7), NOW, NOW, "public", "vi", seal.digest_of({"a": 1}))
SEAL = seal.sealed(STATEMENT, KEYS)
FILE = seal.sealed_file(b"%PDF-1.7\n...\n%%EOF\n", SEAL, KEYS)


@pytest.mark.parametrize(("view", "language"), [("public", "vi"), ("public", "en"), ("a1b2", "vi"), ("a1b2", "en")])
def test_a_seal_states_what_was_sealed(view: str, language: str) -> None:
    statement = seal.Statement(UUID(int=7), NOW, NOW, view, language, "digest")
    assert seal.opened(seal.sealed(statement, KEYS), KEYS) == (statement, KID)


@given(st.integers(0, len(SEAL) - 1), st.characters())
def test_no_character_of_a_seal_can_be_another(place: int, other: str) -> None:
    changed = SEAL[:place] + other + SEAL[place + 1 :]
    assert changed == SEAL or seal.opened(changed, KEYS) is None


def test_no_bit_of_a_file_can_be_another() -> None:
    assert seal.seal_of_file(FILE, KEYS) == SEAL
    for place in range(len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 1 << place % 8
        assert seal.seal_of_file(bytes(changed), KEYS) is None, place


@pytest.mark.parametrize("changed", [FILE[:-1], FILE + b"\n", FILE + FILE, b"", b"%PDF", FILE.replace(b"...", b"....")])
def test_nothing_can_be_added_to_a_file_or_taken_away(changed: bytes) -> None:
    assert seal.seal_of_file(changed, KEYS) is None


def test_a_signature_of_one_kind_passes_for_no_other() -> None:
    signature = FILE.rpartition(b" ")[2].strip().decode()
    head, _, tail = signature.split(".")
    payload = seal.jws.detach_content(SEAL)
    assert seal.opened(f"{head}.{SEAL.split('.')[1]}.{tail}", KEYS) is None
    assert seal.seal_of_file(b"x\n%landmap-signature " + payload.encode() + b"\n", KEYS) is None


def test_another_key_of_the_same_name_opens_nothing() -> None:
    _, public, private = new_pair()
    assert seal.opened(SEAL, [SigningKey(KID, public, private, NOW, "test", None)]) is None
    assert seal.opened(SEAL, []) is None


def test_a_digest_depends_on_values_and_not_on_how_json_was_written() -> None:
    assert seal.digest_of({"a": 1.0, "b": [2]}) == seal.digest_of({"b": [2.0], "a": 1})
    assert len({seal.digest_of(one) for one in ({"a": 1}, {"a": "1"}, {"a": True}, {"a": 1.1}, {"a": None}, {})}) == 6


@pytest.mark.parametrize(
    "text", [b"[]", b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b"{", b"\xff", b"[" * 100_000]
)
def test_json_that_could_be_read_in_two_ways_is_not_read(text: bytes) -> None:
    assert seal.content_of(text) is None


def test_the_first_file_of_a_form_is_taken_as_it_is() -> None:
    body = b"--xyz\r\nContent-Disposition: form-data; name=file\r\n\r\n%PDF\r\n--x\n\x00\r\n--xyz--\r\n"
    assert first_file('multipart/form-data; boundary="xyz"', body) == b"%PDF\r\n--x\n\x00"
    assert first_file("application/pdf", b"%PDF") == b"%PDF"
    for kind, wrong in (("multipart/form-data", body), ("multipart/form-data; boundary=xyz", b"--xyz\r\nno end")):
        with pytest.raises(InvalidParameter):
            first_file(kind, wrong)
