"""Facts become quads and come back; IRIs are valid and injective; every quote slices back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import facts, texts

from kg.errors import FactsError, KGError
from kg.facts import from_quads
from kg.graph import to_component_quads, to_identity_quads, to_ontology_quads, to_quads
from kg.model import ENTITY_TYPES, Entity, Evidence, Facts, Mention, Paper, Slot, Summary
from kg.records import from_record, to_record
from kg.resolve import derive_resolution
from kg.vocabulary import KG, PREFIXES, Names

NAMES = Names()
QUOTES = """
SELECT * { ?m oa:hasSource ?s ; kg:inField ?f ; oa:start ?a ; oa:end ?b ; oa:exact ?x . ?s ?f ?text .
FILTER(SUBSTR(STR(?text), ?a + 1, ?b - ?a) != STR(?x)) }"""


def whole(found: Sequence[Facts]) -> list[ox.Quad]:
    resolution = derive_resolution(found)
    components = {mention.component for each in found for mention in each.mentions()}
    quads = [quad for each in found for quad in to_quads(each, resolution, NAMES)]
    return quads + to_identity_quads(resolution, NAMES) + to_component_quads(components, "fingerprint", NAMES)


@given(facts())
def test_quads_hold_the_facts(found: Facts) -> None:
    assert from_quads(whole([found])).facts == (found,)


@given(facts())
def test_records_hold_the_facts(found: Facts) -> None:
    assert from_record(to_record(found)) == found


@given(st.lists(facts(), min_size=1, max_size=3, unique_by=lambda each: each.summary.key))
@settings(max_examples=50)
def test_a_second_round_changes_nothing(found: list[Facts]) -> None:
    once = from_quads(whole(found)).facts
    assert len(once) == len(found)
    assert set(whole(from_quads(whole(once)).facts)) == set(whole(once))


@given(facts())
@settings(max_examples=50)
def test_quads_are_named_canonical_and_slice_back(found: Facts) -> None:
    quads = whole([found])
    store = ox.Store()
    store.extend(quads)
    assert set(store) == set(quads), "Oxigraph rewrote a literal"
    assert not any(isinstance(term, ox.BlankNode) for q in quads for term in (q.subject, q.object))
    assert list(store.query(QUOTES, prefixes=PREFIXES, use_default_graph_as_union=True)) == []


@given(facts())
@settings(max_examples=30)
def test_another_base_changes_nothing_else(found: Facts) -> None:
    resolution = derive_resolution([found])
    here, there = (
        "\n".join(sorted(str(quad) for quad in to_quads(found, resolution, Names(base))))
        for base in ("https://example.org/a/", "https://example.com/b#")
    )
    assert here.replace("https://example.org/a/", "https://example.com/b#") == there


@given(facts())
@settings(max_examples=50)
def test_every_edge_of_a_paper_has_its_mention(found: Facts) -> None:
    store = ox.Store()
    store.extend(whole([found]))
    bare = """
    SELECT * { ?paper ?role ?thing . ?paper a kg:Paper .
    VALUES ?role { kg:proposes kg:uses kg:evaluatesOn kg:comparesWith kg:addresses kg:mentions
                   dcterms:creator }
    FILTER NOT EXISTS { ?m kg:role ?role ; kg:refersTo ?thing ; oa:hasSource/kg:about ?paper } }"""
    assert list(store.query(bare, prefixes=PREFIXES, use_default_graph_as_union=True)) == []


@given(st.sampled_from(ENTITY_TYPES), texts, st.sampled_from(ENTITY_TYPES), texts)
def test_iris_of_things_are_injective(type: str, key: str, other_type: str, other: str) -> None:
    assume((type, key) != (other_type, other))
    one, two = NAMES.entity(type, key), NAMES.entity(other_type, other)  # type: ignore[arg-type]
    assert one != two
    assert ox.NamedNode(one).value == one


@pytest.mark.parametrize(
    ("one", "two"),
    [("C", "C++"), ("A", "A*"), ("MATH", "MATH-500"), ("模型", "數據"), ("嘕上", "嵼丽")],
)
def test_names_that_share_a_slug_are_apart(one: str, two: str) -> None:
    assert NAMES.entity("method", one) != NAMES.entity("method", two)


def test_iris_are_stable() -> None:
    assert NAMES.entity("method", "cottention") == (
        "https://w3id.org/paperkg/data/method/cottention-3c3cbbcff37c49e0aec7"
    )
    assert NAMES.paper(Paper("hep-th/9901001")) == "https://w3id.org/paperkg/data/paper/hep-th%2F9901001"


@pytest.mark.parametrize(
    "base", ["", "data/", "https://x.org/no-slash", "https://x.org/ a/", 'https://x.org/"/', "http://[/"]
)
def test_a_base_that_is_no_iri_is_refused(base: str) -> None:
    with pytest.raises(KGError, match="is no absolute IRI"):
        Names(base)


def test_a_misspelt_term_raises() -> None:
    with pytest.raises(AttributeError, match="Resutl"):
        _ = KG.Resutl


def test_the_ontology_has_no_blank_node() -> None:
    quads = to_ontology_quads(NAMES)
    assert quads
    assert not any(isinstance(term, ox.BlankNode) for q in quads for term in (q.subject, q.object))


SUMMARY = Summary(Paper("2401.00001"), "digest", "2024-01-01", "Alpha: a method", "Alpha reaches 1.5.", "")


def mention(start: int, end: int, quote: str, role: str = "uses") -> Mention:
    return Mention(Evidence("abstract", start, end, quote), role, "kg_entities", 9)  # type: ignore[arg-type]


def test_a_quote_that_does_not_slice_back_is_refused() -> None:
    with pytest.raises(FactsError, match="does not slice back"):
        Facts(SUMMARY, "f", (Entity("method", (mention(0, 5, "Alphb"),)),))


def test_a_slot_without_its_entity_is_refused() -> None:
    from kg.model import Result

    value, sentence = mention(14, 17, "1.5", "value"), mention(0, 18, "Alpha reaches 1.5.", "statedIn")
    slot = Slot("method", "Alpha", mention(0, 5, "Alpha", "subject"))
    with pytest.raises(FactsError, match="slots without entity"):
        Facts(SUMMARY, "f", (), (Result("score", "1.5", value, sentence, subject=slot),))


IN_ORDER = """
from test_resolve import named
from kg.graph import to_identity_quads
from kg.resolve import derive_resolution
from kg.vocabulary import Names
byline = "Ann Lee, Bo Li, Cy Do, dee7"
found = [named(f"{number}", "method", "Tulip", "tulip", byline=byline) for number in range(9)]
print(*to_identity_quads(derive_resolution(found), Names()))
"""


def test_quads_come_in_one_order_whatever_the_hash_seed() -> None:
    """Else a build that finds nothing new would take the graph for changed."""
    here = Path(__file__).parent
    told = {
        subprocess.run(
            [sys.executable, "-c", IN_ORDER],
            cwd=here,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
