"""The vault holds the graph in notes: PyYAML and markdown-it read back what each says, links, and quotes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import yaml
from hostile import NAMES, export_twice, hostile_facts
from markdown_it import MarkdownIt
from markdown_it.token import Token
from sample_graph import sample_facts
from stores import passing_store_of, store_of, with_500_summaries

from kg.build import build
from kg.export import export
from kg.export.markdown import to_front_matter, to_markdown
from kg.export.obsidian import to_vault
from kg.model import Facts
from kg.network import to_networkx
from kg.store import Store, open_store

PAPER_ROLES = {
    "Proposes": "proposes",
    "Uses": "uses",
    "Evaluates on": "evaluatesOn",
    "Compares with": "comparesWith",
    "Addresses": "addresses",
    "Mentions": "mentions",
}
WIKI = re.compile(r"(?<!\\)\[\[([^\[\]|\\]+)\|([^\[\]|\\]+)\]\]")
ALLOWED = {
    "heading", "paragraph", "inline", "bullet_list", "list_item", "blockquote", "text", "text_special",
    "link",
}  # fmt: skip
ACTIVE = re.compile(r"(?<!\\)(?:[`$#^~{}<>*_]|%%|==|::|!\[|<%|%>)")
"""What Obsidian and its plugins act upon; `#` and `>` stand unescaped where a block begins."""


@dataclass
class Line:
    """A block of a note: the heading it is under, its text and links, and the quote below it."""

    heading: str
    text: str
    links: list[str]
    quote: str = ""


@dataclass
class Note:
    """A note as other programs read it."""

    front: dict[str, Any]
    title: str = ""
    lines: list[Line] = field(default_factory=list)

    def under(self, heading: str) -> list[Line]:
        return [line for line in self.lines if line.heading == heading]


def read_note(text: str) -> Note:
    front: dict[str, Any] = {}
    if text.startswith("---\n"):
        yaml_text, _, text = text[4:].partition("\n---\n")
        front = yaml.safe_load(yaml_text)
    text = WIKI.sub(lambda link: f"[{to_markdown(link[2])}]({quote(link[1])}.md)", text)
    note = Note(front)
    heading, depth, tag = "", 0, ""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        assert token.type.removesuffix("_open").removesuffix("_close") in ALLOWED, token
        depth += token.type == "blockquote_open"
        depth -= token.type == "blockquote_close"
        tag = token.tag if token.type == "heading_open" else tag if token.type == "inline" else ""
        if token.type == "inline":
            shown, links = read_inline(token)
            if tag == "h1":
                note.title = shown
            elif tag:
                heading = shown
            elif depth and note.lines and note.lines[-1].heading == heading and heading != "Leaves open":
                assert not links
                note.lines[-1].quote = shown
            else:
                note.lines.append(Line(heading, shown, links))
    return note


def read_inline(token: Token) -> tuple[str, list[str]]:
    shown, links = "", []
    for child in token.children or []:
        assert child.type.removesuffix("_open").removesuffix("_close") in ALLOWED, child
        if child.type == "link_open":
            links.append(str(child.attrs["href"]))
        shown += child.content
    return shown.strip(), [unquote(link) for link in links]


def spaced(text: str) -> str:
    """Markdown shows a run of spaces as one, and none at the ends."""
    return re.sub(r"[ \t\r\n\f\v]+", " ", text).strip()


def read_vault(store: Store) -> dict[str, Note]:
    vault: dict[str, Note] = {}
    for path, pieces in to_vault(store):
        assert path not in vault
        text = b"".join(pieces).decode("utf-8")
        body = text.partition("\n---\n")[2] if text.startswith("---\n") else text
        for line in WIKI.sub("", body).splitlines():
            inner = re.sub(r"^(?:#{1,2} |- |> |  > )", "", line)
            inner = re.sub(r"(?<!\\)\]\((?:[^()]*|<https://[^<>]*>)\)", "]", inner)
            assert not ACTIVE.search(inner), (path, line)
        vault[path] = read_note(text)
    return vault


def check(store: Store) -> dict[str, Note]:
    """The notes hold the nodes, edges and words of the network; each link leads to a note."""
    vault, graph = read_vault(store), to_networkx(store)
    paths = {note.front["iri"]: path for path, note in vault.items() if note.front}
    nodes = {n: d for n, d in graph.nodes(data=True) if d["type"] not in ("result", "question")}
    assert paths.keys() == nodes.keys()
    assert {note.front["type"] for note in vault.values() if note.front} == {
        d["type"] for d in nodes.values()
    }
    for note in vault.values():
        for link in (link for line in note.lines for link in line.links):
            assert link in vault or urlsplit(link).hostname in ("arxiv.org", "huggingface.co")
    for path, note in vault.items():
        assert not any(alias.startswith("[[") for alias in note.front.get("aliases", ()))
        if note.front.get("type") not in (None, "paper"):
            assert spaced(nodes[note.front["iri"]]["label"]) == note.title
            assert path.startswith(f"{note.front['type']}s/")
    check_papers(store, vault, paths)
    check_edges(graph, vault, paths)
    check_results(graph, vault, paths)
    return vault


def check_papers(store: Store, vault: dict[str, Note], paths: dict[str, str]) -> None:
    for each in store.facts():
        summary = each.summary
        note = vault[paths[store.names.paper(summary.paper)]]
        assert note.front["arxiv"] == summary.paper.arxiv_id
        assert summary.title.startswith("[[") or summary.title in note.front["aliases"]
        texts = [line.text for line in note.under(f"Summary of {summary.date}")]
        assert spaced(summary.abstract) in texts
        asked = {spaced(question.mention.evidence.quote) for question in each.questions} - {""}
        assert asked <= {line.text for line in note.under("Leaves open")}


def check_edges(graph: Any, vault: dict[str, Note], paths: dict[str, str]) -> None:
    drawn = Counter[tuple[str, str, str]]()
    words = dict[tuple[str, str, str], list[str]]()
    for source, target, data in graph.edges(data=True):
        if data["relation"] in PAPER_ROLES.values():
            edge = (paths[source], data["relation"], paths[target])
            drawn[edge] = 1
            words.setdefault(edge, []).append(spaced(data["words"]))
        elif data["relation"] == "creator":
            assert [paths[target]] in [line.links for line in vault[paths[source]].under("Authors")]
            assert [paths[source]] in [line.links for line in vault[paths[target]].under("Papers")]
        elif data["relation"] == "isVersionOf":
            assert [paths[target]] in [line.links for line in vault[paths[source]].under("Version of")]
            assert [paths[source]] in [line.links for line in vault[paths[target]].under("Versions")]
    told = Counter[tuple[str, str, str]]()
    for path, note in vault.items():
        for line in (line for line in note.lines if line.heading in PAPER_ROLES):
            edge = (path, PAPER_ROLES[line.heading], *line.links)
            told[edge] += 1
            assert any(each in line.quote for each in words[edge])
    assert told == drawn
    back = {
        (line.links[0], PAPER_ROLES[line.text.split(" · ")[1].capitalize()], path)
        for path, note in vault.items()
        for line in note.under("Papers")
        if note.front["type"] != "author"
    }
    assert back == set(drawn)


def check_results(graph: Any, vault: dict[str, Note], paths: dict[str, str]) -> None:
    """Each result stands in its paper's note and in those of its slots, with its sentence."""
    for result, data in graph.nodes(data=True):
        if data["type"] != "result":
            continue
        ((paper, _, states),) = graph.in_edges(result, data=True)
        slots = [(each["relation"], paths[thing]) for _, thing, each in graph.out_edges(result, data=True)]
        links = {path for _, path in slots}
        for path in {paths[paper], *links}:
            lines = [
                line
                for line in vault[path].under("Results")
                if set(line.links) == links | ({paths[paper]} - {path} if path != paths[paper] else set())
                and spaced(data["label"]) in line.text
                and data["kind"].lower() in line.text
                and line.quote == spaced(states["words"])
            ]
            assert lines, (result, path)


