"""Queries that mean harm: they want time, memory, the parser's stack, a connection, a file or a change.

    python tests/hostile_queries.py http://127.0.0.1:8000/

Asks a server all of them, one after the other, and prints how each ended, and all in a few lines.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import httpx

__all__ = ["EXPECTED", "HOSTILE_QUERIES", "attack", "services"]

_P = "PREFIX x: <http://e.org/> SELECT * "
_ALL = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
_PAIRS = "?a ?b ?c . ?d ?e ?f"


def _nest(before: str, inside: str, after: str, times: int) -> str:
    return before * times + inside + after * times


def services(where: str) -> dict[str, str]:
    """SERVICE in many spellings, each to an address that must not be reached."""
    return {
        "plain": f"SELECT * {{ SERVICE <{where}> {{ ?s ?p ?o }} }}",
        "lower": f"SELECT * {{ service <{where}> {{ ?s ?p ?o }} }}",
        "mixed": f"SELECT * {{ SeRvIcE <{where}> {{ ?s ?p ?o }} }}",
        "silent": f"SELECT * {{ SERVICE SILENT <{where}> {{ ?s ?p ?o }} }}",
        "no space": f"SELECT*{{SERVICE<{where}>{{?s ?p ?o}}}}",
        "comment between": f"SELECT * {{ SERVICE#x\n<{where}> {{ ?s ?p ?o }} }}",
        "variable": f"SELECT * {{ VALUES ?w {{ <{where}> }} SERVICE ?w {{ ?s ?p ?o }} }}",
        "prefixed": f"PREFIX x: <{where}> SELECT * {{ SERVICE x: {{ ?s ?p ?o }} }}",
        "glued": f"PREFIX x: <{where}> SELECT * {{ SERVICEx:y {{ ?s ?p ?o }} }}",
        "escaped": f"SELECT * {{ \\u0053ERVICE <{where}> {{ ?s ?p ?o }} }}",
        "in a sub-select": f"SELECT * {{ {{ SELECT * {{ SERVICE <{where}> {{ ?s ?p ?o }} }} }} }}",
        "in EXISTS": f"ASK {{ FILTER EXISTS {{ SERVICE <{where}> {{ ?s ?p ?o }} }} }}",
        "in CONSTRUCT": f"CONSTRUCT WHERE {{ SERVICE <{where}> {{ ?s ?p ?o }} }}",
        "behind a string": f"SELECT * {{ ?s ?p '\\'' . SERVICE <{where}> {{ ?s ?p ?o }} }}",
        "behind a number": f"SELECT * {{ ?s ?p 1SERVICE <{where}> {{ ?s ?p ?o }} }}",
    }


HOSTILE_QUERIES: dict[str, dict[str, str]] = {
    "cartesian products": {
        "counted": f"SELECT (COUNT(*) AS ?n) {{ {_ALL} }}",
        "distinct": f"SELECT (COUNT(DISTINCT ?a) AS ?n) {{ {_ALL} }}",
        "filtered": f"SELECT * {{ {_ALL} FILTER(CONCAT(STR(?a), STR(?d)) = STR(?l)) }}",
        "ordered": f"SELECT * {{ {_PAIRS} . ?g ?h ?i }} ORDER BY RAND() LIMIT 1",
        "asked": f"ASK {{ {_ALL} FILTER(CONCAT(STR(?a), STR(?l)) = 'x') }}",
        "constructed": f"CONSTRUCT {{ ?a ?b ?l }} WHERE {{ {_ALL} FILTER(CONCAT(STR(?a), STR(?l)) = 'x') }}",
        "of graphs": (
            "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?a ?b ?c } GRAPH ?h { ?d ?e ?f } GRAPH ?i { ?j ?k ?l } }"
        ),
    },
    "nesting": {
        "braces": "SELECT * " + _nest("{", "", "}", 8_000),
        "braces unclosed": "SELECT * " + "{" * 8_000,
        "parentheses": "SELECT * { FILTER " + _nest("(", "1", ")", 8_000) + " }",
        "brackets": "SELECT * { ?s ?p " + _nest("[ ?p ", "1", " ]", 3_000) + " }",
        "collections": "SELECT * { ?s ?p " + _nest("(", "1", ")", 3_000) + " }",
        "OPTIONAL": "SELECT * " + _nest("{ ?s ?p ?o OPTIONAL ", "{}", " }", 1_000),
        "NOT EXISTS": "ASK " + _nest("{ FILTER NOT EXISTS ", "{}", " }", 1_000),
        "MINUS": "ASK " + _nest("{ ?s ?p ?o MINUS ", "{}", " }", 1_000),
        "IF": "SELECT (" + _nest("IF(1, 1, ", "1", ")", 2_000) + " AS ?x) {}",
        "triple terms": "SELECT * { ?s ?p " + _nest("<<( ?a ?b ", "?c", ")>>", 2_000) + " }",
    },
    "operators": {
        "nots": "SELECT * { FILTER(" + "!" * 20_000 + "true) }",
        "minuses": "SELECT (" + "- " * 20_000 + "1 AS ?x) {}",
        "inverses": "SELECT * { ?s " + "^" * 20_000 + "<x:y> ?o }",
        "ors": "SELECT * { ?s ?p ?o FILTER(" + " || ".join(["?o = 1"] * 4_000) + ") }",
        "sums": "SELECT (" + " + ".join(["1"] * 20_000) + " AS ?x) {}",
    },
    "many parts": {
        "sub-selects": "SELECT * { " + "{ SELECT * { ?s ?p ?o } } " * 2_000 + "}",
        "unions": "SELECT * { " + " UNION ".join(["{ ?s ?p ?o }"] * 2_000) + " }",
        "patterns": "SELECT * { " + " . ".join(f"?a{i} ?b{i} ?c{i}" for i in range(2_000)) + " }",
        "binds": "SELECT * { " + " ".join(f"BIND(1 AS ?v{i})" for i in range(2_000)) + " }",
        "prefixes": " ".join(f"PREFIX a{i}: <http://e.org/{i}>" for i in range(3_000)) + " ASK {}",
    },
    "path bombs": {
        "all paths": "SELECT (COUNT(*) AS ?n) { ?a (<x:p>|!<x:p>)* ?b . ?c (<x:p>|!<x:p>)* ?d }",
        "there and back": "SELECT (COUNT(*) AS ?n) { ?a (!<x:p>|^!<x:p>)+ ?b . ?c (!<x:p>|^!<x:p>)+ ?d }",
        "stars of stars": "SELECT (COUNT(*) AS ?n) { ?a ((((!<x:p>)*)*)*)* ?b . ?c (!<x:p>)* ?d }",
        "twelve steps": "SELECT (COUNT(*) AS ?n) { ?a " + "/".join(["(<x:p>|!<x:p>|^!<x:p>)"] * 12) + " ?b }",
    },
    "expression bombs": {
        "regex over pairs": (
            f"SELECT (COUNT(*) AS ?n) {{ {_PAIRS} FILTER REGEX(CONCAT(STR(?c), STR(?f)), '(.*a){{20}}z') }}"
        ),
        "regex from data": f"SELECT (COUNT(*) AS ?n) {{ {_PAIRS} FILTER REGEX(STR(?c), STR(?f)) }}",
        "replace over pairs": (
            f"SELECT (COUNT(?x) AS ?n) {{ {_PAIRS} BIND(REPLACE(STR(?c), '(.)', STR(?f)) AS ?x) }}"
        ),
        "hashes over pairs": (
            f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {_PAIRS} BIND(SHA512(CONCAT(STR(?c), STR(?f))) AS ?x) }}"
        ),
    },
    "memory bombs": {
        "doubling": "SELECT (STRLEN(?v40) AS ?n) { BIND('xxxxxxxx' AS ?v0) "
        + " ".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(40))
        + " }",
        "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?x) {{ {_PAIRS} . ?g ?h ?i }}",
        "groups": f"SELECT ?x (COUNT(*) AS ?n) {{ {_PAIRS} BIND(CONCAT(STR(?a), STR(?c), STR(?f)) AS ?x) }}"
        " GROUP BY ?x ORDER BY ?n LIMIT 1",
        "sorted": f"SELECT * {{ {_PAIRS} }} ORDER BY CONCAT(STR(?c), STR(?f)) LIMIT 1",
    },
    "huge VALUES": {
        "long": "SELECT * { VALUES ?x { " + "1 " * 60_000 + "} }",
        "many": "SELECT * { VALUES ?x { " + "1 " * 20_000 + "} }",
    },
    "multiplied VALUES": {
        "counted": "SELECT (COUNT(*) AS ?n) { "
        + " ".join(f"VALUES ?x{i} {{ {'1 ' * 300}}}" for i in range(6))
        + " }",
        "distinct": "SELECT (COUNT(DISTINCT *) AS ?n) { "
        + " ".join(f"VALUES ?x{i} {{ {' '.join(map(str, range(300)))} }}" for i in range(6))
        + " }",
    },
    "long text": {
        "a million letters": "SELECT * { ?s ?p '" + "x" * 900_000 + "' }",
        "a long name": f"{_P}{{ ?s x:{'y' * 200_000} ?o }}",
        "a long comment": "#" + "x" * 200_000 + "\nASK {}",
        "a body of two million": "#" + "x" * 2_000_000 + "\nASK {}",
    },
    "SERVICE": services("http://127.0.0.1:9/"),
    "files": {
        "FROM": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "FROM NAMED": "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
        "FROM in odd case": "SELECT * from#\n<FILE:///etc/passwd> { ?s ?p ?o }",
        "a prefix": "PREFIX f: <file:///etc/> SELECT * FROM f:passwd { ?s ?p ?o }",
        "a base": "BASE <file:///etc/> SELECT * FROM <passwd> { ?s ?p ?o }",
        "escaped": "SELECT * FROM <\\u0066ile:///etc/passwd> { ?s ?p ?o }",
    },
    "updates": {
        "INSERT": "INSERT DATA { <x:a> <x:b> <x:c> }",
        "DELETE": "DELETE WHERE { ?s ?p ?o }",
        "LOAD": "LOAD <http://127.0.0.1:9/>",
        "LOAD file": "LOAD <file:///etc/passwd>",
        "DROP": "DROP ALL",
        "CLEAR": "PREFIX x: <http://e.org/> # now\nCLEAR SILENT ALL",
        "two at once": "SELECT * {} ; DROP ALL",
    },
    "malformed": {
        "nothing": "",
        "a word": "hello",
        "half": "SELECT * { ?s ?p ",
        "quotes": 'SELECT * { ?s ?p """ }',
        "NUL": "SELECT * { ?s ?p \x00 }",
        "surrogate": "SELECT * { ?s ?p '\\uD800' }",
    },
}
"""Kind → name → query; each must end in an error, within the limit, the server alive."""

