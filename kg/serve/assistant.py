"""The graph for AI assistants: tools of the Model Context Protocol over standard input and output.

https://modelcontextprotocol.io. Each tool is a question to the same workers as a web request's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from kg import __version__
from kg.serve.answers import Question, Sparql, Tool
from kg.serve.limits import Limits
from kg.serve.pool import Busy, Pool, open_pool

__all__ = ["LIMITS", "make_server", "serve_assistant"]

LIMITS = Limits(rows=1_000, size=1024 * 1024, workers=4)
"""An assistant reads less at once than a program does."""

_URL = "urn:kg:"
_INSTRUCTIONS = """\
A knowledge graph of AI papers, read from digests: what papers propose, use, compare and measure, and every
score with the sentence that states it. It knows what summaries of papers say, not the papers themselves.
Names are looked up as written; start with `search`. Quote the words (`words`, `exact`) that a fact rests on.
"""
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def make_server(pool: Pool) -> MCPServer:
    """A server whose tools ask the pool."""
    server = MCPServer("kg", instructions=_INSTRUCTIONS, version=__version__, log_level="CRITICAL")
    for tool in _make_tools(pool):
        server.tool(annotations=_READS, structured_output=False)(tool)
    return server


def _make_tools(pool: Pool) -> list[Callable[..., object]]:
    async def search(words: str, limit: int = 20) -> str:
        """Find names and texts that have all of the words: things, authors, papers."""
        return await _ask(pool, Tool("search", {"words": words, "limit": str(max(1, min(limit, 200)))}))

    async def describe(name: str) -> str:
        """All about a method, model, benchmark, data set, metric, task, author or paper, by name or id."""
        return await _ask(pool, Tool("describe", {"name": name}))

    async def leaderboard(benchmark: str) -> str:
        """Every result on a benchmark, by metric, the best first, each with the sentence that states it."""
        return await _ask(pool, Tool("leaderboard", {"benchmark": benchmark}))

    async def evidence(thing: str) -> str:
        """Every place in a text that names a thing: the words, where they stand, what they back, how sure."""
        return await _ask(pool, Tool("evidence", {"thing": thing}))

    async def sparql(query: str) -> str:
        """Ask the graph in SPARQL 1.1 (read-only). SELECT and ASK give JSON; CONSTRUCT and DESCRIBE Turtle.

        Prefixes kg:, skos:, dcterms:, fabio:, foaf:, oa:, prov:, rdfs: and xsd: are declared. A paper
        (kg:Paper, fabio:hasArXivId) kg:proposes, kg:uses, kg:evaluatesOn, kg:comparesWith or kg:addresses
        things (kg:Method, kg:Model, kg:Dataset, kg:Benchmark, kg:Metric, kg:Task; skos:prefLabel). A
        kg:Result has kg:subject, kg:on, kg:metric, kg:value, kg:unit, kg:baseline, kg:baselineValue and
        kg:statedIn a summary, which is kg:about a paper. A kg:Mention (oa:exact, kg:refersTo, kg:role) is
        the evidence.
        """
        return await _ask(pool, Sparql(query))

    return [search, describe, leaderboard, evidence, sparql]


async def _ask(pool: Pool, question: Question) -> str:
    """The answer as text, with a line on how it was cut. Raises `ToolError`."""
    try:
        answer = await pool.ask(question)
    except Busy as busy:
        raise ToolError(str(busy)) from busy
    text = answer.body.decode()
    if answer.status != 200:
        raise ToolError(text.strip())
    return f"{text}\n(cut: {answer.cut} of more)" if answer.cut else text


def serve_assistant(folder: Path) -> None:
    """Answers an assistant on standard input and output until it leaves. Raises `StoreError`."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(folder))


async def _run(folder: Path) -> None:
    async with open_pool(folder, LIMITS, _URL) as pool:
        await make_server(pool).run_stdio_async()
