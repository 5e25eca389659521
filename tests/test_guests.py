"""Components of other packages join the pipeline or replace ours: the examples of the documents, run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from digests import digest, row
from documents import README

import kg.extract as extract

EXTRACTORS = README.parent / "kg" / "docs" / "extractors.md"
TEXT = "We fine-tune Jade on Opal and report an accuracy of 71.5% on GLUE."


def block(page: Path, language: str, word: str) -> str:
    """The block of a page, in a language, that holds a word."""
    found = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return next(each for each in found if word in each)


def install(page: Path, word: str, folder: Path) -> Path:
    """A folder that holds the component of a page as an installed package."""
    module, project = block(page, "python", word), tomllib.loads(block(page, "toml", word))["project"]
    name, version = project["name"], project["version"]
    ((group, entries),) = project["entry-points"].items()
    info = folder / "site" / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"[{group}]", *(f"{entry} = {target}" for entry, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (info.parent / f"{word}.py").write_text(module)
    return info.parent


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "day.md"
    path.write_text(digest("2024-01-01", row("2401.00001", "On Stones", "Ann Lee", TEXT)), encoding="utf-8")
    return path


def kg(*arguments: str | Path, site: Path | None = None, config: Path | None = None, code: int = 0) -> str:
    """What the command prints, where it ends with the code."""
    done = subprocess.run(
        [sys.executable, "-c", "from kg.cli import main; main()", *map(str, arguments)],
        env=os.environ
        | ({"PYTHONPATH": str(site)} if site else {})
        | ({"KG_CONFIG": str(config)} if config else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def found(record: dict[str, Any], component: str) -> dict[str, tuple[str, str]]:
    """Quote -> type and role of what a component found."""
    return {
        mention["quote"]: (entity["type"], mention["role"])
        for entity in record["entities"]
        for mention in entity["mentions"]
        if mention["component"] == component
    }


def test_the_readme_s_component_is_found_and_extracts_again(source: Path, tmp_path: Path) -> None:
    guest = install(README, "kg_gemstones", tmp_path)
    without = json.loads(kg("extract", source))
    record = json.loads(kg("extract", source, site=guest))
    assert found(record, "kg_gemstones") == {"Jade": ("model", "uses"), "Opal": ("dataset", "uses")}
    assert record["extractor"] != without["extractor"]
    kg("build", source, "-o", tmp_path / "out")
    assert "again, since the extractor is another" in kg("build", source, "-o", tmp_path / "out", site=guest)
    assert "conforms" in kg("validate", "-s", tmp_path / "out", site=guest)


def test_another_component_stands_where_the_configuration_says(source: Path, tmp_path: Path) -> None:
    site = install(EXTRACTORS, "gem_reader", tmp_path)
    config = tmp_path / "my.cfg"
    config.write_text(block(EXTRACTORS, "ini", "gem_reader"))
    record = json.loads(kg("extract", source, site=site, config=config))
    assert found(record, "gem_reader") == {
        "Jade": ("model", "uses"),
        "Opal": ("dataset", "uses"),
        "accuracy": ("metric", "uses"),
        "GLUE": ("benchmark", "uses"),
    }
    assert found(record, "kg_entities") == {}
    [result] = record["results"]
    assert (result["value"], result["metric"]) == ("71.5", "accuracy")
    assert record["extractor"] != json.loads(kg("extract", source))["extractor"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot use"),
        ("nonsense", "my.cfg"),
        (
            '[nlp]\nlang = "en"\npipeline = ["a"]\n\n[components]\n\n[components.a]\nfactory = "nowhere"\n',
            "nowhere",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(
    source: Path, tmp_path: Path, text: str | None, said: str
) -> None:
    config = tmp_path / "my.cfg"
    if text is not None:
        config.write_text(text)
    printed = kg("extract", source, config=config, code=2)
    assert said in printed and "my.cfg" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("line", ['model = "mine"', 'model: "mine"', "model = mine", 'model =\n    "mine"'])
def test_another_model_is_another_extractor(source: Path, tmp_path: Path, line: str) -> None:
    """The folder counts from the configuration, however the setting is written."""
    ours = Path(extract.__file__).parent
    shutil.copytree(ours / "model", tmp_path / "mine")
    config = tmp_path / "my.cfg"
    config.write_text((ours / "config.cfg").read_text().replace('model = ""', line))
    before = json.loads(kg("extract", source, config=config))
    weights = json.loads((tmp_path / "mine" / "judge.json").read_text())
    (tmp_path / "mine" / "judge.json").write_text(json.dumps(weights | {"threshold": 1}))
    after = json.loads(kg("extract", source, config=config))
    assert before["extractor"] != after["extractor"]
    assert found(before, "kg_entities") != found(after, "kg_entities") == {}


def test_a_model_that_is_not_there_is_named(source: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.cfg"
    ours = Path(extract.__file__).with_name("config.cfg").read_text()
    config.write_text(ours.replace('model = ""', f'model = "{tmp_path}/none"'))
    printed = kg("extract", source, config=config, code=2)
    assert f"{tmp_path}/none" in printed and "kg train" in printed


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"uses"', '"used"', "the kg_role 'used'"),
        ("spans = []", "spans = [1 / 0]", "ZeroDivisionError"),
        (', 9, "gem_reader"', ', 90, "gem_reader"', "the kg_confidence 90"),
        ('"Jade": "model"', '"Jade": "gem"', "the label 'gem'"),
    ],
)
def test_a_component_s_mistake_is_named(
    source: Path, tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    site = install(EXTRACTORS, "gem_reader", tmp_path)
    module = site / "gem_reader.py"
    module.write_text(module.read_text().replace(right, wrong))
    config = tmp_path / "my.cfg"
    config.write_text(block(EXTRACTORS, "ini", "gem_reader"))
    printed = kg("extract", source, site=site, config=config, code=2)
    assert said in printed
    assert "Traceback" not in printed
