"""The store under fire: killed builds, failing disks, two builds at once. KG_FIRE=60 makes 60 kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import need

from kg.build import build
from kg.errors import StoreError
from kg.store import open_store

HERE = Path(__file__).parent
TRIALS = int(os.environ.get("KG_FIRE", "6"))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lets writes fail, compiled."""
    need("LD_PRELOAD, which is of Linux,", sys.platform == "linux")
    path = tmp_path_factory.mktemp("faults") / "faults.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-o", str(path), str(HERE / "faults.c"), "-ldl"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        need("gcc", False)
    return path


def trials(*arguments: str, **environment: str) -> Iterator[dict[str, object]]:
    command = [sys.executable, str(HERE / "fire.py"), *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True, cwd=HERE
    )
    yield from map(json.loads, done.stdout.splitlines())


def test_a_killed_build_loses_nothing_and_the_next_succeeds() -> None:
    found = list(trials("kills", str(TRIALS)))
    assert sum(bool(trial["cut"]) for trial in found) == TRIALS
    assert [trial for trial in found if trial["wrong"]] == []


def test_a_failing_disk_is_an_error_and_leaves_the_old_graph(library: Path) -> None:
    every = 6_000 // TRIALS
    found = list(trials("faults", str(library), str(every), LD_PRELOAD=str(library)))
    assert {(trial["act"], trial["error"]) for trial in found} == {
        (act, error) for act in ("build", "add", "replace", "remove") for error in ("EIO", "ENOSPC")
    }
    assert [trial for trial in found if trial["wrong"]] == []
    assert any(trial["cut"] for trial in found)


def test_the_second_of_two_builds_says_so(tmp_path: Path) -> None:
    build([], tmp_path)
    with (
        open_store(tmp_path, write=True),
        pytest.raises(StoreError, match=r"another kg is writing to .*; wait for it, or use another -o"),
    ):
        build([], tmp_path)
