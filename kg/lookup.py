"""One thing at a time: finding it by its name or by words, and all that the graph says about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from itertools import chain, islice
from typing import cast

import pyoxigraph as ox

from kg.errors import QueryError
from kg.extract.names import is_generic
from kg.model import parse_arxiv_id
from kg.queries import Table, close_names, to_table
from kg.resolve import name_key
from kg.store import Graph, Term, query
from kg.vocabulary import CLASSES, DCTERMS, FABIO, KG, OA, SKOS, SLOTS

__all__ = [
    "NAMED",
    "Card",
    "Found",
    "Hit",
    "Section",
    "derive_counts",
    "describe",
    "explain",
    "find",
    "former_names",
    "forms",
    "near",
    "search",
]

_NAMED = """
SELECT DISTINCT ?node ?class ?label ?form {
  { ?node skos:prefLabel ?label ; skos:prefLabel|skos:altLabel ?form }
  UNION { ?node a kg:Author ; foaf:name ?label . BIND(?label AS ?form) }
  ?node a ?class . FILTER(STRSTARTS(STR(?class), STR(kg:)))
} ORDER BY ?label ?class ?node ?form
"""
_CALLED = """
SELECT DISTINCT ?node ?label ?name {
  { ?node skos:prefLabel ?name } UNION { ?node foaf:name ?name } BIND(?name AS ?label)
}"""
_ALSO_CALLED = "SELECT DISTINCT ?node ?label ?name { ?node skos:altLabel ?name ; skos:prefLabel ?label }"
_PAPER_CALLED = """
SELECT ?paper ?name { { ?paper dcterms:title ?name } UNION { ?paper fabio:hasArXivId ?name } }"""
_CLASS = "SELECT ?class ?node { ?node a ?class FILTER(STRSTARTS(STR(?class), STR(kg:))) }"
_PAPERS = """
SELECT ?node ?form {
  { ?summary kg:about ?node ; dcterms:title ?form ; kg:inDigest ?digest .
    ?digest dcterms:date ?day ; dcterms:source ?source }
  UNION { ?node a kg:Paper ; fabio:hasArXivId ?form }
} ORDER BY DESC(BOUND(?day)) ?day ?source ?node ?form
"""
_TEXTS = """
SELECT ?paper ?title ?abstract {
  ?summary kg:about/fabio:hasArXivId ?paper ; dcterms:title ?title ; dcterms:abstract ?abstract .
} ORDER BY ?paper ?abstract
"""
_WRITTEN_AS = """
SELECT DISTINCT ?form ?why ?id ?node {
  ?i kg:identifies ?node ; kg:writtenAs ?form ; kg:reason ?reason ; prov:wasDerivedFrom/fabio:hasArXivId ?id
  OPTIONAL { ?i kg:insteadOf ?was }
  BIND(IF(BOUND(?was) && ?was != ?form, CONCAT(?reason, ", was ", ?was), ?reason) AS ?why)
}"""
_ITS_NAME = "its name"
_LABELLED = f"""
SELECT DISTINCT ?form ?why ?id ?node {{
  ?node skos:prefLabel ?form . ?mention kg:refersTo ?node ; oa:exact ?form ; oa:hasSource/kg:about ?p .
  ?p fabio:hasArXivId ?id
  MINUS {{ ?i kg:identifies ?node ; kg:writtenAs ?form ; prov:wasDerivedFrom ?p }}
  BIND("{_ITS_NAME}" AS ?why)
}}"""
"""What a thing is called has no reason, but where somebody decided it."""
_DECIDED = "SELECT DISTINCT ?form ?label { ?i kg:writtenAs ?form ; kg:insteadOf ?label }"
_READ_AS = """
SELECT DISTINCT ?form ?why ?id ?node {
  ?mention kg:refersTo ?node ; kg:readAs/rdfs:label ?why ; oa:exact ?form ;
    oa:hasSource/kg:about/fabio:hasArXivId ?id
}"""
NAMED = frozenset(iri.removeprefix(KG.iri) for iri in (*CLASSES.values(), KG.Author))
"""The kinds of nodes that may have several names."""

Row = tuple[str, ...]
Rank = tuple[str, int, str, Decimal]

_COLUMNS = ("subject", "on", "metric", "value", "kind", "against", "at", "paper", "day", "words")
"""The columns of results: what fills the slots, with the numbers after what they are of."""

_PLACES = {"Score": 0, "Gain": 1, "Ratio": 2}
"""Where the kinds of results stand, each below the one before it."""

_TOLD = 5
"""How many papers are named that bear out a reason."""

_ABOUT_THING = {
    "part of": """
