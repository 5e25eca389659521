"""Graphs are passed on: what kg exports it reads back, what it does not take over it tells, nothing harms."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hostile import NAMES, hostile_facts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph
from sample_graph import sample_facts
from stores import store_of
from strategies import facts

import kg.cli
from kg.build import build, import_graphs
from kg.check import check_facts
from kg.errors import SourceError
from kg.export import FORMATS, export
from kg.extract import fingerprint
from kg.facts import from_quads, to_whole_quads
from kg.imports import read_graph, read_graphs
from kg.model import Facts
from kg.readers import graphs
from kg.store import open_store
from kg.vocabulary import KG, TERMS, Names

READ = ("turtle", "ntriples", "nquads", "trig", "jsonld", "nodelink")
BASE = "https://example.org/mine/"
SLOW = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TURTLE = {prefix.partition(":")[2]: iri for iri, prefix in TERMS.items()}


ENTITIES = sorted(replace(each, mentions=tuple(sorted(each.mentions))) for each in sample_facts().entities)
SAMPLE = replace(sample_facts(), extractor="f", entities=tuple(ENTITIES))
OTHER = hostile_facts("Betamax", "2401.00009")


def union(found: Sequence[Facts], base: str = Names().base) -> list[str]:
    """The sorted N-Triples lines of the union of the graphs of some facts."""
    quads = to_whole_quads(found, Names(base))
    return sorted({f"{quad.triple} .\n" for quad in quads})


def write(path: Path, lines: Iterable[str]) -> str:
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


# There and back


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    build([], folder, base=BASE)
    return folder


@pytest.mark.parametrize("format", READ)
def test_an_export_gives_the_same_bytes_again(format: str, example: Path, tmp_path: Path) -> None:
    with open_store(example) as store:
        file = export(store, format, tmp_path / FORMATS[format].target)
    built = import_graphs([str(file)], tmp_path / "out")
    assert (built.read, built.new, built.renewed, built.skipped) == (10, 10, 0, ())
    assert (tmp_path / "out" / "graph.nq").read_bytes() == (example / "graph.nq").read_bytes()
    again = import_graphs([str(file)], tmp_path / "out")
    assert (again.new, again.graphs.written, again.graphs.dropped) == (0, 0, 0)


@given(st.lists(facts(), min_size=1, max_size=3, unique_by=lambda each: each.summary.key), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_union_says_what_the_named_graphs_say(found: list[Facts], random: Any) -> None:
    quads = list(to_whole_quads(found, Names(BASE)))
    bare = [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads]
    random.shuffle(bare)
    again = from_quads(bare)
    assert (again, again.faults) == (from_quads(quads), ())


@given(facts())
def test_the_union_holds_the_facts(found: Facts) -> None:
    quads = (ox.Quad(q.subject, q.predicate, q.object) for q in to_whole_quads([found], Names()))
    again = from_quads(quads)
    assert (again.facts, again.faults, again.left, again.base) == ((found,), (), {}, Names().base)


@given(facts())
def test_whatever_extraction_may_find_keeps_the_promises(found: Facts) -> None:
    check_facts(found)


def test_two_texts_about_one_paper_stay_two(tmp_path: Path) -> None:
    summary = replace(SAMPLE.summary, date="2024-10-02", title="Alphabet: another title", authors=())
    found = [SAMPLE, Facts(summary, "f")]
    read = read_graph(write(tmp_path / "x.nt", union(found)))
    assert (list(read.facts), read.skipped) == (found, ())


@pytest.mark.parametrize("format", READ)
def test_hostile_texts_survive(format: str, tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05d}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path / "store") as store:
        file = export(store, format, tmp_path / FORMATS[format].target)
        kept = list(store.facts())
    assert list(read_graph(str(file)).facts) == kept


@given(found=facts())
@SLOW
def test_what_rdflib_writes_is_read_too(found: Facts, tmp_path: Path) -> None:
    """It writes `1.0` where we write `1`, other prefixes, and another order."""
    graph = Graph().parse(data="".join(union([found])), format="nt")
    for format, ending in (("turtle", "ttl"), ("json-ld", "jsonld")):
        graph.serialize(tmp_path / f"x.{ending}", format=format, encoding="utf-8")
        read = read_graph(str(tmp_path / f"x.{ending}"))
        assert (read.facts, read.skipped) == ((found,), ())


# What is not taken over


def test_statements_that_are_not_ours_are_told(tmp_path: Path) -> None:
    paper = Names().paper(SAMPLE.summary.paper)
    foreign = [
        f"<{paper}> <https://schema.org/about> <https://example.org/{number}> .\n" for number in range(10)
    ]
    mine = [
        f'<{paper}> <{TURTLE["title"]}> "Another title" .\n',
        f"<{paper}> <{KG.uses}> <https://example.org/unseen> .\n",
        '_:x <https://schema.org/name> "nameless" .\n',
        f"<{paper}> <https://schema.org/author> _:x .\n",
    ]
    read = read_graph(write(tmp_path / "x.nt", union([SAMPLE]) + foreign + mine))
    assert read.facts == (SAMPLE,)
    assert [each.reason for each in read.skipped] == [
        "left out, since no fact holds it: <https://schema.org/about> ×10, dcterms:title ×1, "
        "<https://schema.org/author> ×1, <https://schema.org/name> ×1, kg:uses ×1 (in all 14)"
    ]


def test_names_that_someone_changed_are_derived_anew_and_told(tmp_path: Path) -> None:
    lines = [
        line.replace('prefLabel> "Alphabet"', 'prefLabel> "Gamut"')
        .replace('delta> "16.2"', 'delta> "17"')
        .replace('label> "Mention"', 'label> "Place"')
        for line in union([SAMPLE])
    ]
    read = read_graph(write(tmp_path / "x.nt", lines))
    assert read.facts == (SAMPLE,)
    assert [each.reason for each in read.skipped] == [
        "derived anew, and otherwise: skos:prefLabel ×1, kg:delta ×1 (in all 2)"
    ]


def test_keys_that_no_context_explains_are_told(tmp_path: Path) -> None:
    with store_of([SAMPLE], tmp_path / "store") as store:
        export(store, "jsonld", tmp_path / "x.jsonld")
    context, mark, nodes = (tmp_path / "x.jsonld").read_text().partition('"@graph"')
    nodes = nodes.replace('"nameKind":', '"remark": "mine", "nameKind":')
    read = read_graph(write(tmp_path / "y.jsonld", [context, mark, nodes]))
    assert read.facts == (SAMPLE,)
    assert [each.reason for each in read.skipped] == [
        "left out, since no fact holds it: <urn:not-in-context:remark> ×2 (in all 2)"
    ]


def changed(lines: Iterable[str], old: str, new: str) -> list[str]:
    """Some lines with a change in one or more of those about `OTHER`."""
    mine = re.compile("2024-01-01|betamax|2401.00009")
    after = [re.sub(old, new, line) if mine.search(line) else line for line in lines]
    assert after != list(lines)
    return after


D = "https://w3id.org/paperkg/data/"
FAULTS = [
    (r'.*hasArXivId> "2401.00009".*\n', "", "has 0 values of fabio:hasArXivId, not one"),
    (r'(hasArXivId> )"2401.00009"', r'\1"../../x"', "'../../x' is no arXiv id, as 2409.20566 is"),
    (r'(date> )"2024-01-01"', r'\1"2024-02-30"', "'2024-02-30' is no day, as 2024-10-01 is"),
    (r'(date> )"2024-01-01"', r'\1"12024-01-01"', "'12024-01-01' is no day, as 2024-10-01 is"),
    (r'"2024-01-01"\^\^\S+', '"2024-01-01"', f"dcterms:date of {D}digest/digest/2024-01-01 is no xsd:date"),
    (r'(terms/abstract> )"Betamax"', r'\1"Betamin"', "does not slice back"),
    (
        r'(terms/title> )"Betamax"',
        r'\1"Beta\\u0007max"',
        "the title holds a control character or another that",
    ),
    (r'(terms/title> )"Betamax"', r'\1""', "the title is empty"),
    (r'(terms/title> )"Betamax"', r'\1"Betamax"@en', "is no xsd:string"),
    (r'(terms/source> )"digest"', r'\1""', "the source's name has 0 characters, not 1 to 200"),
    (r'(oa#start> )"0"', r'\1"-7"', "is no place in a text"),
    (r'(oa#start> )"0"', r'\1"' + "9" * 5000 + '"', "is no place in a text"),
    (r'(oa#end> )"7"', r'\1"70"', "0 to 70 is no place in the"),
    (r'(oa#end> )"7"', r'\1"999999999"', "0 to 999999999 is no place in the"),
    (r'(confidence> )"0.9"', r'\1"0.95"', "is not 0, 0.1, … or 1"),
    (r'(confidence> )"0.9"', r'\1"1' + "0" * 9000 + '"', "is not 0, 0.1, … or 1"),
    (r'(#value> )"1.5"', r'\1"1' + "0" * 9000 + '"', "is no decimal of at most 30 digits a side"),
    (r'(#value> )"1.5"(\S+)decimal', r'\1"1e999999999"\2double', "is no xsd:decimal"),
    (r"(#kind> <\S+#)Score", r"\1Verdict", "Verdict, which kg does not know"),
    (r"(inField> <\S+)abstract", r"\1subject", "subject, which kg does not know"),
    (r"(#role> <\S+#)proposes", r"\1leavesOpen", f"no mention of its paper names {D}method/betamax-"),
    (r'(nameKind> )"\w+"', r'\1"nickname"', "a value is of another type than the model says"),
    (r".*method/betamax\S+> <\S+#type> .*\n", "", "has 0 of the types model, method, dataset,"),
    (r"(.*method/betamax\S+> <\S+#type> \S+#)Method(> .\n)", r"\1Task\2\1Method\2", "has 2 of the types"),
    (r'(unit> )"Betamax"', r'\1""', "a unit has 0 characters, not 1 to 1000"),
    (r"(.*)(about> <)(\S+)(> .\n)", r"\1\2\3\4\1\2\3/2\4", "has 2 values of kg:about, not one"),
]


@pytest.mark.parametrize(("old", "new", "reason"), FAULTS, ids=[fault[2][:40] for fault in FAULTS])
def test_a_summary_that_breaks_a_promise_is_told_and_its_neighbour_read(
    old: str, new: str, reason: str, tmp_path: Path
) -> None:
    read = read_graph(write(tmp_path / "x.nt", changed(union([SAMPLE, OTHER]), old, new)))
    assert read.facts == (SAMPLE,)
    assert read.skipped[0].reason.startswith(f"{D}summary/digest/2024-01-01/2401.00009: ")
    assert reason in read.skipped[0].reason
    assert not [each.reason for each in read.skipped if "left out" in each.reason]


def test_facts_whose_extractor_nobody_names_are_not_read(tmp_path: Path) -> None:
    lines = [line for line in union([SAMPLE]) if "fingerprint" not in line]
    path = write(tmp_path / "x.nt", lines)
    with pytest.raises(SourceError) as error:
        read_graph(path)
    assert str(error.value).startswith(
        f"{path} holds no summary that kg can read: {D}summary/sample/2024-10-01/"
    )
    assert "has 0 values of kg:fingerprint, not one" in str(error.value)


# Node-link files


@pytest.fixture
def nodelink(tmp_path: Path) -> dict[str, Any]:
    with store_of([SAMPLE, OTHER], tmp_path / "store") as store:
        return dict(json.loads(b"".join(FORMATS["nodelink"].write(store))))  # type: ignore[arg-type]


def reread_json(tmp_path: Path, value: Any) -> list[str]:
    read = read_graph(write(tmp_path / "x.json", [json.dumps(value)]))
    assert read.facts == (OTHER, SAMPLE)
    return [each.reason for each in read.skipped]


def test_a_network_that_someone_changed_is_made_anew(tmp_path: Path, nodelink: dict[str, Any]) -> None:
    assert reread_json(tmp_path, nodelink) == []
    nodelink["nodes"][0]["label"] = "mine"
    nodelink["nodes"].append({"id": "new"})
    del nodelink["edges"][:3]
    nodelink["edges"] += ["odd", None]
    assert reread_json(tmp_path, nodelink) == [
        "its nodes are made anew from its facts: 2 are not taken over, 1 come instead",
        "its edges are made anew from its facts: 2 are not taken over, 3 come instead",
    ]


def test_what_a_record_says_beside_its_mentions_is_told(tmp_path: Path, nodelink: dict[str, Any]) -> None:
    record = nodelink["graph"]["facts"][0]
    record["remark"] = "mine"
    record["entities"][0]["role"] = "other"
    record["questions"][0]["confidence"] = 0.94
    assert reread_json(tmp_path, nodelink) == [
        "record 1: what it says is not all that its mentions say, which are read: "
        "'entities', 'questions', 'remark'"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_read_or_told(tmp_path: Path, data: st.DataObject) -> None:
    """A record with a value swapped or gone gives facts that keep all promises, or a message."""
    from kg.records import to_record

    record = json.loads(json.dumps(to_record(SAMPLE)))
    place: Any = record
    for _ in range(data.draw(st.integers(0, 5))):
        below = place.values() if isinstance(place, dict) else place
        inner = [each for each in below if isinstance(each, dict | list) and each]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(JSON)
    value = {"graph": {"format": "kg", "base": BASE, "facts": [record]}, "nodes": [], "edges": []}
    path = write(tmp_path / "x.json", [re.sub(r"\bNaN\b|-?\bInfinity\b", "1e400", json.dumps(value))])
    try:
        (found,) = read_graph(path).facts
    except SourceError as error:
        assert "holds no summary that kg can read: record 1: " in str(error)
        str(error).encode()
    else:
        check_facts(found)
        assert from_quads(to_whole_quads([found], Names())).faults == ()


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_that_go_or_change_places_are_read_or_told(tmp_path: Path, data: st.DataObject) -> None:
    """Swapped and lost statements leave facts that keep all promises; what they do not hold is counted."""
    lines = union([SAMPLE])
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        swapped = [each.split(" ", 2) for each in (lines[one], lines[other])]
        lines[one] = " ".join(swapped[0][:2] + swapped[1][2:])
        if data.draw(st.booleans()):
            del lines[other]
    try:
        read = read_graph(write(tmp_path / "x.nt", lines))
    except SourceError as error:
        assert "holds no summary that kg can read" in str(error)
    else:
        (found,) = read.facts
        check_facts(found)
        given, kept = (Counter(line.split(" ")[1] for line in set(some)) for some in (lines, union([found])))
        told = sum(int(re.findall(r"[0-9]+", each.reason)[-1]) for each in read.skipped)
        assert told >= (given - kept).total()


# What is refused

INSTEAD = "export N-Quads or Turtle and import that"
XML = f"is not read: XML can expand without bound; {INSTEAD}"
KNOWN = "turtle, ntriples, nquads, trig, jsonld, nodelink"
REMOTE = f"is not written out, with at most 500 terms; kg fetches nothing: {INSTEAD}"
NO_TURTLE = "is not turtle that kg can read: Parser error at line 1 between columns 1 and"
NESTED = f"has more than one @context, or imports another; {INSTEAD}"


@pytest.mark.parametrize(
    ("name", "content", "format", "message"),
    [
        ("x.rdf", "", "", f"{{path}}: rdf {XML}"),
        ("x.graphml", "", "", f"{{path}}: graphml {XML}"),
        ("x.gexf", "", "", f"{{path}}: gexf {XML}"),
        ("x.ttl", "", "rdfxml", f"{{path}}: rdfxml {XML}"),
        ("x.ttl", "\ufeff <?xml version='1.0'?><x/>", "", f"{{path}} holds XML, which {XML}"),
        ("x.json", "<graphml xmlns='x'>", "", f"{{path}} holds XML, which {XML}"),
        ("x.csv", "a,b", "", f"{{path}}: 'csv' is no format that is read; say one of {KNOWN} with -f"),
        (
            "x",
            "a,b",
            "",
            f"{{path}}: a name without an ending is no format that is read; say one of {KNOWN} with -f",
        ),
        ("x.ttl", "", "", "{path} holds no summary that kg can read"),
        (
            "x.ttl",
            "<https://a.b/c> a <https://a.b/d> .",
            "",
            "{path} holds no summary that kg can read: "
            "left out, since no fact holds it: rdf:type ×1 (in all 1)",
        ),
        (
            "x.ttl",
            "<c> a <https://a.b/d> .",
            "",
            f"{{path}} {NO_TURTLE} 4: No scheme found in an absolute IRI",
        ),
        (
            "x.ttl",
            "<https://a.b/ c> a <https://a.b/d> .",
            "",
            f"{{path}} {NO_TURTLE} 17: Invalid IRI code point ' '",
        ),
        ("x.json", "{}", "", "{path} is no node-link file of kg; for JSON-LD say -f jsonld"),
        (
            "x.json",
            '{"graph": {"format": "kg"}}',
            "",
            "{path} lacks base, facts, nodes or edges; export it again",
        ),
        (
            "x.json",
            '{"a": 1, "a": 2}',
            "",
            "{path} is no JSON that kg can read: a key stands twice in one object",
        ),
        ("x.json", '{"a": NaN}', "", "{path} is no JSON that kg can read: NaN is no number of JSON"),
        ("x.jsonld", '{"@context": "https://a.b/c", "x": 1}', "", f"{{path}}: its @context {REMOTE}"),
        (
            "x.jsonld",
            '{"\\u0040contex\\u0074" : ["file:///etc/passwd"]}',
            "",
            f"{{path}}: its @context {REMOTE}",
        ),
        ("x.jsonld", '{"@context": {"@import": "https://a.b/c"}}', "", f"{{path}} {NESTED}"),
        (
            "x.jsonld",
            '{"@context": {"a": {"@id": "b:c", "@context": "https://a.b/c"}}}',
            "",
            f"{{path}} {NESTED}",
        ),
    ],
)
def test_what_is_refused_and_why(name: str, content: str, format: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, [content])
    with pytest.raises(SourceError) as error:
        read_graph(path, format)
    assert str(error.value) == message.format(path=path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    for name in ("x.ttl", "x.nt", "x.trig", "x.jsonld", "x.json"):
        (tmp_path / name).write_bytes(b"\xff\xfe<\x00")
        with pytest.raises(SourceError, match="that kg can read"):
            read_graph(str(tmp_path / name))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "LARGEST", 100)
    with pytest.raises(SourceError, match=r"x\.nt is larger than 0 MB"):
        read_graph(write(tmp_path / "x.nt", union([SAMPLE])))


S = "<https://a.b/c> <https://a.b/d> "
DEEP = {
    "statements.ttl": S + f"<<( {S}" * 30_000 + "<https://a.b/e>" + " )>>" * 30_000 + " .",
    "statements.nq": S + f"<<( {S}" * 30_000 + "<https://a.b/e>" + " )>>" * 30_000 + " .",
    "lists.ttl": S + "(" * 100_000 + ")" * 100_000 + " .",
    "nodes.trig": S + "[ <https://a.b/d> " * 100_000 + "]" * 100_000 + " .",
    "open.ttl": S + "[" * 100_000,
    "prefix.ttl": "@prefix x: <https://a.b/" + "x" * 1_000_000 + "> ." + " x:a x:b x:c ." * 1_000_000,
    "endless.nt": S + '"' + "x" * 20_000_000,
    "lists.jsonld": '{"https://a.b/d": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "graphs.jsonld": '{"@graph": ' * 30_000 + "1" + "}" * 30_000,
    "objects.jsonld": '{"https://a.b/d": ' * 60_000 + "1" + "}" * 60_000,
    "contexts.jsonld": '{"@context": {"a": ' * 30_000 + '"https://a.b/d"' + "}}" * 30_000,
    "chain.jsonld": '{"@context": {' + ", ".join(f'"t{n}": "t{n + 1}:x"' for n in range(5_000)) + "}}",
    "quotes.jsonld": '{"a": "' + '\\"' * 3_000_000,
    "lists.json": "[" * 100_000 + "]" * 100_000,
    "objects.json": '{"a": ' * 100_000,
    "digits.json": '{"a": ' + "1" * 1_000_000 + "}",
}
READ_ALL = """
import sys, time
from kg.errors import SourceError
from kg.imports import read_graph
for path in sys.argv[1:]:
    started = time.monotonic()
    try:
        read_graph(path)
    except SourceError as error:
        print(path, "refused" if time.monotonic() - started < 10 else "slow", str(error)[:200])
