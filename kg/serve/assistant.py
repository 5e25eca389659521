"""The graph for AI assistants: tools of the Model Context Protocol over standard input and output.

https://modelcontextprotocol.io. Each tool is a question to the same workers as a web request's.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from kg import __version__
from kg.serve.limits import Limits
from kg.serve.pool import Busy, Pool, open_pool
from kg.serve.questions import DescribeTool, QueryTool, Question, SearchTool, Sparql

__all__ = ["LIMITS", "make_server", "serve_assistant"]

LIMITS = Limits(rows=200, size=256 * 1024, workers=4)
"""An assistant reads less at once than a program does."""

_TOLD = 1000
"""Characters of an error that are told."""

_URL = "urn:kg:"
_INSTRUCTIONS = """\
A knowledge graph of AI papers, read from digests: what papers propose, use, compare and measure, and every
score with the sentence that states it. It knows what summaries of papers say, not the papers themselves.
Names are looked up as written; start with `search`. Quote the words that a fact rests on.
"""
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

Name = Annotated[str, Field(description="a name as papers write it, such as GPT-4o or GSM8K")]
Limit = Annotated[int, Field(description="how many rows at most", ge=1, le=200)]


def make_server(pool: Pool) -> MCPServer:
    """A server whose tools ask the pool."""
    server = MCPServer("kg", instructions=_INSTRUCTIONS, version=__version__, log_level="CRITICAL")
    for tool in _make_tools(pool):
        server.tool(annotations=_READS, structured_output=False)(tool)
    return server


def _make_tools(pool: Pool) -> list[Callable[..., object]]:
    async def search(
        words: Annotated[str, Field(description="all of these must be there")], limit: Limit = 20
    ) -> str:
        """Find names and texts that have all of the words: things, authors, papers."""
        return await _ask(pool, SearchTool(words, limit))

    async def describe(name: Name) -> str:
        """All about a method, model, benchmark, data set, metric, task, author or paper, by name or id."""
        return await _ask(pool, DescribeTool(name))

    async def leaderboard(benchmark: Name, limit: Limit = 50) -> str:
        """Results on a benchmark, by metric, the best first, each with the sentence that states it."""
        return await _ask(pool, QueryTool("leaderboard", (("benchmark", benchmark),), limit))

    async def beats(name: Name, limit: Limit = 50) -> str:
        """What beats a model or method, on what, by how much, and in which words."""
        return await _ask(pool, QueryTool("beats", (("beaten", name),), limit))

    async def evidence(name: Name, limit: Limit = 50) -> str:
        """Every place in a text that names a thing: the words, where they stand, what they back, how sure."""
        return await _ask(pool, QueryTool("evidence", (("thing", name),), limit))

    async def sparql(query: Annotated[str, Field(description="SPARQL 1.1; add a LIMIT")]) -> str:
        """Ask the graph in SPARQL 1.1 (read-only). SELECT gives TSV; CONSTRUCT and DESCRIBE Turtle.

        Prefixes kg:, skos:, dcterms:, fabio:, foaf:, oa:, prov:, rdf:, rdfs: and xsd: are declared. A
        paper (kg:Paper, fabio:hasArXivId) kg:proposes, kg:uses, kg:evaluatesOn, kg:comparesWith or
        kg:addresses things (kg:Method, kg:Model, kg:Dataset, kg:Benchmark, kg:Metric, kg:Task;
        skos:prefLabel). A kg:Result has kg:subject, kg:on, kg:metric, kg:value, kg:unit, kg:baseline,
        kg:baselineValue and kg:statedIn a summary, which is kg:about a paper. A kg:Mention (oa:exact,
        kg:refersTo, kg:role) is the evidence.
        """
        return await _ask(pool, Sparql(query, results="tsv"))

    return [search, describe, leaderboard, beats, evidence, sparql]


async def _ask(pool: Pool, question: Question) -> str:
    """The answer as text, with a line on how it was cut. Raises `ToolError`."""
    try:
        answer = await pool.ask(question)
    except Busy as busy:
        raise ToolError(str(busy)) from busy
    text = _to_plain(answer.body.decode())
    if answer.status != 200:
        raise ToolError(text.strip().replace("kg search WORDS", "the tool search")[:_TOLD])
    return f"{text.rstrip()}\n(cut: {answer.cut} of more)" if answer.cut else text


def _to_plain(text: str) -> str:
    """The text without characters that show nothing and may hide something."""
    return "".join(c for c in text if c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def serve_assistant(folder: Path, say: Callable[[str], None]) -> None:
    """Answers an assistant on standard input and output until it leaves. Raises `StoreError`."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(folder, say))


async def _run(folder: Path, say: Callable[[str], None]) -> None:
    async with open_pool(folder, LIMITS, _URL, say=say) as pool:
        await make_server(pool).run_stdio_async()