SELECT ?how ?thing ?node {
  VALUES (?relation ?how) {
    (dcterms:isVersionOf "a version of") (dcterms:isPartOf "a part of") (skos:broader "narrower than")
  }
  ?node ?relation ?whole . ?whole skos:prefLabel ?thing } ORDER BY ?how ?thing""",
    "versions": """
SELECT DISTINCT ?version ?parameters ?node {
  ?v dcterms:isVersionOf|dcterms:isPartOf ?node ; skos:prefLabel ?version .
  OPTIONAL { ?v kg:parameterCount ?parameters } } ORDER BY ?version""",
    "narrower": """
SELECT DISTINCT ?task ?node { ?t skos:broader ?node ; skos:prefLabel ?task } ORDER BY ?task""",
    "elsewhere": """
SELECT ?page ?node { ?node skos:exactMatch|rdfs:seeAlso ?page } ORDER BY ?page""",
    "papers": """
SELECT ?day ?paper ?does (MIN(?exact) AS ?words) ?title ?node {
  ?mention kg:refersTo ?node ; kg:role ?role ; oa:exact ?exact ; oa:hasSource ?summary .
  ?summary kg:about/fabio:hasArXivId ?paper ; dcterms:title ?title ; kg:inDigest/dcterms:date ?day .
  ?role rdfs:label ?does .
  FILTER(?role NOT IN (kg:subject, kg:on, kg:metric, kg:baseline))
} GROUP BY ?day ?paper ?does ?title ?node ORDER BY ?day ?paper ?does ?title""",
}
_ABOUT_AUTHOR = {
    "papers": """
SELECT DISTINCT ?day ?paper ?title ?node {
  ?p dcterms:creator ?node ; fabio:hasArXivId ?paper .
  ?summary kg:about ?p ; dcterms:title ?title ; kg:inDigest/dcterms:date ?day
} ORDER BY ?day ?paper ?title""",
    "writes with": """
SELECT ?author (COUNT(DISTINCT ?p) AS ?papers) ?node {
  ?p dcterms:creator ?node, ?other . ?other foaf:name ?author . FILTER(?other != ?node)
} GROUP BY ?author ?node ORDER BY DESC(?papers) ?author""",
}
_ABOUT_PAPER = {
    "pages": "SELECT ?page ?node { ?node rdfs:seeAlso ?page } ORDER BY ?page",
    "authors": """
SELECT ?author ?kind ?node {
  ?node dcterms:creator ?a . ?a foaf:name ?author ; kg:nameKind ?kind .
  ?mention kg:refersTo ?a ; oa:start ?start ; oa:hasSource/kg:about ?node
} GROUP BY ?author ?kind ?a ?node ORDER BY MIN(?start) ?author""",
    "summaries": """
SELECT ?day ?text ?node {
  ?summary kg:about ?node ; kg:inDigest/dcterms:date ?day ; dcterms:abstract ?text } ORDER BY ?day ?text""",
    "names": """
SELECT ?does ?type ?thing ?words (MAX(?sure) AS ?confidence) ?node {
  ?summary kg:about ?node . ?mention oa:hasSource ?summary ; kg:role ?role ; kg:refersTo ?t .
  ?node ?role ?t . ?mention oa:exact ?words ; kg:confidence ?sure .
  ?role rdfs:label ?does . ?t skos:prefLabel ?thing ; a/rdfs:label ?type
} GROUP BY ?does ?type ?thing ?words ?node ORDER BY ?does ?type ?thing ?words""",
    "leaves open": """
SELECT ?question ?node { ?node kg:leavesOpen/rdfs:label ?question } ORDER BY ?question""",
}
_ABOUT_MENTION = {
    "mention": """
