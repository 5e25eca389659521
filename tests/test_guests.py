"""Components of other packages join the pipeline: the README's own example, installed and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from digests import digest, row
from documents import README

TEXT = "We fine-tune Jade on Opal and report an accuracy of 71.5% on GLUE."


def readme_block(language: str) -> str:
    """The README's block about a component of one's own."""
    text = README.read_text(encoding="utf-8")
    return next(b for b in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) if "kg_gemstones" in b)


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """A folder that holds the README's component as an installed package."""
    module, project = readme_block("python"), tomllib.loads(readme_block("toml"))["project"]
    name, version = project["name"], project["version"]
    ((group, entries),) = project["entry-points"].items()
    info = tmp_path / "site" / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"[{group}]", *(f"{entry} = {target}" for entry, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (info.parent / "kg_gemstones.py").write_text(module)
    return info.parent


def kg(*arguments: str | Path, site: Path | None) -> str:
    code = "from kg.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | ({"PYTHONPATH": str(site)} if site else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def test_the_readme_s_component_is_found_and_extracts_again(guest: Path, tmp_path: Path) -> None:
    source = tmp_path / "day.md"
    source.write_text(digest("2024-01-01", row("2401.00001", "On Stones", "Ann Lee", TEXT)), encoding="utf-8")
    without = json.loads(kg("extract", source, site=None))
    record = json.loads(kg("extract", source, site=guest))
    found = {
        mention["quote"]: (entity["type"], mention["role"])
        for entity in record["entities"]
        for mention in entity["mentions"]
        if mention["component"] == "kg_gemstones"
    }
    assert found == {"Jade": ("model", "uses"), "Opal": ("dataset", "uses")}
    assert record["extractor"] != without["extractor"]
    kg("build", source, "-o", tmp_path / "out", site=None)
    assert "again, since the extractor is another" in kg("build", source, "-o", tmp_path / "out", site=guest)
    assert "conforms" in kg("validate", "-s", tmp_path / "out", site=guest)
