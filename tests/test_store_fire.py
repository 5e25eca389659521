"""The store under fire: killed builds, failing disks, two builds at once.

Of each act, KG_FIRE kills are made (2), and six times as many faults: 12 make the 60 that fire.py is for.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import need
from fire import PHASES, apart

from kg.build import build
from kg.errors import StoreError
from kg.store import open_store

HERE = Path(__file__).parent
EACH = int(os.environ.get("KG_FIRE", "2"))
ACTS = {"build", "add", "replace", "remove", "publish"}


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


def trials(*arguments: str, **environment: str) -> list[dict[str, object]]:
    command = [sys.executable, str(HERE / "fire.py"), *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True, cwd=HERE
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_killed_build_loses_nothing_and_the_next_succeeds() -> None:
    found = trials("kills", str(EACH * len(ACTS)))
    cut = [trial for trial in found if trial["cut"]]
    assert Counter(trial["act"] for trial in cut) == dict.fromkeys(ACTS, EACH)
    assert [trial for trial in found if trial["wrong"]] == []
    phases = {trial["phase"] for trial in cut}
    assert PHASES[2] in phases, "some are killed while they publish"
    assert EACH < 12 or phases >= {*PHASES[:3]}


def test_a_failing_disk_is_an_error_and_leaves_the_old_graph(library: Path) -> None:
    wanted = 6 * EACH * len(ACTS)
    found = trials("faults", str(library), str(wanted), LD_PRELOAD=str(library))
    failed = [trial for trial in found if trial["failed"]]
    assert {(trial["act"], trial["error"]) for trial in failed} == {
        (act, error) for act in ACTS for error in ("EIO", "ENOSPC")
    }
    assert [trial for trial in found if trial["wrong"]] == []
    assert len(failed) > 0.8 * wanted
    assert sum(bool(trial["cut"]) for trial in failed) > len(failed) / 2


def test_who_reads_after_a_kill_finds_what_was_there(tmp_path: Path) -> None:
    build([], tmp_path)

    def write_and_die() -> None:
        db = sqlite3.connect(tmp_path / ".store/facts.sqlite", isolation_level=None)
        db.executescript("PRAGMA cache_size = 1; BEGIN; UPDATE facts SET extractor = extractor || 'x'")
        os._exit(0)

    apart(write_and_die)
    assert (tmp_path / ".store/facts.sqlite-journal").stat().st_size > 0
    with open_store(tmp_path) as store:
        assert store.count() == 10


def test_the_second_of_two_builds_says_so(tmp_path: Path) -> None:
    build([], tmp_path)
    with (
        open_store(tmp_path, write=True),
        pytest.raises(StoreError, match=r"another kg is writing to .*; wait for it, or use another -o"),
    ):
        build([], tmp_path)
