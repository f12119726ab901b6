from __future__ import annotations

import pytest

from weigh.core.markup import Markup, escaped, interval_svg, table


@pytest.mark.parametrize("text", ["<script>", "\" onload='x'", "&lt;", "\ud800", "\u202eabc"])
def test_text_is_escaped_wherever_it_stands(text):
    page = table([text], [[text, Markup("<i>ours</i>")]], caption=text, note=text)
    page.encode("utf-8")
    assert page.count(escaped(text)) >= 4
    assert "<script" not in page
    assert "onload='" not in page
    assert "<i>ours</i>" in page


def test_zero_is_marked_where_it_lies_on_the_axis():
    assert 'stroke-opacity=".3"' in interval_svg(0.1, 0, 0.2, left=-1, right=1).text
    assert 'stroke-opacity=".3"' not in interval_svg(1, 1, 1, left=1, right=1).text