SELECT ?does ?thing ?confidence ?found_by ?paper ?day ?words ?node {
  ?node kg:role/rdfs:label ?does ; kg:refersTo ?target ; kg:confidence ?confidence ; oa:exact ?words ;
    prov:wasGeneratedBy/rdfs:label ?found_by ; oa:hasSource ?summary .
  ?summary kg:about/fabio:hasArXivId ?paper ; kg:inDigest/dcterms:date ?day
  OPTIONAL { ?target skos:prefLabel|foaf:name ?thing }
} ORDER BY ?does ?thing""",
}
_ABOUT = {
    "Author": _ABOUT_AUTHOR,
    "Paper": _ABOUT_PAPER,
    "Result": {},
    "Mention": _ABOUT_MENTION,
}
"""What is asked of a node, by its class; of a class that is not here, what is asked of a thing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A node with a name: its IRI, its class (`Method`, `Author`, `Paper`, …) and its label."""

    iri: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A find of `search`: what it is, its name, and the words around the find in a text."""

    kind: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a card, with its heading."""

    heading: str
    table: Table


@dataclass(frozen=True, slots=True)
class Card:
    """All about one node, in sections; empty ones are left out."""

    found: Found
    sections: tuple[Section, ...]


def find(store: Graph, name: str, kinds: Set[str] = NAMED | {"Paper"}) -> list[Found]:
    """The nodes that are called so; where none is, those with this name among others, or one spelt alike.

    A name is that of a thing, an author, or a paper (its title or its id); only `kinds` are looked for.
    Raises `QueryError` where there is none, with names that come near.
    """
    name = parse_arxiv_id(name)
    if called := _find_called(store, name, kinds):
        return sorted(called, key=_in_order)
    same: set[Found] = set()
    alike: set[Found] = set()
    key = name_key(name)
    for node, form in _named(store):
        if node.kind in kinds and form == name:
            same.add(node)
        if node.kind in kinds and name_key(form) == key:
            alike.add(node)
    if not alike:
        left_out = "; names of whole classes of things, like this one, are left out" * _is_class(name)
        raise QueryError(f"nothing in the graph is named {name!r}; {near(store, name, kinds)}{left_out}")
    titled = {node for node in same if node.label == name}
    return sorted(titled or same or alike, key=_in_order)


def _find_called(store: Graph, name: str, kinds: Set[str]) -> list[Found]:
    """The things and authors whose label is this, else those that are also written so.

    None where a paper is called so too: that takes all names to settle.
    """
    bound: dict[str, Term] = {"name": ox.Literal(name)}
    if "Paper" in kinds and any(cast(ox.QuerySolutions, query(store.quads, _PAPER_CALLED, bound))):
        return []
    for asked in (_CALLED, _ALSO_CALLED):
        rows = list(cast(ox.QuerySolutions, query(store.quads, asked, bound)))
        nodes = {
            Found(r["node"].value, kind, r["label"].value) for r in rows for kind in _kinds(store, r["node"])
        }
        if found := [node for node in nodes if node.kind in kinds]:
            return found
    return []


def _kinds(store: Graph, node: Term) -> list[str]:
    rows = cast(ox.QuerySolutions, query(store.quads, _CLASS, {"node": node}))
    return [row["class"].value.removeprefix(KG.iri) for row in rows]


def _in_order(node: Found) -> tuple[str, str, str]:
    return node.label, node.kind, node.iri


def _is_class(name: str) -> bool:
    """Whether it is a short form that the extractor takes for no thing's name: `LLM`, `GPU`."""
    return name.isalpha() and is_generic(name)


def near(store: Graph, name: str, kinds: Set[str]) -> str:
    """What to try in place of a name that no node of these kinds has."""
    return close_names(name, {form: node.label for node, form in _named(store) if node.kind in kinds})


def former_names(store: Graph, name: str) -> set[str]:
    """The labels of what is written so, or alike, as they would be, had nobody decided otherwise."""
    decided = cast(ox.QuerySolutions, query(store.quads, _DECIDED))
    key = name_key(name)
    return {row["label"].value for row in decided if name_key(row["form"].value) == key}


def _named(store: Graph) -> Iterator[tuple[Found, str]]:
    """Each node with each of its names; a paper is called as its first summary calls it."""
    for row in cast(ox.QuerySolutions, query(store.quads, _NAMED)):
        kind = row["class"].value.removeprefix(KG.iri)
        yield Found(row["node"].value, kind, row["label"].value), row["form"].value
    papers: dict[str, Found] = {}
    for row in cast(ox.QuerySolutions, query(store.quads, _PAPERS)):
        node, form = row["node"].value, row["form"].value
        yield papers.setdefault(node, Found(node, "Paper", form)), form


