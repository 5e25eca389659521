"""Facts whose every text is what someone might write who means harm, or who knows no better."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from strategies import HOSTILE

from kg.model import Entity, Evidence, Facts, Mention, Paper, Question, Result, Role, Slot, Summary
from kg.readers.digest import parse_byline

__all__ = ["NAMES", "export_twice", "hostile_facts"]

NAMES = [
    *HOSTILE,
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- gone -->",
    "]]><![CDATA[",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "&amp; &#60; &copy;",
    "[[x]]",
    "![[x]]",
    "[a](javascript:alert(1))",
    "![a](https://example.org/a.png)",
    "https://example.org/?a=b&c",
    "``` `x` ~~~",
    "$x$ and $$y$$",
    "%%hidden%%",
    "#tag and # heading",
    "^block",
    "`= this.file.name`",
    "<% tp.file.delete() %>",
    "{{title}}",
    "field:: value",
    "==high== ~~low~~ **bold** _slant_ __under__",
    "---",
    "===",
    "a | b | c",
    "- item",
    "+ item",
    "1. item",
    "10) item",
    "> quote",
    "    code",
    "and",
    "Ada and Alan",
    "others",
    "\\input{/etc/passwd} \\",
    "{",
    "}",
    "}} @misc{x, title={y",
    "50% $ & # _ ~ ^",
    '"quoted"',
    "@string{a = 1}",
    "CON",
    "nul.txt",
    "COM1 ",
    "..",
    "../../etc/passwd",
    "C:\\Windows",
    "a/b",
    ".hidden",
    "dot.",
    "GRPO",
    "grpo",
    "Straße",
    "STRASSE",
    "\u00e9",
    "e\u0301",
    "x" * 300,
    "字" * 300,
    "\u0085next\u2028line\u2029",
    "\ufeff",
    "\u202egnp.exe",
    "null",
    "true",
    "2024-10-01",
    "!!python/object/apply:os.system ['true']",
    "*anchor",
    "? key",
    ": value",
]
"""Without a comma, which ends an author's name."""


def hostile_facts(name: str, paper: str = "2401.00001") -> Facts:
    """A title, an author, a method, a metric, a unit, a result and a question that all say `name`."""
    name = name.replace(",", ";")
    summary = Summary(Paper(paper), "digest", "2024-01-01", name, name, name, parse_byline(name))
    whole = Evidence("abstract", 0, len(name), name)

    def mention(role: Role) -> Mention:
        return Mention(whole, role, "kg_entities", 9)

    method, metric = Entity("method", (mention("proposes"),)), Entity("metric", (mention("uses"),))
    result = Result(
        "score",
        "1.5",
        mention("value"),
        mention("statedIn"),
        unit=name,
        subject=Slot("method", method.name, mention("subject")),
        metric=Slot("metric", metric.name, mention("metric")),
    )
    return Facts(summary, "f", tuple(sorted((method, metric))), (result,), (Question(mention("leavesOpen")),))


_EXPORT = """
import sys
from pathlib import Path
from kg.export import FORMATS, export
from kg.store import open_store
folder, written, *names = sys.argv[1:]
with open_store(folder) as store:
    for name in names:
        export(store, name, Path(written) / name)
"""


def export_twice(graph: Path, folder: Path, *formats: str) -> list[dict[str, bytes]]:
    """What each of two processes writes of a graph: the second under another hash seed, zone and locale."""
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C.UTF-8"},
    ]
    written = []
    for number, each in enumerate(surroundings):
        own = folder / f"export-{number}"
        own.mkdir()
        command = [sys.executable, "-c", _EXPORT, str(graph), str(own), *formats]
        subprocess.run(command, check=True, env=os.environ | each)
        written.append({str(p.relative_to(own)): p.read_bytes() for p in own.rglob("*") if p.is_file()})
    return written
