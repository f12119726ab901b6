"""The page in a real browser: offline, quiet, within the screen, legible by day and night, deaf to what it shows."""

from __future__ import annotations

import re

import pytest

from weigh.core.figure import graph, heatmap, intervals, lines, points
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.pipelines.compare import compare
from weigh.report.compare import write_comparison
from weigh.report.result import write_result

CONTRAST = """
const light = colour => {
  const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(x => (colour.startsWith('color(') ? x : x / 255))
    .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const behind = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!/^rgba\\(.*, 0\\)$|transparent/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
};
return [...document.querySelectorAll(arguments[0])].filter(e => e.getClientRects().length).map(e => {
  const style = getComputedStyle(e), ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
  const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
  return [e.textContent.slice(0, 40), (a + .05) / (b + .05)];
});
"""


@pytest.fixture(scope="module")
def offline(browser):
    browser.execute_cdp_cmd("Network.enable", {})
    nothing = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", nothing)
    return browser


@pytest.fixture
def show(offline):
    def opened(path, *, width=1280, scheme="light"):
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        offline.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        offline.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        offline.get(path.as_uri())
        return offline

    return opened


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("kind", ["association", "fallen back", "recorded", "position", "killed"])
def test_it_opens_quietly_and_fits_the_screen(kind, width, run, read, show):
    folder = run(kind)
    read(folder)
    for path in ("report.html", "details/questions-001.html"):
        driver = show(folder / path, width=width)
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert driver.get_log("browser") == []
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_light_and_dark(scheme, run, read, show):
    folder = run("association")
    read(folder)
    for path in ("report.html", "details/questions-001.html"):
        driver = show(folder / path, scheme=scheme)
        dark = driver.execute_script("return getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")
        found = driver.execute_script(
            CONTRAST, "p, li, td, th, h1, h2, h3, .label, .mark, .result, .small, a, .chart text"
        )
        assert found
        weak = [(text, round(ratio, 2)) for text, ratio in found if ratio < 4.5]
        assert weak == []


def test_one_form_of_each_plot_is_shown(run, read, show):
    folder = run("association")
    read(folder)
    seen = (
        "return [...document.querySelectorAll('.chart')].filter(e => e.getClientRects().length)"
        ".map(e => [e.className.baseVal, e.getBoundingClientRect().width])"
    )
    for width, kind in ((400, "chart narrow"), (1280, "chart wide")):
        plots = show(folder / "report.html", width=width).execute_script(seen)
        assert {name for name, _ in plots} == {kind}
        assert len(plots) == 5
        assert all(size <= width for _, size in plots)


@pytest.mark.parametrize("width", [400, 1280])
def test_a_hostile_page_does_nothing_and_shows_all(width, poisoned, hostile, show):
    from weigh.core.visible import visible

    def squeezed(text):
        return re.sub(r"\s+", "", text)

    for path in ("report.html", "details/questions-001.html"):
        driver = show(poisoned / path, width=width)
        assert driver.execute_script("return window.pwned === undefined")
        assert driver.get_log("browser") == []
        with pytest.raises(Exception, match="no such alert"):
            driver.switch_to.alert  # noqa: B018
        # what is folded is not yet text that can be seen
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        text = squeezed(driver.execute_script("return document.body.innerText"))
        assert [one for one in hostile if squeezed(visible(one)) not in text] == []
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert driver.current_url.startswith("file://")


def test_a_comparison_shows_only_what_differs_by_its_address(run, show, tmp_path):
    page = write_comparison(compare([run("ranking"), run("tried and kept")]), tmp_path)
    driver = show(page)

    def seen(selector):
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.getClientRects().length).length"
        return driver.execute_script(script, selector)

    rows, same = seen(".pair tbody tr"), seen(".pair .same")
    assert same > 0
    driver.get(f"{page.as_uri()}#only-different")
    assert (seen(".pair .same"), seen(".pair .whole")) == (0, 0)
    assert seen(".pair tbody tr") == rows - same
    driver.get(f"{page.as_uri()}#everything")
    assert seen(".pair .same") == same


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_any_result_is_deaf_to_names_and_fits_the_screen(width, scheme, hostile, show, tmp_path):
    bad = hostile[0]
    figures = [
        intervals(bad, [{"item": name, "mean": 1.0, "low": 0.0, "high": 2.0} for name in hostile[:30]], unit=bad),
        heatmap(bad, list(hostile[:12]), list(hostile[:12]), [[float(i - j) for j in range(12)] for i in range(12)]),
        lines(bad, {name: {"x": [1, 2], "y": [0, i]} for i, name in enumerate(hostile[:9])}, x=bad, y=bad),
        points(bad, [{"x": i, "y": i, "label": name, "series": name} for i, name in enumerate(hostile[:20])], x=bad),
        graph(bad, [{"name": name} for name in hostile[:9]], [{"source": bad, "target": hostile[3], "label": bad}]),
    ]
    notes = {"figures": [one.to_json() for one in figures], "told": bad, "cannot": list(hostile[:5]), bad: {bad: bad}}
    items = tuple(dict.fromkeys(hostile))
    scale = Scale("interval", "real", "log-odds")
    values = Values(items, (bad,), [float(i) for i in range(len(items))], scale=scale, method=bad, notes=notes)
    driver = show(write_result(tmp_path, values), width=width, scheme=scheme)
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert driver.execute_script("return window.pwned === undefined && document.querySelectorAll('script').length") == 0
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert [one for one in driver.get_log("browser") if one["level"] == "SEVERE"] == []
    assert min(ratio for _, ratio in driver.execute_script(CONTRAST, "main p, main th, main td, main text")) >= 4.5
