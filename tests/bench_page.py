"""How soon a picture can be used in headless Chromium: loaded, drawn, and answering a click.

    python tests/bench_page.py FILE.html [ROUNDS]

Each round opens a new page; times are milliseconds from the start of the navigation.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

DRAWN = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const drawn = performance.now();
  select(0);
  requestAnimationFrame(() => done([drawn, performance.now()]));
})))"""


def main() -> None:
    address, rounds = Path(sys.argv[1]).resolve().as_uri(), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--headless=new"]
        )
        times = []
        for _ in range(rounds):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(address)
            times.append(page.evaluate(DRAWN))
            nodes = page.evaluate("nodes.length")
            page.close()
        browser.close()
    drawn, answered = (median(column) for column in zip(*times, strict=True))
    print(f"{nodes} nodes: drawn after {drawn:.0f} ms, a panel shown after {answered:.0f} ms")


if __name__ == "__main__":
    main()