_RUN = frozenset({504, 507})
_REFUSED = frozenset({400, 413})
EXPECTED: dict[str, frozenset[int]] = dict.fromkeys(HOSTILE_QUERIES, _REFUSED) | dict.fromkeys(
    ("cartesian products", "path bombs", "expression bombs", "memory bombs", "multiplied VALUES"), _RUN
)
"""Kind → the statuses that may answer it: out of time or memory for what runs; the others never do."""


def attack(client: httpx.Client, kind: str, name: str) -> tuple[httpx.Response, float]:
    """The answer to a hostile query, and its seconds."""
    began = time.monotonic()
    answer = client.post(
        "sparql",
        content=HOSTILE_QUERIES[kind][name].encode(),
        headers={"content-type": "application/sparql-query"},
    )
    return answer, time.monotonic() - began


def main(url: str) -> None:
    seconds, statuses, wrong = dict[str, float](), Counter[int](), 0
    with httpx.Client(base_url=url, timeout=60) as client:
        for kind, queries in HOSTILE_QUERIES.items():
            for name in queries:
                answer, taken = attack(client, kind, name)
                seconds[f"{kind}: {name}"] = taken
                statuses[answer.status_code] += 1
                wrong += answer.status_code not in EXPECTED[kind]
                print(f"{answer.status_code} {taken:6.3f} s  {kind}: {name}")
        alive = client.get("sparql", params={"query": "ASK {}"}).status_code == 200
    slowest = max(seconds, key=seconds.__getitem__)
    print(
        f"{len(seconds)} queries of {len(HOSTILE_QUERIES)} kinds, {wrong} with another status than expected"
    )
    print(", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    print(f"the slowest: {slowest}, {seconds[slowest]:.3f} s")
    print(f"the server {'lives' if alive else 'is dead'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
