"""`kg mcp`, asked by the SDK's own client over standard input and output."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from mcp import Client, StdioServerParameters
from serving import finish

T = TypeVar("T")


def converse(folder: Path, talk: Callable[[Client], Awaitable[T]]) -> T:
    """What a talk with `kg mcp` gives."""

    async def main() -> T:
        command = StdioServerParameters(
            command=sys.executable,
            args=["-c", "from kg.cli import main; main()", "mcp", "-s", str(folder)],
        )
        async with Client(command, read_timeout_seconds=30) as client:
            return await talk(client)

    return finish(main())


def call(folder: Path, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Whether a tool failed, and what it says."""

    async def talk(client: Client) -> tuple[bool, str]:
        found = await client.call_tool(tool, arguments)
        return bool(found.is_error), "".join(part.text for part in found.content)  # type: ignore[union-attr]

    return converse(folder, talk)


def test_the_tools_say_what_they_do_and_that_they_only_read(example: Path) -> None:
    async def talk(client: Client) -> Any:
        return await client.list_tools()

    tools = {tool.name: tool for tool in converse(example, talk).tools}
    assert sorted(tools) == ["beats", "describe", "evidence", "leaderboard", "search", "sparql"]
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint is True


def test_search_finds_names(example: Path) -> None:
    failed, text = call(example, "search", words="cottention", limit=3)
    assert not failed
    assert json.loads(text)[0] == {"kind": "method", "name": "Cottention", "words": ""}


def test_describe_tells_of_one_thing_with_its_words(example: Path) -> None:
    failed, text = call(example, "describe", name="Cottention")
    (card,) = json.loads(text)
    assert not failed
    assert card["kind"] == "method"
    assert card["results"][0]["value"] == "81.8"
    assert "81.8" in card["results"][0]["words"]


def test_leaderboard_and_evidence_are_the_named_queries(example: Path) -> None:
    failed, text = call(example, "leaderboard", benchmark="GLUE")
    assert not failed
    assert [row["value"] for row in json.loads(text)] == ["83.1", "81.8"]
    failed, text = call(example, "evidence", name="Cottention")
    assert not failed
    assert {row["thing"] for row in json.loads(text)} == {"Cottention"}


def test_sparql_reads_and_nothing_else(example: Path) -> None:
    failed, text = call(example, "sparql", query="ASK { ?p kg:proposes ?m }")
    assert (failed, text.strip()) == (False, "true")
    for query, reason in (
        ("DROP ALL", "updates are refused"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE is refused"),
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", "takes longer than 5 s"),
        ("SELECT", "line 1, column 7"),
    ):
        failed, text = call(example, "sparql", query=query)
        assert failed
        assert reason in text


def test_long_answers_are_cut_and_say_so(example: Path) -> None:
    failed, text = call(example, "sparql", query="SELECT * { ?s ?p ?o }")
    assert not failed
    assert text.endswith("\n(cut: the first 200 rows of more)")


def test_a_name_that_is_not_there_is_an_error_with_those_near(example: Path) -> None:
    failed, text = call(example, "describe", name="Cotention")
    assert failed
    assert "near: Cottention" in text
