"""Takes the picture of a run's page that README and docs show: `python docs/screenshots.py RUN` (needs chromium).

The run is copied first, so that its own page stays as it is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from weigh.report.page import write_report

PICTURE = Path(__file__).parent / "_static" / "page.png"
SIZE = (1000, 1780)


def take(run: Path, picture: Path = PICTURE) -> Path:
    """Write a run's page anew and photograph its top.

    Parameters
    ----------
    run : Path
        A run folder.
    picture : Path
        The PNG file.

    Raises
    ------
    SystemExit
        There is no chromium, or it took no picture.
    """
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no chromium here; install it and run this again")
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "run"
        shutil.copytree(run, copy)
        page = write_report(copy)
        shot = Path(scratch) / "page.png"
        size = ",".join(map(str, SIZE))
        # the sandbox needs rights that containers lack; the page is our own and runs no script
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb")
        command = [browser, *flags, f"--screenshot={shot}", f"--window-size={size}", page.as_uri()]
        subprocess.run(command, check=False, capture_output=True, timeout=120)
        if not shot.is_file():
            raise SystemExit(f"{browser} took no picture of {page}")
        picture.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shot, picture)
    return picture


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(take(Path(sys.argv[1])))
