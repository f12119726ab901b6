"""What all tests share: property tests that draw the same examples in every run, and a browser.

`HYPOTHESIS_PROFILE=explore python -m pytest` draws new examples, to look for what nobody has thought of.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, database=None)
settings.register_profile("explore")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

CHROME, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    # what may take longest begins first, else one core waits for it at the end
    items.sort(key=lambda item: -max((marker.args[0] for marker in item.iter_markers("timeout")), default=0))


@pytest.fixture
def weigh(monkeypatch, capsys):
    """Runs a command line: (*words) -> its exit code, stdout and stderr."""
    from weigh.doors.cli import main

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["weigh", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def browser(request):
    if not (CHROME.exists() and DRIVER.exists()):
        pytest.skip(f"no browser: {CHROME} and {DRIVER} are needed")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROME)
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        # a module that sets LOGS = ("performance",) also hears of every request
        logs = ("browser", *getattr(request.module, "LOGS", ()))
        options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
        driver = webdriver.Chrome(options=options, service=Service(executable_path=str(DRIVER)))
        try:
            yield driver
        finally:
            driver.quit()
