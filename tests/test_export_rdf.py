"""The languages of RDF, each read back by parsers that did not write it, and the files they go into."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import need
from hostile import NAMES, export_twice, hostile_facts
from rdflib import Dataset, Graph
from stores import count_reads, passing_store_of, store_of, with_500_summaries

from kg.build import build
from kg.errors import OutputError
from kg.export import FORMATS, File, export, rdf
from kg.files import LISTING, write_file, write_folder
from kg.model import Facts
from kg.store import Store, open_store
from kg.turtle import to_turtle

UNION = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml"}
GRAPHS = {"nquads": "nquads", "trig": "trig", "jsonld": "json-ld"}
OXIGRAPH = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
}
HOSTILE = [*NAMES, *(f"{each}a{each}b{each}" for each in "\x7f\x85\x9f")]
RAPPER = {"turtle": "turtle", "ntriples": "ntriples", "rdfxml": "rdfxml", "nquads": "nquads", "trig": "trig"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example in every language of RDF, each in a file that has its format's name."""
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        for name in OXIGRAPH:
            export(store, name, folder / name)
    return folder


def quads_in(folder: Path) -> set[ox.Quad]:
    with open_store(folder) as store:
        return set(store)


def by_rdflib(data: bytes, name: str) -> set[str]:
    """Each statement as rdflib reads it, in N-Triples or N-Quads as Oxigraph writes them."""
    if name in UNION:
        graph = Graph().parse(data=data, format=UNION[name])
        text = graph.serialize(format="nt", encoding="utf-8")
        return {str(quad.triple) for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)}
    dataset = Dataset()
    dataset.parse(data=data, format=GRAPHS[name])
    text = dataset.serialize(format="nquads", encoding="utf-8")
    return {str(quad) for quad in ox.parse(text, format=ox.RdfFormat.N_QUADS)}


def by_oxigraph(data: bytes, name: str) -> set[str]:
    parsed = ox.parse(data, format=OXIGRAPH[name])
    return {str(quad if name in GRAPHS else quad.triple) for quad in parsed}


def by_raptor(path: Path, name: str) -> set[str]:
    """Each statement as rapper reads it; it must have nothing to complain of."""
    need("rapper", shutil.which("rapper") is not None)
    command = ["rapper", "-q", "-i", RAPPER[name], "-o", "nquads" if name in GRAPHS else "ntriples"]
    done = subprocess.run([*command, path], capture_output=True, check=True)
    assert done.stderr == b""
    return by_oxigraph(done.stdout, "nquads" if name in GRAPHS else "ntriples")


def statements(store: Store) -> dict[str, set[str]]:
    """Graph → what it states, as N-Triples."""
    found = defaultdict[str, set[str]](set)
    for quad in store:
        found[str(quad.graph_name)].add(str(quad.triple))
    return dict(found)


def read_graphs(data: bytes, name: str) -> dict[str, set[str]]:
    """Graph → what it states, as Oxigraph reads a language that keeps graphs apart."""
    found = defaultdict[str, set[str]](set)
    for quad in ox.parse(data, format=OXIGRAPH[name]):
        found[str(quad.graph_name)].add(str(quad.triple))
    return dict(found)


@with_500_summaries
def test_the_graphs_of_500_summaries_come_back(found: list[Facts]) -> None:
    with passing_store_of(found) as store, tempfile.TemporaryDirectory() as folder:
        graphs = statements(store)
        assert {f"<{store.names.summary(each.summary)}>" for each in found} < graphs.keys()
        for name in OXIGRAPH:
            path = export(store, name, Path(folder) / name)
            if name in GRAPHS:
                assert read_graphs(path.read_bytes(), name) == graphs, name
                read = {f"{triple} {graph}" for graph, triples in graphs.items() for triple in triples}
            else:
                read = set().union(*graphs.values())
                assert by_oxigraph(path.read_bytes(), name) == read, name
            assert name not in RAPPER or by_raptor(path, name) == read, name


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What says every hostile name in every place, in every language, each in a file of its format's name."""
    folder = tmp_path_factory.mktemp("hostile")
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(HOSTILE)]
    with store_of(found, folder) as store:
        for name in OXIGRAPH:
            export(store, name, folder / name)
    return folder


