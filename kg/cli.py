"""The command line: each command is a few lines over a function that anyone may import.

Data goes to standard output, progress and messages to standard error. Exit codes: 0 fine, 1 checked
and found wanting, 2 could not run.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from kg import __version__
from kg.errors import KGError, OutputError, QueryError
from kg.terminal import (
    say,
    say_skipped,
    show_bytes,
    show_heading,
    show_table,
    show_text,
    to_count,
    to_plain,
    to_tracker,
)

if TYPE_CHECKING:
    from kg.build import Built
    from kg.lookup import Card
    from kg.queries import NamedQuery
    from kg.resolve import Idle


_KEPT = {
    "build": "; what it found is kept, and the same build goes on",
    "merge": "; run kg build to be sure of the graph",
    "split": "; run kg build to be sure of the graph",
}
"""What an interrupted command says of what it had done."""


class _Commands(TyperGroup):
    """Keeps exit code 1 for "found wanting": an interruption is 2, and a reader that left is 0."""

    def invoke(self, ctx: Any) -> Any:
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt as error:
            kept = _KEPT.get(ctx.invoked_subcommand or "", "")
            raise KGError(f"interrupted{kept}") from error
        except BrokenPipeError:
            _drop_output()
            return None
        except OSError as error:
            _drop_output()
            raise OutputError(f"cannot write to standard output: {error.strerror}") from error
        return answer


def _drop_output() -> None:
    """Sends what is still to be printed nowhere, so that Python's last flush does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="kg",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 checked and found wanting, 2 could not run.",
)

SourcesArgument = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="SOURCE", help="Digests: files, folders, globs, or - for standard input."),
]
NeededSources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE", help="Digests: files, folders, globs, or - for standard input."),
]
StoreOption = Annotated[Path, typer.Option("--store", "-s", metavar="DIR", help="The folder of the graph.")]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", "--store", "-s", metavar="DIR", help="The folder to write to.")
]
TypeOption = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="Which is meant, where names are of several things.")
]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take this decision back.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


class DefaultGraph(StrEnum):
    """What the default graph of a query is."""

    union = "union"
    strict = "strict"


OUTPUTS = Path("outputs")
WORKERS = os.cpu_count() or 1
_SPARQL = re.compile(r"\s*(?:select|ask|construct|describe|prefix|base)\b.*\W", re.IGNORECASE | re.DOTALL)


def main() -> None:
    """Runs the command line, and turns what kg raises on purpose into a message and an exit code."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except KGError as error:
        say(f"kg: {error}")
        sys.exit(2)
    except UnicodeEncodeError as error:
        say(f"kg: {error.object!r} is not UTF-8 text")
        sys.exit(2)
    except BrokenPipeError:
        _drop_output()
        sys.exit(0)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"kg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop."),
    ] = False,
) -> None:
    """Turns digests of AI papers into a knowledge graph in which every statement shows its words."""


@app.command("build")
def build_command(
    sources: SourcesArgument = None,
    output: OutputOption = OUTPUTS,
    base: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="IRI", help="What the IRIs of all data start with; kept in the store."),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Read digests into the graph.

    Without SOURCE, reads the bundled example. Only what is new, or was edited, is extracted. Writes
    graph.nq, graph.ttl, graph.html and the CSV tables.
    """
    from kg.build import build

    built = build(sources or [], output, base=base, workers=WORKERS, track=to_tracker(quiet))
    if quiet:
        return
    say_skipped(built.skipped, output / "rejects.jsonl")
    what = "" if sources else "the bundled example: "
    read = to_count(built.read, "summary", "summaries")
    say(f"Read {what}{read}, {f'{built.new:,}' if built.new else 'none'} of them new or edited.")
    if built.renewed:
        say(f"Extracted {to_count(built.renewed, 'older one')} again, since the extractor is another.")
    _say_holdings(built, output)


@app.command("extract")
def extract_command(sources: NeededSources, quiet: QuietOption = False) -> None:
    """Print the facts in digests as JSON lines.

    One object a summary: entities, results and open questions, each with the words behind it.
    """
    from kg.build import derive_records

    records, skipped = derive_records(sources, workers=WORKERS, track=to_tracker(quiet))
    for record in records:
        show_text(json.dumps(record, ensure_ascii=False) + "\n")
    if not quiet:
        say_skipped(skipped)