"""


def test_files_made_to_end_the_process_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, [content]) for name, content in DEEP.items()]
    command = [sys.executable, "-c", READ_ALL, *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [[path, "refused"] for path in paths]


def test_brackets_in_a_text_are_no_depth(tmp_path: Path) -> None:
    found = hostile_facts('[{"' * 100 + "\\")
    with store_of([found], tmp_path / "store") as store:
        file = export(store, "jsonld", tmp_path / "x.jsonld")
    assert read_graph(str(file)).facts == (found,)


def test_one_prefix_is_not_a_million_long_iris(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="an IRI is longer than 4096 characters"):
        read_graph(write(tmp_path / "x.ttl", [DEEP["prefix.ttl"]]))


# Into a store


def test_a_store_keeps_its_base_and_replaces_what_it_has(tmp_path: Path) -> None:
    with store_of([SAMPLE], tmp_path / "out"):
        pass
    edited = replace(OTHER.summary, paper=SAMPLE.summary.paper, source="sample", date="2024-10-01")
    facts = [Facts(replace(edited, authors=()), "f"), OTHER]
    built = import_graphs([write(tmp_path / "x.nt", union(facts, BASE))], tmp_path / "out")
    assert (built.read, built.new, built.papers, built.skipped) == (2, 2, 2, ())
    with open_store(tmp_path / "out") as store:
        assert store.names.base == Names().base
        assert list(store.facts()) == sorted(facts, key=lambda each: each.summary.key)
        assert BASE.encode() not in b"".join(store.lines())


def test_a_base_that_is_no_address_is_not_taken_over(tmp_path: Path) -> None:
    lines = [line.replace(Names().base, "javascript://x/") for line in union([SAMPLE])]
    import_graphs([write(tmp_path / "x.nt", lines)], tmp_path / "out")
    with open_store(tmp_path / "out") as store:
        assert (store.names.base, list(store.facts())) == (Names().base, [SAMPLE])


def test_the_next_build_extracts_what_another_extractor_found(tmp_path: Path) -> None:
    build([], tmp_path / "fresh")
    text = (tmp_path / "fresh" / "graph.nq").read_text().replace(fingerprint(), "older")
    built = import_graphs([write(tmp_path / "x.nq", [text])], tmp_path / "out")
    assert (built.read, built.renewed) == (10, 10)
    assert build([], tmp_path / "out").renewed == 10
    assert (tmp_path / "out" / "graph.nq").read_bytes() == (tmp_path / "fresh" / "graph.nq").read_bytes()


def test_of_several_files_the_good_ones_are_read(tmp_path: Path) -> None:
    shorter = Facts(replace(SAMPLE.summary, authors=()), "f")
    paths = [
        write(tmp_path / "a.nt", union([SAMPLE])),
        write(tmp_path / "b.nt", union([shorter, OTHER])),
        write(tmp_path / "c.ttl", ["no Turtle"]),
        str(tmp_path / "none.nt"),
    ]
    read = read_graphs(paths[::-1])
    assert read.facts == (OTHER, SAMPLE)
    assert [(Path(each.source).name, each.reason.partition(":")[0]) for each in read.skipped] == [
        ("b.nt", "('sample', '2024-10-01', '2410.00001')"),
        ("c.ttl", "is not turtle that kg can read"),
        ("none.nt", f"no file {paths[3]!r}; give a graph that kg exported"),
    ]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs kg in an empty folder; its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def kg_command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kg", *words])
        with pytest.raises(SystemExit) as stopped:
            kg.cli.main()
        return int(stopped.value.code or 0), *capsys.readouterr()

    return kg_command


def test_the_command_says_what_it_did(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    write(tmp_path / "x.nt", [*union([SAMPLE]), "<https://a.b/c> <https://a.b/d> <https://a.b/e> .\n"])
    code, out, err = run("import", "x.nt", "-o", "out")
    count = len((tmp_path / "out" / "graph.nq").read_bytes().splitlines())
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "Skipped x.nt: left out, since no fact holds it: <https://a.b/d> ×1 (in all 1)",
        "What was skipped stands in out/rejects.jsonl.",
        "Imported 1 summary, 1 of them new or edited.",
        "Another extractor found the facts of 1 summary; the next kg build extracts them again.",
        f"The graph in out holds 1 paper, 1 summary, {count:,} statements.",
    ]
    assert json.loads((tmp_path / "out" / "rejects.jsonl").read_text())["source"] == "x.nt"
    assert run("import", "x.nt", "-o", "out", "-q") == (0, "", "")
    assert run("validate", "-s", "out", "-q")[0] == 0


def test_the_command_ends_with_2_where_nothing_is_read(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    write(tmp_path / "x.rdf", [""])
    assert run("import", "x.rdf", "-o", "out") == (2, "", f"kg: x.rdf: rdf {XML}\n")
    assert not (tmp_path / "out" / ".store").exists()