def search(store: Graph, words: str, limit: int = 20) -> list[Hit]:
    """What has all of `words`, case aside: names first, the closest first, then texts of papers."""
    wanted = words.casefold().split()
    ranked: dict[Found, tuple[bool, int, str]] = {}
    for node, form in _named(store):
        if wanted and all(word in form.casefold() for word in wanted):
            rank = (form.casefold() != words.casefold(), len(form), form)
            ranked[node] = min(rank, ranked.get(node, rank))
    nodes = sorted(ranked, key=lambda node: (ranked[node][:2], _in_order(node)))
    hits = (Hit(each.kind.lower(), each.label, _other(ranked[each][-1], each.label)) for each in nodes)
    return list(islice(chain(dict.fromkeys(hits), _text_hits(store, wanted)), limit))


def _other(form: str, label: str) -> str:
    return "" if form == label else form


def _text_hits(store: Graph, wanted: list[str]) -> Iterator[Hit]:
    """The papers whose texts have all of the words, and the words around the first of them."""
    seen = set[str]()
    for row in cast(ox.QuerySolutions, query(store.quads, _TEXTS)) if wanted else ():
        paper, text = row["paper"].value, row["abstract"].value
        lowered = text.casefold()
        if paper not in seen and all(word in lowered for word in wanted):
            seen.add(paper)
            start = max(0, lowered.find(wanted[0]) - 40)
            yield Hit("text", paper, f"…{text[start : start + 120].strip()}…")


def describe(store: Graph, found: Found) -> Card:
    """All that the graph says about a node."""
    queries = _ABOUT.get(found.kind, _ABOUT_THING)
    tables = {heading: _to_section(store, found.iri, text) for heading, text in queries.items()}
    reasons = _to_reasons(store, found.iri)
    if all(why == _ITS_NAME for _, why, *_ in reasons["written as"].rows):
        del reasons["written as"]
    return _to_card(found, reasons | tables | {"results": _to_results(store, found)})


def explain(store: Graph, found: Found) -> Card:
    """Why the names of a node are one: its forms, the types that it was read as, and who bears it out.

    Of an author, whose papers are one's by what their bylines share, also these.
    """
    tables = _to_reasons(store, found.iri)
    if found.kind == "Author":
        tables["papers"] = _to_section(store, found.iri, _ABOUT_AUTHOR["papers"])
    return _to_card(found, tables)


def _to_section(store: Graph, iri: str, asked: str) -> Table:
    node = {"node": ox.NamedNode(iri)}
    return _without_node(to_table(query(store.quads, asked, node), store.names.base))


def _to_results(store: Graph, found: Found) -> Table:
    """The results of a thing, of a paper, or the one that is asked for.

    On what they were measured on, levels stand before gains before ratios, then by metric, the best first.
    """
    first = cache(partial(_first, store))
    rows = {row for result in _results_of(store, found) if (row := _to_result(store, result, first))}
    ranked = [row for _, row in sorted(rows)]
    shown = [
        place
        for place, column in enumerate(_COLUMNS)
        if any(row[place] for row in ranked) and (found.kind, column) != ("Paper", "paper")
    ]
    cells = tuple(tuple(row[place] for place in shown) for row in ranked)
    return Table(tuple(_COLUMNS[place] for place in shown), cells)


def _results_of(store: Graph, found: Found) -> Iterable[str]:
    if found.kind == "Result":
        return (found.iri,)
    if found.kind == "Paper":
        summaries = _pointing(store, KG.about, found.iri)
        return [result for each in summaries for result in _pointing(store, KG.statedIn, each)]
    return {result for slot in SLOTS.values() for result in _pointing(store, slot, found.iri)}


def _pointing(store: Graph, term: str, iri: str) -> list[str]:
    quads = store.quads.quads_for_pattern(None, ox.NamedNode(term), ox.NamedNode(iri), ox.DefaultGraph())
    return [cast(ox.NamedNode, quad.subject).value for quad in quads]


def _first(store: Graph, iri: str, *terms: str) -> str:
    """What a path of properties leads to from a node, the least of several; "" where it ends before."""
    for term in terms:
        path = ox.NamedNode(iri), ox.NamedNode(term)
        quads = store.quads.quads_for_pattern(*path, None, ox.DefaultGraph())
        iri = min((cast(Term, quad.object).value for quad in quads), default="")
        if not iri:
            break
    return iri