@app.command("query")
def query_command(
    query: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="NAME|FILE|SPARQL|-", help="A named query, a file, SPARQL, or - (standard input)."
        ),
    ] = None,
    parameters: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="Bind a parameter; may be given again."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="table, csv, tsv, json, xml or turtle.")
    ] = "table",
    list_queries: Annotated[bool, typer.Option("--list", "-l", help="List the named queries.")] = False,
    store: StoreOption = OUTPUTS,
) -> None:
    """Ask the graph in SPARQL."""
    from kg.queries import FORMATS, ask, bind, load_queries
    from kg.store import open_store

    if list_queries:
        _print_queries()
        return
    if query is None:
        raise QueryError(f"no query; give one of: {', '.join(load_queries())}, a file, SPARQL, or -")
    chosen = next((known for known in FORMATS if known == format), None)
    if chosen is None:
        raise QueryError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    found = _read_query(query)
    with open_store(store) as graph:
        answer = ask(graph, found.sparql, bind(graph, found, _pairs(parameters or [])), chosen)
    if isinstance(answer, str):
        show_text(answer)
    else:
        show_table(answer)


@app.command("show")
def show_command(
    name: Annotated[
        str, typer.Argument(help="A method, model, benchmark, author, paper, … by name or arXiv id.")
    ],
    store: StoreOption = OUTPUTS,
) -> None:
    """Show all about one thing, and the words that say so."""
    from kg.lookup import describe, find
    from kg.store import open_store

    with open_store(store) as graph:
        cards = [describe(graph, found) for found in find(graph, name)]
    _show_cards(cards)


@app.command("why-same")
def why_same_command(
    name: Annotated[str, typer.Argument(help="A method, model, benchmark, … or author by any of its names.")],
    store: StoreOption = OUTPUTS,
) -> None:
    """Show why the names of one thing are one.

    The papers are those that bear out the reason; that two names are one thing in the text of a paper
    holds in this paper only.
    """
    from kg.lookup import NAMED, explain, find
    from kg.store import open_store

    with open_store(store) as graph:
        cards = [explain(graph, found) for found in find(graph, name, NAMED)]
    _show_cards(cards)


@app.command("merge")
def merge_command(
    name: Annotated[str, typer.Argument(metavar="A", help="A name of a thing.")],
    into: Annotated[str, typer.Argument(metavar="B", help="A name of what it is; this name stays.")],
    type: TypeOption = "",
    undo: UndoOption = False,
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Decide that two names are one thing.

    A name that begins with - stands behind --. Kept in overrides.csv beside the graph, and applied by
    every build from now on. Undoing it gives the former graph again.
    """
    from kg.build import merge

    decided = merge(name, into, store, type=type, undo=undo, track=to_tracker(quiet))
    if not quiet:
        how = "no longer merged into" if undo else "now"
        say(f"{decided.name} is {how} the {decided.type} {decided.into}.")
        _say_stale(store)


@app.command("split")
def split_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, exactly as it is written.")],
    type: TypeOption = "",
    undo: UndoOption = False,
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Decide that a name, as written, is a thing by itself.

    It is one in the papers that write it in no other way; one that also writes another name of it keeps
    it as it is. A name that begins with - stands behind --. Kept in overrides.csv beside the graph, and
    applied by every build from now on. Undoing it gives the former graph again.
    """
    from kg.build import split

    apart = split(name, store, type=type, undo=undo, track=to_tracker(quiet))
    if not quiet:
        what = f"{apart.decided.name} is {'no longer' if undo else 'now'} a {apart.decided.type} by itself"
        where = "" if undo else f" in {to_count(apart.papers, 'paper')}"
        rest = f"; in {apart.others:,}, which also write another name, it stays {apart.stays}"
        say(f"{what}{where}{rest if apart.others else ''}.")
        _say_stale(store)


@app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="All of these words must be there.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many finds to show.")] = 20,
    store: StoreOption = OUTPUTS,
) -> None:
    """Find names and texts that have all of the words."""
    from kg.lookup import search
    from kg.queries import Table
    from kg.store import open_store

    with open_store(store) as graph:
        hits = search(graph, " ".join(words), limit)
    if not hits:
        say("Nothing found.")
        raise typer.Exit(1)
    show_table(Table(("kind", "name", "words"), tuple((hit.kind, hit.name, hit.words) for hit in hits)))


