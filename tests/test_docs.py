"""What the documentation shows is real: its sessions, its generated sections, its links, its scores.

`python tests/documents.py` makes what is out of date anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from documents import PICTURES, README, ROOT, pages, renew, run, sessions


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_what_a_page_shows_is_real(page: Path) -> None:
    assert renew(page) == page.read_text(encoding="utf-8")


def test_the_readme_has_sessions() -> None:
    assert len(sessions(README)) >= 5


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "from kg.build import build" in block)
    (tmp_path / "kg").symlink_to(ROOT / "kg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert names["graph"].number_of_nodes() > 100
    assert names["picture"].html.startswith("<!doctype html>")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_nothing_is_left_to_be_filled_in(page: Path) -> None:
    assert not re.search(r"\b(FILL|TODO|TBD|XXX)\b", page.read_text(encoding="utf-8"))


def test_the_two_commands_stand_alone() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/kg build",
        "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest -n auto",
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for target in targets:
        assert (page.parent / target).exists(), target


def test_every_page_is_linked_from_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for page in pages()[1:]:
        assert f"]({page.relative_to(ROOT)})" in text, page.name


def test_the_pictures_are_pictures() -> None:
    for path in PICTURES.values():
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n"), path


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