@with_500_summaries
def test_the_vault_holds_what_500_summaries_say(found: list[Facts]) -> None:
    with passing_store_of(found) as store:
        check(store)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        yield store


def test_the_vault_holds_what_the_example_says(example: Store) -> None:
    vault = check(example)
    counted = Counter(path.partition("/")[0] for path in vault)
    index = vault["index.md"]
    assert index.title == "Papers as a graph"
    assert f"papers: {counted['papers']}" in [line.text for line in index.lines]
    assert len(index.under("The newest papers")) == 10


def test_a_note_reads_well(tmp_path: Path) -> None:
    with store_of([sample_facts()], tmp_path) as store:
        notes = {path: b"".join(pieces).decode() for path, pieces in to_vault(store)}
    paper = "[[papers/2410.00001 Alphabet spelling with Llama-3-8B|Alphabet: spelling with Llama-3-8B]]"
    assert notes["methods/Betabet.md"].splitlines() == [
        "---",
        'type: "method"',
        'iri: "https://w3id.org/paperkg/data/method/betabet-d4091578b553d69bf8a6"',
        "papers: 1",
        'aliases: ["Betabet"]',
        "---",
        "# Betabet",
        "",
        "## Papers",
        "",
        f"- 2024-10-01 · compares with · {paper}",
        "  > Betabet",
        "",
        "## Results",
        "",
        f"- 2024-10-01 · {paper} · 55.6% · score · subject [[methods/Alphabet|Alphabet]]"
        " · on [[benchmarks/SpellBench|SpellBench]] · metric [[metrics/accuracy|accuracy]]"
        " · against [[methods/Betabet|Betabet]] at 39.4 · difference 16.2 points",
        "  > On SpellBench it lifts accuracy from 39.4% to 55.6%, ahead of Betabet, with 2-3% fewer errors.",
    ]