@app.command("export")
def export_command(
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="One of --list.")] = "",
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE|DIR|-", help="Where to; by itself, the graph's folder."),
    ] = None,
    list_formats: Annotated[bool, typer.Option("--list", "-l", help="List the formats.")] = False,
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Write the graph in another format."""
    from kg.export import FORMATS, File, export, find_format
    from kg.store import open_store

    if list_formats:
        _print_formats()
        return
    if not format:
        raise OutputError(f"no format; give one with -f: {', '.join(FORMATS)}")
    chosen = find_format(format)
    with open_store(store) as graph:
        if output != Path("-"):
            path = export(graph, format, output or store / chosen.target)
        elif isinstance(chosen, File):
            show_bytes(chosen.write(graph))
        else:
            raise OutputError(f"{format} is a folder of files; give a folder with -o")
    if output != Path("-") and not quiet:
        say(f"Wrote {path}.")


@app.command("import")
def import_command(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Graphs that kg exported.")],
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="By itself, what a file's name says.")
    ] = "",
    output: OutputOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Read graphs back that kg exported.

    Turtle, N-Triples, N-Quads, TriG, JSON-LD and node-link JSON. Says what is not taken over.
    """
    from kg.build import import_graphs

    built = import_graphs(files, output, format=format, track=to_tracker(quiet))
    if quiet:
        return
    say_skipped(built.skipped, output / "rejects.jsonl")
    read = to_count(built.read, "summary", "summaries")
    say(f"Imported {read}, {f'{built.new:,}' if built.new else 'none'} of them new or edited.")
    if built.replaced:
        others = to_count(built.replaced, "summary", "summaries")
        say(f"The facts of {others} replace others of the same text.")
    if built.renewed:
        found = to_count(built.renewed, "summary", "summaries")
        say(f"Another extractor found the facts of {found}; the next kg build extracts them again.")
    _say_holdings(built, output)


@app.command("view")
def view_command(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="NAME", help="Draw around these things; by itself, the most connected ones."),
    ] = None,
    hops: Annotated[int, typer.Option(min=1, help="How many edges away from the things.")] = 2,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=2000, help="How many nodes at most.")
    ] = 500,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE|-", help="Where to; by itself, the graph's folder."),
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Show the page in a browser.")] = False,
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Draw the graph, or what is around some things, as a page.

    The page is one file and needs no network.
    """
    from kg.files import write_file
    from kg.store import open_store
    from kg.views.picture import draw, to_file_name

    with open_store(store) as graph:
        page = draw(graph, names or [], hops=hops, limit=limit).html.encode()
    if output == Path("-"):
        show_bytes([page])
        return
    path = output or store / to_file_name(names or [])
    write_file(path, [page])
    if not quiet:
        say(f"Wrote {path}.")
    if browse:
        typer.launch(str(path))


@app.command("report")
def report_command(
    benchmarks: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--on", metavar="BENCHMARK", help="Draw the boards of it; may be given again."),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE|-", help="Where to; by itself, the graph's folder."),
    ] = None,
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Draw who scores what, compares, uses and writes with whom.

    The page is one file and needs no network; its plots lie beside it as SVG.
    """
    from kg.store import open_store
    from kg.views.report import REPORT, derive_report, render_report, write_report

    with open_store(store) as graph:
        report = derive_report(graph, benchmarks or [])
    if output == Path("-"):
        show_bytes([render_report(report).encode()])
        return
    path = output or store / REPORT
    plots = write_report(report, path)
    if not quiet:
        say(f"Wrote {path}, and its plots as SVG into {plots}.")


