"""The README's sessions are real: each output block is what the command prints on the example.

Run this file (`python tests/test_readme.py`) to write the blocks anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from kg.cli import main

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
_SESSION = re.compile(r"(?<=```console\n)(?:\$ kg .*?)(?=```\n)", re.DOTALL)


def run(command: str) -> str:
    """What a command prints, on both streams, in their order."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        mock.patch.object(sys, "argv", shlex.split(command)),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),
    ):
        main()
    printed.seek(0)
    return printed.read()


def replay(session: str) -> str:
    """A session with its commands run again."""
    commands = [line for line in session.splitlines() if line.startswith("$ kg ")]
    return "\n".join(f"{command}\n{run(command.removeprefix('$ '))}" for command in commands)


def sessions() -> list[str]:
    return _SESSION.findall(README.read_text(encoding="utf-8"))


@contextlib.contextmanager
def example() -> Iterator[None]:
    """An empty folder in which the sessions run, one after the other."""
    steady = {"COLUMNS": "100", "NO_COLOR": "1"}
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, steady),
    ):
        yield


def test_the_sessions_are_real() -> None:
    assert len(sessions()) >= 5
    with example():
        for session in sessions():
            assert replay(session) == session


def test_the_two_commands_stand_alone() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/kg build",
        "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest -n auto",
    ]


def test_links_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), target


def test_the_scores_are_those_of_the_scorer(shared: Path) -> None:
    table = re.findall(
        r"^\| (\S+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", README.read_text(encoding="utf-8"), re.M
    )
    assert table, "the README states no scores"
    gold = shared / "gold" / "dev.gold.jsonl"
    script = f"kg evaluate {gold} {shared / 'gold' / 'dev.md'} --quiet"
    rows = {line.split()[0]: line.split()[1:4] for line in run(script).splitlines() if line.strip()}
    for name, *figures in table:
        assert [f"{float(figure):.2f}" for figure in rows[name]] == figures, name


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    with example():
        README.write_text(_SESSION.sub(lambda match: replay(match[0]), text), encoding="utf-8")
    subprocess.run(["git", "-C", str(ROOT), "diff", "--stat", "README.md"], check=False)