@pytest.mark.parametrize("name", OXIGRAPH)
@pytest.mark.filterwarnings("ignore:NTSerializer always uses UTF-8")
@pytest.mark.filterwarnings("ignore:.* is deprecated, use Dataset:DeprecationWarning")
def test_every_reader_finds_hostile_text_as_it_was(hostile: Path, name: str) -> None:
    quads = quads_in(hostile)
    titles = {
        quad.object.value for quad in quads if str(quad.predicate) == "<http://purl.org/dc/terms/title>"
    }
    assert {text.replace(",", ";") for text in HOSTILE} <= titles
    expected = {str(quad.triple) for quad in quads} if name in UNION else {str(quad) for quad in quads}
    assert by_oxigraph((hostile / name).read_bytes(), name) == expected
    assert by_rdflib((hostile / name).read_bytes(), name) == expected
    assert name not in RAPPER or by_raptor(hostile / name, name) == expected


@pytest.mark.parametrize("name", OXIGRAPH)
@pytest.mark.filterwarnings("ignore:NTSerializer always uses UTF-8")
@pytest.mark.filterwarnings("ignore:.* is deprecated, use Dataset:DeprecationWarning")
def test_rdflib_and_oxigraph_read_the_same(written: Path, name: str) -> None:
    data = (written / name).read_bytes()
    quads = quads_in(written)
    expected = {str(quad.triple) for quad in quads} if name in UNION else {str(quad) for quad in quads}
    assert by_rdflib(data, name) == by_oxigraph(data, name) == expected


@pytest.mark.parametrize("name", RAPPER)
def test_raptor_reads_it(written: Path, name: str) -> None:
    quads = quads_in(written)
    expected = {str(quad) for quad in quads} if name in GRAPHS else {str(quad.triple) for quad in quads}
    assert by_raptor(written / name, name) == expected


def test_the_xml_is_well_formed(written: Path) -> None:
    need("xmllint", shutil.which("xmllint") is not None)
    subprocess.run(["xmllint", "--noout", written / "rdfxml"], check=True)


def test_lines_come_sorted_and_once(written: Path) -> None:
    for name in ("nquads", "ntriples"):
        lines = (written / name).read_bytes().splitlines()
        assert lines == sorted(set(lines))


def test_jsonld_is_compact_and_holds_its_context(written: Path) -> None:
    document = json.loads((written / "jsonld").read_text(encoding="utf-8"))
    assert document["@context"]["Paper"] == "kg:Paper"
    nodes = [node for graph in document["@graph"] for node in graph["@graph"]]
    paper = next(node for node in nodes if node.get("type") == "Paper")
    assert {"id", "type", "title", "arXivId", "creator"} <= set(paper)
    mention = next(node for node in nodes if node.get("type") == "Mention")
    assert type(mention["start"]) is int
    assert mention["inField"] in ("title", "abstract", "byline")


def test_turtle_is_pleasant_to_read(written: Path) -> None:
    text = (written / "turtle").read_text(encoding="utf-8")
    assert text.startswith("@prefix dcterms: <http://purl.org/dc/terms/> .\n")
    paragraphs = text.split("\n\n")[1:]
    assert all(paragraph.count(" a ") >= 1 for paragraph in paragraphs)
    assert "    oa:start 424 ;" in text
    assert "    kg:value 55.6 ;" in text
    assert '    kg:valueText "55.6" .' in text


@pytest.mark.parametrize(
    ("triple", "turtle"),
    [
        (b'<a:a> <a:p> "5"^^<http://www.w3.org/2001/XMLSchema#decimal>', b'<a:p> "5"^^xsd:decimal'),
        (b'<a:a> <a:p> "-5"^^<http://www.w3.org/2001/XMLSchema#integer>', b"<a:p> -5"),
        (b'<a:a> <a:p> "0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>', b"<a:p> 0.5"),
        (b'<a:a> <a:p> "x"^^<http://www.w3.org/2001/XMLSchema#integer>', b'<a:p> "x"^^xsd:integer'),
        (b'<a:a> <a:p> "<http://www.w3.org/2001/XMLSchema#integer>"', b'"<http://www.w3.org/2001/XMLSchema#integer>"'),
        (b'<a:a> <a:p> "^^<a:b>"', b'"^^<a:b>"'),
        (b'<a:a> <a:p> "x"@en', b'"x"@en'),
        (b"<a:a> <a:p> <http://purl.org/dc/terms/title>", b"dcterms:title"),
        (b"<a:a> <http://purl.org/dc/terms/a.b> <a:b>", b"<http://purl.org/dc/terms/a.b>"),
        (b"<a:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <a:b>", b"<a:a> a <a:b>"),
    ],
)  # fmt: skip
def test_terms_become_short_where_turtle_allows(triple: bytes, turtle: bytes) -> None:
    document = b"".join(to_turtle([triple]))
    assert turtle in document
    (read,) = ox.parse(document, format=ox.RdfFormat.TURTLE)
    assert str(read.triple).encode() == triple


