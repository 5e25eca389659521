"""The documentation: which pages there are, and how what they show is made.

A page is written by hand, but for two things. Its sessions (console blocks whose commands begin with
`$ kg`, or with `$ curl` while a `$ kg serve … &` goes on) hold what the commands print on the example.
Its sections between `<!-- NAME -->` and `<!-- end -->` are generated from what they document.

    python tests/documents.py     makes both anew, and the README's pictures
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

import rdflib
from rdflib.namespace import OWL, RDF, RDFS

from kg.build import build
from kg.cli import main
from kg.export import FORMATS, File
from kg.export.rows import TABLES
from kg.queries import load_queries
from kg.vocabulary import PREFIXES, ontology_path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "kg" / "docs"
PICTURES = {scheme: DOCS / f"graph-{scheme}.png" for scheme in ("light", "dark")}

_SESSION = re.compile(r"(?<=```console\n)(?:\$ kg .*?)(?=```\n)", re.DOTALL)
_SECTION = re.compile(r"(?<=<!-- )(?P<name>(?!end )[a-z]+)(?P<old> -->\n.*?)(?=<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """The README and the longer pages."""
    return [README, *sorted(DOCS.glob("*.md"))]


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


@contextlib.contextmanager
def going_on(command: str) -> Iterator[str]:
    """Runs `kg serve … &`, and ends it afterwards; gives the line that it prints."""
    arguments = shlex.split(command.removesuffix("&"))[1:]
    script = "from kg.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        yield process.stderr.readline()
        process.terminate()


def replay(session: str) -> str:
    """A session with its commands run again."""
    commands = [line[2:] for line in session.splitlines() if line.startswith(("$ kg ", "$ curl "))]
    printed = []
    with contextlib.ExitStack() as stack:
        for command in commands:
            if command.endswith("&"):
                said = stack.enter_context(going_on(command))
            elif command.startswith("curl "):
                said = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
            else:
                said = run(command)
            printed.append(f"$ {command}\n{said}")
    return "\n".join(printed)


def sessions(page: Path) -> list[str]:
    """The sessions of a page, in their order."""
    return _SESSION.findall(page.read_text(encoding="utf-8"))


@contextlib.contextmanager
def example() -> Iterator[None]:
    """A folder with no graph yet, in which the sessions of a page run one after the other."""
    steady = {"COLUMNS": "100", "NO_COLOR": "1"}
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, steady),
    ):
        yield


def renew(page: Path) -> str:
    """The text of a page with its sessions and its sections made anew."""
    text = page.read_text(encoding="utf-8")
    with example():
        if page != README:
            build([], "outputs")
        text = _SESSION.sub(lambda match: replay(match[0]), text)
    return _SECTION.sub(lambda match: f"{match['name']} -->\n{SECTIONS[match['name']]()}", text)


def to_ontology_section() -> str:
    """Every class and property of `kg.ttl`: its label, its comment, what it is tied to."""
    graph = rdflib.Graph().parse(ontology_path("kg.ttl"))
    kinds = {
        "Classes": OWL.Class,
        "Individuals": OWL.NamedIndividual,
        "Properties that link": OWL.ObjectProperty,
        "Properties that hold a value": OWL.DatatypeProperty,
    }
    lines = list[str]()
    for heading, kind in kinds.items():
        lines += [f"## {heading}", ""]
        for term in sorted(graph.subjects(RDF.type, kind)):
            lines += _term_lines(graph, term)
    return "\n".join(lines)


def _term_lines(graph: rdflib.Graph, term: rdflib.term.Node) -> list[str]:
    ties = [
        ("a kind of", (RDFS.subClassOf, RDFS.subPropertyOf)),
        ("from", (RDFS.domain,)),
        ("to", (RDFS.range,)),
        ("see also", (RDFS.seeAlso,)),
    ]
    told = list[str]()
    for how, properties in ties:
        found = sorted(_short(graph, each) for tie in properties for each in graph.objects(term, tie))
        told += [f"{how} {', '.join(found)}"] if found else []
    label, comment = graph.value(term, RDFS.label), graph.value(term, RDFS.comment)
    tied = [f"{'; '.join(told)}.", ""] if told else []
    return [f"### {_short(graph, term)}", "", f"*{label}.* {comment}", "", *tied]


def _short(graph: rdflib.Graph, term: rdflib.term.Node) -> str:
    return f"`{graph.namespace_manager.normalizeUri(str(term))}`"


def to_queries_section() -> str:
    """Every named query: what it tells, what it takes, and its SPARQL."""
    lines = list[str]()
    for query in load_queries().values():
        body = "\n".join(
            line for line in query.sparql.splitlines() if not line.startswith(("#", "PREFIX"))
        ).strip()
        parameters = [f"- `{each.name}` ({each.kind}): {each.help}" for each in query.parameters]
        lines += [f"## {query.name}", "", query.help, "", *parameters, *([""] if parameters else [])]
        lines += ["```sparql", body, "```", ""]
    return "\n".join(lines)


def to_formats_section() -> str:
    """Every format of `kg export`."""
    lines = ["| format | file | what it is |", "| --- | --- | --- |"]
    for name, each in FORMATS.items():
        lines.append(f"| `{name}` | `{each.target}{'' if isinstance(each, File) else '/'}` | {each.help} |")
    return "\n".join(lines) + "\n"


def to_tables_section() -> str:
    """Every table of the CSV and Parquet exports, with its columns."""
    lines = ["| table | columns |", "| --- | --- |"]
    for table in TABLES:
        columns = ", ".join(
            f"{name} ({kind})" if kind != "text" else name for name, kind in table.columns.items()
        )
        lines.append(f"| `{table.name}` | {columns} |")
    return "\n".join(lines) + "\n"


def to_prefixes_section() -> str:
    """The prefixes that queries need not declare."""
    return "".join(f"- `{prefix}:` {iri}\n" for prefix, iri in PREFIXES.items())


SECTIONS: Mapping[str, Callable[[], str]] = {
    "ontology": to_ontology_section,
    "queries": to_queries_section,
    "formats": to_formats_section,
    "tables": to_tables_section,
    "prefixes": to_prefixes_section,
}


def take_pictures() -> None:
    """The example's page as the README shows it, with one paper selected, in light and in dark."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build([], folder)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme, path in PICTURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme=scheme)
            page.goto((Path(folder) / "graph.html").as_uri() + "#paper%2F2409.20566")
            page.wait_for_timeout(500)
            page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    for page in pages():
        page.write_text(renew(page), encoding="utf-8")
    take_pictures()
    subprocess.run(["git", "-C", str(ROOT), "diff", "--stat", "README.md", "kg/docs"], check=False)