@app.command("serve")
def serve_command(
    store: StoreOption = OUTPUTS,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="The address to listen on; any but 127.0.0.1 needs a token."),
    ] = "127.0.0.1",
    token: Annotated[
        str, typer.Option(metavar="TOKEN", envvar="KG_TOKEN", help="What every request must bring.")
    ] = "",
    url: Annotated[
        str, typer.Option(metavar="URL", help="The public address, behind a proxy; ends in a slash.")
    ] = "",
    cors: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="ORIGIN", help="Pages that may ask too, or *; may be given again."),
    ] = None,
    default_graph: Annotated[
        DefaultGraph, typer.Option(help="What a query sees by default: all statements, or none.")
    ] = DefaultGraph.union,
    seconds: Annotated[float, typer.Option(min=0.1, metavar="S", help="How long an answer may take.")] = 5.0,
    memory: Annotated[
        int, typer.Option(min=64, metavar="MIB", help="What an answer may take beside the graph.")
    ] = 512,
    quiet: QuietOption = False,
) -> None:
    """Serve the graph: SPARQL 1.1 at /sparql, and pages.

    Read-only, on this machine alone unless told otherwise. Goes over to each graph that a build publishes.
    """
    from kg.serve.limits import Limits
    from kg.serve.web import Settings, serve

    union = default_graph is DefaultGraph.union
    limits = Limits(seconds=seconds, memory=memory * 1024 * 1024)
    settings = Settings(host, port, url, token, tuple(cors or ()), union, limits)
    serve(store, settings, say if not quiet else lambda message: None)


@app.command("mcp")
def mcp_command(store: StoreOption = OUTPUTS) -> None:
    """Serve the graph to an AI assistant over MCP.

    Speaks the Model Context Protocol on standard input and output: an assistant starts it by itself, as
    `kg mcp --store DIR`. Needs `pip install 'paperkg[mcp]'`.
    """
    try:
        from kg.serve.assistant import serve_assistant
    except ModuleNotFoundError as error:
        raise KGError(f"kg mcp needs {error.name}: pip install 'paperkg[mcp]'") from error
    serve_assistant(store, say)


@app.command("validate")
def validate_command(store: StoreOption = OUTPUTS, quiet: QuietOption = False) -> None:
    """Check the graph against the shapes.

    Exits with 1 where it does not conform.
    """
    from kg.store import open_store
    from kg.validate import BATCH, derive_report, to_lines

    with open_store(store) as graph:
        batches = to_tracker(quiet)(graph.batches(BATCH), "Checking", -(-graph.count() // BATCH))
        report = derive_report(batches, workers=WORKERS)
    for line in to_lines(report) if not quiet else ():
        print(to_plain(line))
    raise typer.Exit(0 if report.conforms else 1)


@app.command("stats")
def stats_command(store: StoreOption = OUTPUTS) -> None:
    """Count what the graph holds."""
    from kg.lookup import derive_counts
    from kg.store import open_store

    with open_store(store) as graph:
        counts = derive_counts(graph)
    show_table(counts)


@app.command("evaluate")
def evaluate_command(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Facts marked by reading, as JSON lines.")],
    sources: NeededSources,
    errors: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show what is wrong in the first N papers.")
    ] = 0,
    quiet: QuietOption = False,
) -> None:
    """Measure extraction against marked facts.

    Prints precision, recall and F1 of what is found in SOURCE against GOLD.
    """
    from kg.build import derive_records
    from kg.evaluate import derive_evaluation, to_lines
    from kg.gold import read_gold

    marked = read_gold(gold)
    records, skipped = derive_records(sources, workers=WORKERS, track=to_tracker(quiet))
    for line in to_lines(derive_evaluation(marked, records), errors):
        print(to_plain(line))
    if not quiet:
        say_skipped(skipped)


@app.command("standoff")
def standoff_command(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Facts marked by reading, as JSON lines.")],
    sources: NeededSources,
    quiet: QuietOption = False,
) -> None:
    """Print where SOURCE names what is marked, without its words.

    One JSON object a paper: type, role and offsets of its things, slots of its results. The marks of a
    paper can so be passed on without its text.
    """
    from kg.build import derive_annotations

    annotations, skipped = derive_annotations(gold, sources)
    for aligned in annotations:
        if aligned.record:
            show_text(json.dumps(aligned.record, separators=(",", ":")) + "\n")
        for missing in aligned.unplaced if not quiet else ():
            say(f"{aligned.id}: {missing}")
    if not quiet:
        say_skipped(skipped)


@app.command("train")
def train_command(
    standoff: Annotated[
        Path, typer.Argument(metavar="STANDOFF", help="Annotations, as `kg standoff` prints them.")
    ],
    sources: NeededSources,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the model is written.")
    ] = Path("model"),
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, metavar="N", help="How often each text is read.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**32 - 1, metavar="N", help="Where chance begins.")
    ] = 0,
    quiet: QuietOption = False,
) -> None:
    """Fit the extractor's model on annotated texts.

    What else SOURCE holds is learned from too, as a first fit labels it. Needs `pip install
    'paperkg[train]'`. Some three quarters of an hour for 800 texts and 2,800 others on two cores.
    """
    from kg.build import train_model

    found, skipped = train_model(standoff, sources, folder, epochs=epochs, seed=seed, track=to_tracker(quiet))
    if not quiet:
        scores = f"precision {found.precision:.3f}, recall {found.recall:.3f}, F1 {found.f1:.3f}"
        say(f"things on held-out texts: {scores}")
        say(f"model and card in {folder}")
        say_skipped(skipped)