def test_hostile_text_survives_and_does_nothing(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        vault = check(store)
    shown = {note.title for path, note in vault.items() if path.startswith("papers/")}
    assert shown == {spaced(name.replace(",", ";")) for name in NAMES}


@pytest.mark.parametrize("text", NAMES)
def test_text_is_shown_and_not_done(text: str) -> None:
    for start in ("", "# ", "- ", "> ", "- item\n  > "):
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(start + to_markdown(text))
        shown = [token for token in tokens if token.type == "inline"]
        assert read_inline(shown[-1])[0] == spaced(text) if shown else not spaced(text)


@pytest.mark.parametrize("text", [*NAMES, "a\nb", "\x7f\x9f\xa0", "𝔸", "'"])
def test_front_matter_holds_any_text(text: str) -> None:
    values = {"one": text, "many": [text, text], "number": 5}
    front = to_front_matter({**values, "none": "", "no": []})
    assert yaml.safe_load(front.removeprefix("---\n").removesuffix("---\n")) == (
        values if text else {"number": 5}
    )


def test_file_names_suit_every_system(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        paths = [path for path, _ in to_vault(store)]
        export(store, "obsidian", tmp_path / "vault")
    assert all((tmp_path / "vault" / path).is_file() for path in paths)
    folded = [unicodedata.normalize("NFKC", unicodedata.normalize("NFD", path).casefold()) for path in paths]
    assert len(set(folded)) == len(paths)
    for path in paths:
        assert re.fullmatch(r"(?:[a-z]+/)?[^/]+\.md", path)
        stem = path.rpartition("/")[2].removesuffix(".md")
        assert not re.search(r'[\\:*?"<>|#^\[\]]', stem)
        assert all(unicodedata.category(c)[0] not in "C" and (c == " " or not c.isspace()) for c in stem)
        assert stem == stem.strip(" .")
        assert stem.partition(".")[0].strip().lower() not in ("con", "nul", "com1")
        assert len(stem) <= 100
        assert len(stem.encode()) <= 150


def test_names_that_a_file_system_takes_for_one_are_apart(tmp_path: Path) -> None:
    found = [
        hostile_facts(name, f"2401.{n:05}") for n, name in enumerate(["é", "É", "e\u0301", "A*", "A", "a?"])
    ]
    with store_of(found, tmp_path) as store:
        vault = check(store)
    names = sorted(path for path in vault if path.startswith("authors/"))
    assert len(names) == 6 == len({path.casefold() for path in names})
    assert all(re.search(r" \([0-9a-f]{6}\)\.md$", name) for name in names)


def test_a_second_export_drops_the_notes_of_what_is_gone(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    with store_of([sample_facts()], tmp_path) as store:
        export(store, "obsidian", vault)
    (vault / "mine.md").write_text("mine")
    before = set(vault.rglob("*.md"))
    with store_of([hostile_facts("Other")], tmp_path) as store:
        export(store, "obsidian", vault)
    assert {path for path in before if path.exists()} == {vault / "mine.md", vault / "index.md"}
    assert (vault / "methods" / "Other.md").is_file()


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    build([], tmp_path / "graph")
    one, other = export_twice(tmp_path / "graph", tmp_path, "obsidian")
    assert one == other
    assert len(one) > 100
