"""Vietnamese text from before Unicode: TCVN 5712 (font names .Vn…, "ABC") and VNI-Win, read as Latin-1 characters.

Sources: TCVN 5712:1993 table VN3; the character table of VNI-Win. Both put Vietnamese letters on the code points of
other Latin letters, so a text has to be judged by whether what comes out are Vietnamese syllables
(`vietnamese_share`).
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

_TCVN3_BYTES = {
    "ăâêôơưđ": (0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE),
    "ĂÂÊÔƠƯĐ": (0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7),
    "àảãáạ": (0xB5, 0xB6, 0xB7, 0xB8, 0xB9),
    "ằẳẵắặ": (0xBB, 0xBC, 0xBD, 0xBE, 0xC6),
    "ầẩẫấậ": (0xC7, 0xC8, 0xC9, 0xCA, 0xCB),
    "èẻẽéẹ": (0xCC, 0xCE, 0xCF, 0xD0, 0xD1),
    "ềểễếệ": (0xD2, 0xD3, 0xD4, 0xD5, 0xD6),
    "ìỉĩíị": (0xD7, 0xD8, 0xDC, 0xDD, 0xDE),
    "òỏõóọ": (0xDF, 0xE1, 0xE2, 0xE3, 0xE4),
    "ồổỗốộ": (0xE5, 0xE6, 0xE7, 0xE8, 0xE9),
    "ờởỡớợ": (0xEA, 0xEB, 0xEC, 0xED, 0xEE),
    "ùủũúụ": (0xEF, 0xF1, 0xF2, 0xF3, 0xF4),
    "ừửữứự": (0xF5, 0xF6, 0xF7, 0xF8, 0xF9),
    "ỳỷỹýỵ": (0xFA, 0xFB, 0xFC, 0xFD, 0xFE),
}
TCVN3 = MappingProxyType(
    {chr(byte): letter for letters, row in _TCVN3_BYTES.items() for letter, byte in zip(letters, row, strict=True)}
)
"""Latin-1 character → Vietnamese letter. Capitals with a tone have no code of their own: a capital font shows them."""

_VNI_TONES = {"ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ù": "\u0301", "ï": "\u0323"}
_VNI_HATS = {
    "aâ": "â", "aà": "ầ", "aå": "ẩ", "aã": "ẫ", "aá": "ấ", "aä": "ậ",
    "aê": "ă", "aè": "ằ", "aú": "ẳ", "aü": "ẵ", "aé": "ắ", "aë": "ặ",
    "eâ": "ê", "eà": "ề", "eå": "ể", "eã": "ễ", "eá": "ế", "eä": "ệ",
    "oâ": "ô", "oà": "ồ", "oå": "ổ", "oã": "ỗ", "oá": "ố", "oä": "ộ",
}  # fmt: skip
_VNI_ALONE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "î": "ỵ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị"}
_VNI_TONED = {"a": "a", "e": "e", "o": "o", "u": "u", "y": "y", "ô": "ơ", "ö": "ư"}


def _vni_table() -> dict[str, str]:
    table = dict(_VNI_HATS) | dict(_VNI_ALONE)
    for written, base in _VNI_TONED.items():
        for mark, tone in _VNI_TONES.items():
            table[written + mark] = unicodedata.normalize("NFC", base + tone)
    return table | {written.upper(): letter.upper() for written, letter in table.items()}


VNI = MappingProxyType(_vni_table())
"""One or two Latin-1 characters → Vietnamese letter."""

_VNI_LONGEST_FIRST = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))


def from_tcvn3(text: str) -> str:
    """TCVN3 text to Unicode NFC. Where all plain letters are capital, the others were set in a capital font."""
    if any(ord(character) > 0xFF for character in text):
        return text  # Unicode already
    if _all_capital(text):
        return _tcvn3_letters(text).upper()
    return _WORDS_AND_SIGNS.sub(lambda match: _tcvn3_word(match[0]), text)


def _tcvn3_word(word: str) -> str:
    letters = _tcvn3_letters(word)
    return letters.upper() if _all_capital(word) else letters


def _tcvn3_letters(text: str) -> str:
    return "".join(TCVN3.get(character, character) for character in text)


def _all_capital(text: str) -> bool:
    """At least two letters that show their case, and no small one."""
    plain = [out for char in text if (out := TCVN3.get(char, char)).isalpha() and (char.isascii() or out in "ĂÂÊÔƠƯĐ")]
    return len(plain) > 1 and all(letter.isupper() for letter in plain)


def from_vni(text: str) -> str:
    """VNI-Win text to Unicode NFC."""
    if any(ord(character) > 0xFF for character in text):
        return text
    return _VNI_LONGEST_FIRST.sub(lambda match: VNI[match[0]], text)


def from_double_utf8(text: str) -> str:
    """UTF-8 whose bytes were taken for Latin-1 or Windows-1252, to Unicode NFC; unchanged where it is not that."""
    for codec in ("latin-1", "cp1252"):
        try:
            return unicodedata.normalize("NFC", text.encode(codec).decode("utf-8"))
        except UnicodeError:
            continue
    return text


_ONSETS = "ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx]|"
_RIMES = (
    "a|ac|ach|ai|am|an|ang|anh|ao|ap|at|au|ay|ăc|ăm|ăn|ăng|ăp|ăt|âc|âm|ân|âng|âp|ât|âu|ây|"
    "e|ec|em|en|eng|eo|ep|et|ê|êch|êm|ên|ênh|êp|êt|êu|i|ia|ich|iêc|iêm|iên|iêng|iêp|iêt|iêu|im|in|inh|ip|it|iu|"
    "o|oa|oac|oach|oai|oam|oan|oang|oanh|oao|oap|oat|oay|oăc|oăm|oăn|oăng|oăt|oc|oe|oen|oeo|oet|oi|om|on|ong|ooc|"
    "oong|op|ot|ô|ôc|ôi|ôm|ôn|ông|ôp|ôt|ơ|ơi|ơm|ơn|ơp|ơt|u|ua|uân|uâng|uât|uây|uc|uê|uêch|uênh|uêt|ui|um|un|ung|uơ|uôc|"
    "uôi|uôm|uôn|uông|uôt|up|ut|uy|uya|uych|uyên|uyêt|uynh|uyt|uyu|ư|ưa|ưc|ưi|ưng|ươc|ươi|ươm|ươn|ương|ươp|ươt|ươu|ưt|ưu|"
    "ưm|ưn|y|yê|yêm|yên|yêng|yêt|yêu|êng"
)
_SYLLABLE = re.compile(f"(?:{_ONSETS})(?:{_RIMES})")
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def is_syllable(word: str) -> bool:
    """The word could be one Vietnamese syllable: an onset, a rime and at most one tone, all capital or all small."""
    if not (word.islower() or word.isupper() or word.istitle() or word[1:].islower()):
        return False
    tones, letters = 0, []
    for character in unicodedata.normalize("NFD", word.lower()):
        if character in _TONES:
            tones += 1
        else:
            letters.append(character)
    base = unicodedata.normalize("NFC", "".join(letters))
    return tones <= 1 and _SYLLABLE.fullmatch(base) is not None


def vietnamese_share(texts: list[str]) -> tuple[float, int]:
    """Of the words with letters beyond ASCII, the share that are Vietnamese syllables; and how many such words."""
    words = [word for text in texts for word in _WORDS_AND_SIGNS.findall(text) if not word.isascii()]
    return (sum(map(is_syllable, words)) / len(words) if words else 0.0), len(words)


_WORDS_AND_SIGNS = re.compile(r"(?:[^\W\d_]|[\u00a1-\u00bf\u00d7\u00f7])+")
"""Words together with the Latin-1 signs (¬, ®, ×, ÷ …) that are letters in TCVN3, so that unread text is no syllable."""