@app.command("remove")
def remove_command(
    paper: Annotated[str, typer.Argument(metavar="ID", help="The arXiv id of a paper.")],
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Take one paper out of the graph."""
    from kg.build import remove

    removed = remove(paper, store, track=to_tracker(quiet))
    if not quiet:
        say(f"Removed {paper}: {to_count(removed, 'summary', 'summaries')}.")
        _say_stale(store)


def _show_cards(cards: Iterable[Card]) -> None:
    for number, card in enumerate(cards):
        if number:
            print()
        show_heading(card.found.label, card.found.kind.lower())
        for section in card.sections:
            print()
            show_heading(section.heading)
            show_table(section.table)


def _say_holdings(built: Built, output: Path) -> None:
    say(
        f"The graph in {output} holds {to_count(built.papers, 'paper')}, "
        f"{to_count(built.summaries, 'summary', 'summaries')}, {to_count(built.quads, 'statement')}."
    )
    if built.graphs.idle:
        _say_idle(built.graphs.idle, output)
    if built.graphs.written or built.graphs.dropped:
        _say_stale(output)


def _say_idle(idle: Iterable[Idle], folder: Path) -> None:
    from kg.decisions import tell_idle
    from kg.store import open_store

    with open_store(folder) as graph:
        for each in idle:
            say(f"Without effect: {tell_idle(graph, each)}.")


def _say_stale(folder: Path) -> None:
    """Which files in the folder of a graph that changed still tell of the graph as it was."""
    from kg.build import PUBLISHED
    from kg.export import FORMATS
    from kg.views.report import REPORT

    written = {
        "export": [each.target for name, each in FORMATS.items() if name not in PUBLISHED],
        "report": [REPORT],
        "view": sorted(path.name for path in folder.glob("around-*.html")),
    }
    for command, names in written.items():
        stale = [name for name in names if (folder / name).exists()]
        if stale:
            say(f"Not written anew: {', '.join(stale)}; kg {command} writes such files.")


def _read_query(query: str) -> NamedQuery:
    """A named query, a file, standard input, or SPARQL itself."""
    from kg.queries import load_queries, parse_query

    if query == "-":
        return parse_query("-", sys.stdin.read() if sys.stdin else "")
    if query in load_queries():
        return load_queries()[query]
    if "{" not in query and not _SPARQL.match(query):
        try:
            return parse_query(Path(query).stem, Path(query).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError) as error:
            near = get_close_matches(query, load_queries())
            names = f"near: {', '.join(near)}" if near else "kg query --list"
            raise QueryError(f"no query {query!r}: neither a name ({names}), a file, nor SPARQL") from error
        except OSError as error:
            raise QueryError(f"cannot read the query in {query}: {error.strerror}") from error
    return parse_query("SPARQL", query)


def _pairs(parameters: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals or not name:
            raise QueryError(f"parameter {parameter!r} is not of the form NAME=VALUE")
        pairs[name] = value
    return pairs


def _print_formats() -> None:
    from kg.export import FORMATS, Folder
    from kg.queries import Table

    rows = ((name, each.target + "/" * isinstance(each, Folder), each.help) for name, each in FORMATS.items())
    show_table(Table(("format", "file", "what it is"), tuple(rows)))


def _print_queries() -> None:
    from kg.queries import Table, load_queries

    rows = (
        (query.name, query.help.partition("\n")[0], ", ".join(p.name for p in query.parameters))
        for query in load_queries().values()
    )
    show_table(Table(("query", "what it tells", "parameters"), tuple(rows)))
