"""Text by models and banks in every field: nothing is executed, everything is shown."""

from __future__ import annotations

from weigh.core.visible import visible

OURS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "nav", "h1", "h2", "h3",
    "h4", "p",
    "a", "b", "bdi", "span", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th",
    "td", "details", "summary", "figure", "figcaption", "code", "svg", "g", "path", "line", "circle", "text",
}  # fmt: skip


def squeezed(text):
    return " ".join(text.split())


def test_nothing_but_our_own_tags_and_attributes(poisoned, read):
    for path in ("report.html", *(f"details/{path.name}" for path in (poisoned / "details").glob("*.html"))):
        page = read(poisoned, path)
        assert page.faults == []
        assert page.open == []
        assert {tag for tag, _ in page.tags} <= OURS
        names = {name for _, attributes in page.tags for name in attributes}
        assert not [name for name in names if name.startswith("on") or name in ("src", "style", "xlink:href", "srcdoc")]
        assert all(":" not in (a.get("href") or "") for _, a in page.tags)


def test_every_string_is_shown_in_full_in_each_field(poisoned, read, hostile):
    front, behind = read(poisoned, "report.html"), read(poisoned, "details/questions-001.html")
    every = squeezed(visible(" ".join(hostile)))
    header = front.flat[: front.flat.index("What this means")]
    assert f"model {every}" in header
    assert f"bank {every}" in header
    assert front.flat.count(every) >= 8
    assert every in behind.flat  # the raw reply of the first answer
    for text in hostile:
        assert squeezed(visible(text)) in front.flat
        assert squeezed(visible(text)) in behind.flat


def test_hidden_characters_are_tokens_and_not_in_the_file(poisoned, read):
    for path in ("report.html", "details/questions-001.html"):
        html = (poisoned / path).read_bytes().decode("utf-8", "strict")
        assert not set(html) & set("\x00\x07\x1b\r\u202e\u202c\u200b\ufeff\u2028\u2029\U000e0041\ufffe\uffff")
        for token in ("U+202E", "U+0000", "U+001B", "U+D800", "U+DFFF", "U+200B", "U+E0041", "U+000D"):
            assert f"⟦{token}⟧" in html


def test_value_names_in_plots_are_text_and_never_colours(poisoned, read):
    front = read(poisoned, "report.html")
    assert 'fill="#0a0b01"' in front.text
    paints = {a[name] for _, a in front.tags for name in ("fill", "stroke") if a.get(name)}
    assert paints
    assert all(paint == "none" or paint.startswith("var(--") for paint in paints)
