"""Looking one thing up: what a name finds, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from digests import digest, row
from hostile import NAMES, hostile_facts
from stores import store_of

from kg.build import build
from kg.errors import QueryError
from kg.lookup import NAMED, _named, describe, find, search
from kg.model import parse_arxiv_id
from kg.store import open_store


def test_a_paper_with_two_titles_is_one_paper(tmp_path: Path) -> None:
    for day, title, value in ((1, "Zeta: first", "71.5"), (2, "Alpha: second", "75.5")):
        text = f"On the GLUE benchmark, Zeta reaches an accuracy of {value}%, compared to 66.1% for BERT."
        paper = row("2401.00001", title, "Ann Lee", text)
        (tmp_path / f"{day}.md").write_text(digest(f"2024-01-0{day}", paper), encoding="utf-8")
    build([str(tmp_path)], tmp_path)
    with open_store(tmp_path) as store:
        assert [found.label for found in find(store, "2401.00001")] == ["Zeta: first"]
        assert [found.label for found in find(store, "Alpha: second")] == ["Zeta: first"]
        (card,) = (describe(store, found) for found in find(store, "GLUE"))
    (results,) = (section.table for section in card.sections if section.heading == "results")
    shown = [dict(zip(results.columns, line, strict=True)) for line in results.rows]
    assert {(line["value"], line["at"], line["day"]) for line in shown} == {
        ("71.5%", "66.1%", "2024-01-01"),
        ("75.5%", "66.1%", "2024-01-02"),
    }


def test_a_name_of_a_whole_class_is_said_to_be_left_out(tmp_path: Path) -> None:
    text = "We compare TulipNet, a pruning method, with DPO."
    (tmp_path / "1.md").write_text(digest("2024-01-01", row("2401.00001", "Zeta", "Ann Lee", text)))
    build([str(tmp_path)], tmp_path)
    with open_store(tmp_path) as store:
        with pytest.raises(QueryError, match=r"named 'LLM'; .*; names of whole classes of things, like this"):
            find(store, "LLM")
        with pytest.raises(QueryError, match=r"named 'Fern'; try: kg search WORDS$"):
            find(store, "Fern")


def test_what_is_called_so_comes_before_what_is_also_called_so(tmp_path: Path) -> None:
    text = "Zeta reaches a top-1 accuracy (accuracy) of 71.5% on GLUE. Omega has an accuracy of 5%."
    (tmp_path / "1.md").write_text(digest("2024-01-01", row("2401.00001", "Zeta", "Ann Lee", text)))
    build([str(tmp_path)], tmp_path)
    with open_store(tmp_path) as store:
        assert {found.label for found in find(store, "accuracy")} == {"accuracy"}
        assert "accuracy" in {hit.name for hit in search(store, "accuracy")}


def test_a_name_is_found_as_if_all_names_were_read(tmp_path: Path) -> None:
    """Whoever is called so comes before whoever is also written so, and the quick way finds the same."""
    named = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(named, tmp_path) as store:
        pairs = [(node, form) for node, form in _named(store) if node.kind in NAMED | {"Paper"}]
        for form in {form for _, form in pairs}:
            same = {node for node, other in pairs if other == parse_arxiv_id(form)}
            called = {node for node in same if node.label == parse_arxiv_id(form)}
            if called or same:
                assert set(find(store, form)) == (called or same), form
