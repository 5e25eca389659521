"""What the tests share. Tests that need the corpus skip where it is absent, and fail there under KG_CI=1."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from kg.build import build

CHECKOUT = Path(__file__).parents[1]

settings.register_profile("ci", derandomize=True)
if os.environ.get("KG_CI") == "1":
    settings.load_profile("ci")  # the same examples in every run; elsewhere others each time


def need(what: str, present: bool) -> None:
    if present:
        return
    if os.environ.get("KG_CI") == "1":
        pytest.fail(f"{what} is missing, and KG_CI=1 says that it must not be")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the corpus, the gold and the scorer, beside the checkout."""
    folder = CHECKOUT.parent / "shared"
    need(f"the corpus in {folder}", (folder / "corpus").is_dir())
    return folder


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the graph of the bundled example, to read only."""
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    return folder


@pytest.fixture
def need_index():  # type: ignore[no-untyped-def]
    """Skips (under KG_CI=1 fails) where no package index can be reached."""

    def check() -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [*command, "--dest", folder, "typing-extensions"], check=False, capture_output=True
            )
        need("a package index", done.returncode == 0)

    return check


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the system, for tests of pages."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need("Chromium", found is not None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