def test_the_same_bytes_under_another_hash_seed(tmp_path: Path) -> None:
    build([], tmp_path)
    one, other = export_twice(tmp_path, tmp_path, *OXIGRAPH)
    assert one == other


# Large graphs


@pytest.mark.parametrize("together", [1, 7, 100])
def test_xml_that_is_made_in_parts_is_one_document(
    written: Path, together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdf, "_TOGETHER", together)
    with open_store(written) as store:
        path = export(store, "rdfxml", tmp_path / "rdfxml")
    expected = {str(quad.triple) for quad in quads_in(written)}
    assert len(expected) > 20 * together
    assert by_oxigraph(path.read_bytes(), "rdfxml") == by_raptor(path, "rdfxml") == expected


def test_the_namespaces_of_the_xml_come_sorted(written: Path) -> None:
    version, root, _ = (written / "rdfxml").read_bytes().split(b"\n", 2)
    assert version == b'<?xml version="1.0" encoding="UTF-8"?>'
    prefixes = re.findall(rb" xmlns:(\w+)=", root)
    assert set(prefixes) >= {b"kg", b"oa", b"prov", b"skos"}
    assert prefixes == sorted(prefixes)


@pytest.mark.parametrize(
    ("name", "method", "most"),
    [
        ("nquads", "lines", 1),
        ("ntriples", "lines", 30),
        ("turtle", "lines", 100),
        ("rdfxml", "lines", 130),
        ("trig", "graphs", 1),
        ("jsonld", "graphs", 1),
    ],
)
def test_what_is_written_follows_what_is_read(
    written: Path, name: str, method: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No piece waits for more than a few of the lines, or graphs, of a store."""
    monkeypatch.setattr(rdf, "_TOGETHER", 100)
    with open_store(written) as store:
        taken = count_reads(monkeypatch, method)
        counts = [0, *(taken() for _ in FORMATS[name].write(store))]
        whole = sum(1 for _ in getattr(store, method)())
    assert counts[-1] == whole > 10 * most
    assert max(after - before for before, after in pairwise(counts)) <= most


# The master


def test_a_master_that_was_changed_is_not_trusted(tmp_path: Path) -> None:
    build([], tmp_path)
    master = tmp_path / "graph.nq"
    before = master.read_bytes()
    master.write_bytes(b"<a:a> <a:b> <a:c> <a:d> .\n")
    with open_store(tmp_path) as store:
        assert b"".join(store.lines()) == before
    master.unlink()
    with open_store(tmp_path) as store:
        assert b"".join(store.lines()) == before


def test_the_master_is_not_written_over_by_itself(tmp_path: Path) -> None:
    build([], tmp_path)
    with open_store(tmp_path) as store:
        export(store, "nquads", tmp_path / "graph.nq")
        assert store.is_master(tmp_path / "graph.nq")
        assert not store.is_master(tmp_path / "graph.ttl")


def test_a_master_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build([], tmp_path)
    with open_store(tmp_path) as store:
        monkeypatch.setattr(type(store), "graphs", lambda self: pytest.fail("the quads were read"))
        assert len(list(store.lines())) == (tmp_path / "graph.nq").read_bytes().count(b"\n")


def test_an_older_master_is_not_passed_off_as_new(tmp_path: Path) -> None:
    from digests import digest, example_row

    for number in (1, 2):
        (tmp_path / f"{number}.md").write_text(digest(f"2024-01-0{number}", example_row(number)))
    build([str(tmp_path / "1.md")], tmp_path / "g")
    with open_store(tmp_path / "g", write=True) as store:
        store.remove("2401.00001")
        store.refresh()
        assert not any(b"2401.00001" in line for line in store.lines())


# Files and folders


def kg(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    code = "from kg.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, check=False
    )


def test_the_command_writes_beside_the_graph_elsewhere_and_to_a_pipe(tmp_path: Path) -> None:
    build([], tmp_path)
    done = kg("export", "-f", "ntriples", "-s", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == f"Wrote {tmp_path / 'graph.nt'}.\n"
    kg("export", "-f", "ntriples", "-s", tmp_path, "-o", tmp_path / "other.nt")
    piped = kg("export", "-f", "ntriples", "-s", tmp_path, "-o", "-")
    assert piped.stderr == b""
    assert piped.stdout == (tmp_path / "graph.nt").read_bytes() == (tmp_path / "other.nt").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-f", "nonsense"], "kg: no format 'nonsense'; there are turtle, ntriples, "),
        ([], "kg: no format; give one with -f: turtle, ntriples, "),
        (["-f", "csv", "-o", "-"], "kg: csv is a folder of files; give a folder with -o\n"),
        (["-f", "turtle", "-o", "/nowhere/at/all.ttl"], "kg: cannot write /nowhere/at/all.ttl: No such file"),
        (["-f", "turtle", "-s", "/nowhere"], "kg: no graph in /nowhere; make one with"),
    ],
)
def test_what_cannot_be_exported_is_told(tmp_path: Path, arguments: list[str], message: str) -> None:
    build([], tmp_path)
    done = kg("export", *(["-s", tmp_path] if "-s" not in arguments else []), *arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(message)


def test_every_format_is_listed_and_has_a_place_of_its_own() -> None:
    listed = kg("export", "--list").stdout.decode()
    assert all(name in listed for name in FORMATS)
    targets = [format.target for format in FORMATS.values()]
    assert len(set(targets)) == len(targets)
    assert all(isinstance(format, File) == ("." in format.target) for format in FORMATS.values())


def test_an_interrupted_file_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, [b"old"])

    def pieces() -> Any:
        yield b"new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, pieces())
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_listed_folder_is_tidied_and_nothing_else_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    write_folder(folder, [("a/one.md", [b"1"]), ("two.md", [b"2"]), ("three.md", [b"3"])], listed=True)
    (folder / "mine.md").write_text("mine")
    (folder / "three.md").write_text("mine too")
    write_folder(folder, [("two.md", [b"new"])], listed=True)
    found = sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
    assert found == [LISTING, "mine.md", "three.md", "two.md"]
    assert (folder / "two.md").read_bytes() == b"new"


def test_a_listed_folder_never_writes_over_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "index.md").write_text("mine")
    with pytest.raises(OutputError, match=r"index\.md is not as kg wrote it: move it away"):
        write_folder(folder, [("a.md", [b"1"]), ("index.md", [b"2"])], listed=True)
    assert (folder / "index.md").read_text() == "mine"
    (folder / "index.md").unlink()
    write_folder(folder, [("a.md", [b"new"]), ("index.md", [b"2"])], listed=True)
    (folder / "a.md").write_text("edited by hand")
    with pytest.raises(OutputError, match="move it away"):
        write_folder(folder, [("a.md", [b"1"]), ("index.md", [b"2"])], listed=True)
    assert (folder / "a.md").read_text() == "edited by hand"


def test_names_that_differ_in_case_alone_may_be_one_file(tmp_path: Path) -> None:
    write_folder(tmp_path, [("GRPO.md", [b"1"])], listed=True)
    write_folder(tmp_path, [("grpo.md", [b"2"])], listed=True)
    assert (tmp_path / "GRPO.md").read_bytes() == b"1", "on a disk that folds case, this is the new file"


@pytest.mark.parametrize(
    "names",
    ["../outside", "ABSOLUTE", "link/outside", "mine.md", ".", "", "a\\u0000b", "folder"],
)
def test_a_listing_that_was_tampered_with_removes_nothing(tmp_path: Path, names: str) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "vault"
    outside.write_text("stays")
    (folder / "folder").mkdir(parents=True)
    (folder / "mine.md").write_text("mine")
    (folder / "link").symlink_to(tmp_path)
    name = names.replace("ABSOLUTE", str(outside))
    stays = hashlib.sha256(b"stays").hexdigest()
    (folder / LISTING).write_text(f'{{"{name}": "{stays}"}}')
    write_folder(folder, [("one.md", [b"1"])], listed=True)
    assert outside.read_text() == "stays"
    assert (folder / "mine.md").read_text() == "mine"
    assert (folder / "folder").is_dir()


@pytest.mark.parametrize("listing", ["[]", "no json", '"text"', "1", "[" * 100_000, '{"a": 1}'])
def test_a_listing_that_is_none_is_no_listing(tmp_path: Path, listing: str) -> None:
    (tmp_path / LISTING).write_text(listing)
    write_folder(tmp_path, [("one.md", [b"1"])], listed=True)
    assert (tmp_path / "one.md").read_bytes() == b"1"


def test_links_are_followed_and_pipes_written_into(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    write_file(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write_file(pipe, [b"through"])
        assert reader.communicate()[0] == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot write to .*vault"):
        write_folder(tmp_path / "vault", [("one.md", [b"1"])])