def _to_result(store: Graph, iri: str, first: Callable[..., str]) -> tuple[Rank, Row] | None:
    """A result as a row, and where it stands among others; None where it says too little."""
    node = defaultdict[str, list[str]](list)
    for quad in store.quads.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph()):
        node[quad.predicate.value].append(cast(Term, quad.object).value)
    said = [each for each in node[KG.evidence] if _first(store, each, KG.role) == KG.statedIn]
    if not (said and node[KG.value] and node[KG.valueText] and node[KG.kind] and node[KG.statedIn]):
        return None
    subject, on, metric, against = (
        first(node[slot][0], SKOS.prefLabel) if node[slot] else "" for slot in SLOTS.values()
    )
    level, percent = "".join(node[KG.baselineValue][:1]), node[KG.unit] == ["%"]
    kind, summary = node[KG.kind][0].removeprefix(KG.iri), node[KG.statedIn][0]
    row = (
        *(subject, on, metric, node[KG.valueText][0], kind.lower()),
        *(against, f"{level}%" if level and percent else level),
        first(summary, KG.about, FABIO.hasArXivId),
        first(summary, KG.inDigest, DCTERMS.date),
        _first(store, min(said), OA.exact),
    )
    falls = bool(node[KG.metric]) and first(node[KG.metric][0], KG.better) == "down"
    number = Decimal(node[KG.value][0])
    return (on, _PLACES.get(kind, len(_PLACES)), metric, number if falls else -number), row


def _to_reasons(store: Graph, iri: str) -> dict[str, Table]:
    asked = {"written as": (_LABELLED, _WRITTEN_AS), "read as": (_READ_AS,)}
    return {heading: _to_reason(store, iri, *texts) for heading, texts in asked.items()}


def _to_reason(store: Graph, iri: str, *asked: str) -> Table:
    """The forms of a node with a reason each, how many papers bear it out, and the first of them.

    Those that the first query finds stand first.
    """
    papers: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    for place, each in enumerate(asked):
        for form, why, paper in _rows(store, iri, each):
            papers[place, form, why].add(paper)
    rows = (
        (form, why, str(len(ids)), ", ".join(sorted(ids)[:_TOLD]) + (", …" if len(ids) > _TOLD else ""))
        for (_, form, why), ids in sorted(papers.items())
    )
    return Table(("form", "why", "papers", "which"), tuple(rows), frozenset({"papers"}))


def forms(store: Graph, iri: str) -> list[str]:
    """All that a thing is written as, its label among them, sorted."""
    asked = "SELECT DISTINCT ?form ?node { ?node skos:prefLabel|skos:altLabel ?form }"
    return sorted(form for (form,) in _rows(store, iri, asked))


def _rows(store: Graph, iri: str, asked: str) -> Iterator[list[str]]:
    """The rows of a query about a node, less the node, which is its last column."""
    for solution in cast(ox.QuerySolutions, query(store.quads, asked, {"node": ox.NamedNode(iri)})):
        yield [cast(ox.Literal, term).value for term in list(solution)[:-1]]


def _to_card(found: Found, tables: Mapping[str, Table]) -> Card:
    return Card(found, tuple(Section(heading, table) for heading, table in tables.items() if table.rows))


def _without_node(table: Table) -> Table:
    """The table less its last column, the node that the query was asked about, and less empty ones."""
    shown = [i for i in range(len(table.columns) - 1) if any(row[i] for row in table.rows)]
    rows = tuple(tuple(row[i] for i in shown) for row in table.rows)
    return Table(tuple(table.columns[i] for i in shown), rows, table.numeric)


def derive_counts(store: Graph) -> Table:
    """How many nodes of each class the graph has, and how many statements."""
    counts = """
SELECT ?thing ?count {
  { SELECT ?thing (COUNT(DISTINCT ?node) AS ?count) {
      ?node a ?class . FILTER(STRSTARTS(STR(?class), STR(kg:))) BIND(STRAFTER(STR(?class), "#") AS ?thing)
      FILTER(?class NOT IN (kg:ResultKind, kg:Component, kg:Identification))
    } GROUP BY ?thing }
  UNION { SELECT ("statements" AS ?thing) (COUNT(*) AS ?count) { GRAPH ?g { ?s ?p ?o } } }
} ORDER BY ?thing"""
    return to_table(query(store.quads, counts), store.names.base)
