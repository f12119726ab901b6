"""Escaping: what is invisible becomes visible, what is legitimate stays."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from weigh.core.visible import visible
from weigh.report import shown


def test_all_control_and_format_characters_become_tokens():
    spared = {"\t", "\n", "\u200c", "\u200d"}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in spared:
            # marks that Arabic, Kaithi and hieroglyphs need to be written at all show as signs of their own
            if code in range(0x600, 0x606) or code in (0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD):
                continue
            if code in range(0x13430, 0x13440) or code in range(0x1BCA0, 0x1BCA4):
                continue
            assert visible(character) == f"⟦U+{code:04X}⟧", hex(code)


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "👩‍👩‍👧", "שלום", "tab\tand\nline", "naïve café"])
def test_legitimate_text_is_left_alone(text):
    assert visible(text) == text


@pytest.mark.parametrize("text", ["pass\u200dword", "\u200cx", "x\u200d", "a\u200c\u200db"])
def test_joiners_between_latin_letters_are_shown(text):
    assert "⟦U+200" in visible(text)


@given(st.text(st.characters(codec=None)))
def test_a_cell_is_safe_and_full(text):
    html = shown.cell(text)
    html.encode("utf-8")
    bare = html.replace('<span class="hidden-char">', "").replace("</span>", "")
    assert not set(bare) & set("<>\"'")
    assert Markup(html).striptags().split() == visible(text).split()


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.474, "+0.47"),
        (-0.004, "0.00"),
        (0.004, "0.00"),
        (-1.5, "−1.50"),
        (None, "–"),
        (float("nan"), "–"),
        (0, "0.00"),
    ],
)
def test_numbers_have_signs_and_zero_has_none(x, text):
    assert shown.signed(x) == text


def test_nested_numbers_are_brief():
    assert shown.brief({"good": [-22.949896, 1.0], "n": 3, "x": None}) == "good: −22.950 / 1.000, n: 3, x: –"
