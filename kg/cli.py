"""The command line: each command is a few lines over a function that anyone may import.

Data goes to standard output, progress and messages to standard error. Exit codes: 0 fine, 1 checked
and found wanting, 2 could not run.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeVar

import typer
from typer.core import TyperGroup

from kg import __version__
from kg.errors import KGError, QueryError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from kg.build import Track
    from kg.model import Skipped
    from kg.queries import NamedQuery, Table

T = TypeVar("T")


class _Commands(TyperGroup):
    """Keeps exit code 1 for "found wanting": an interruption is 2, and a reader that left is 0."""

    def invoke(self, ctx: Any) -> Any:
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt as error:
            raise KGError(
                "interrupted; what a build has found is kept, and the same build goes on"
            ) from error
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        return answer


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
OutputOption = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]

OUTPUTS = Path("outputs")


def main() -> None:
    """Runs the command line, and turns what kg raises on purpose into a message and an exit code."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except KGError as error:
        _say(f"kg: {error}")
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
    graph.nq and graph.ttl.
    """
    from kg.build import build

    built = build(sources or [], output, base=base, track=_tracker(quiet))
    if quiet:
        return
    _say_skipped(built.skipped, output / "rejects.jsonl")
    new = f"{built.extracted} of them new" if built.extracted else "none of them new"
    _say(f"Read {_count(built.read, 'summary', 'summaries')}, {new}.")
    _say(
        f"The graph in {output} holds {_count(built.papers, 'paper')}, "
        f"{_count(built.summaries, 'summary', 'summaries')}, {_count(built.quads, 'statement')}."
    )


@app.command("extract")
def extract_command(sources: NeededSources, quiet: QuietOption = False) -> None:
    """Print the facts in digests as JSON lines.

    One object a summary: entities, results and open questions, each with the words behind it.
    """
    from kg.build import derive_records

    records, skipped = derive_records(sources, _tracker(quiet))
    for record in records:
        print(json.dumps(record, ensure_ascii=False))
    if not quiet:
        _say_skipped(skipped)


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
        print(answer, end="")
    else:
        _print_table(answer)


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
    for card in cards:
        _print(f"{card.found.label}", f"  {card.found.kind.lower()}", style="bold")
        for section in card.sections:
            _print("")
            _print(section.heading, style="bold")
            _print_table(section.table)
        _print("")


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
        _say("Nothing found.")
        raise typer.Exit(1)
    _print_table(Table(("kind", "name", "words"), tuple((hit.kind, hit.name, hit.words) for hit in hits)))


@app.command("validate")
def validate_command(store: StoreOption = OUTPUTS, quiet: QuietOption = False) -> None:
    """Check the graph against the shapes.

    Exits with 1 where it does not conform.
    """
    from kg.store import open_store
    from kg.validate import BATCH, derive_report, to_lines

    with open_store(store) as graph:
        report = derive_report(graph.batches(BATCH), workers=os.cpu_count() or 1)
    for line in to_lines(report):
        print(_plain(line))
    raise typer.Exit(0 if report.conforms else 1)


@app.command("stats")
def stats_command(store: StoreOption = OUTPUTS) -> None:
    """Count what the graph holds."""
    from kg.lookup import derive_counts
    from kg.store import open_store

    with open_store(store) as graph:
        counts = derive_counts(graph)
    _print_table(counts)


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
    from kg.evaluate import derive_evaluation, read_gold, to_lines

    marked = read_gold(gold)
    records, skipped = derive_records(sources, _tracker(quiet))
    for line in to_lines(derive_evaluation(marked, records), errors):
        print(_plain(line))
    if not quiet:
        _say_skipped(skipped)


@app.command("remove")
def remove_command(
    paper: Annotated[str, typer.Argument(metavar="ID", help="The arXiv id of a paper.")],
    store: StoreOption = OUTPUTS,
    quiet: QuietOption = False,
) -> None:
    """Take one paper out of the graph."""
    from kg.build import remove

    removed = remove(paper, store)
    if not quiet:
        _say(f"Removed {paper}: {_count(removed, 'summary', 'summaries')}.")


def _read_query(query: str) -> NamedQuery:
    """A named query, a file, standard input, or SPARQL itself."""
    from kg.queries import load_queries, parse_query

    if query == "-":
        return parse_query("-", sys.stdin.read())
    if query in load_queries():
        return load_queries()[query]
    if "{" not in query:
        path = Path(query)
        if not path.is_file():
            raise QueryError(f"no query {query!r}: neither a name (kg query --list), a file, nor SPARQL")
        try:
            return parse_query(path.stem, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeError) as error:
            raise QueryError(f"cannot read the query in {query}: {error}") from error
    return parse_query("SPARQL", query)


def _pairs(parameters: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals or not name:
            raise QueryError(f"parameter {parameter!r} is not of the form NAME=VALUE")
        pairs[name] = value
    return pairs


def _print_queries() -> None:
    from kg.queries import Table, load_queries

    rows = (
        (query.name, query.help.partition("\n")[0], ", ".join(p.name for p in query.parameters))
        for query in load_queries().values()
    )
    _print_table(Table(("query", "what it tells", "parameters"), tuple(rows)))


def _console(error: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=error, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 10_000
    return console


def _plain(text: str) -> str:
    """Text that a terminal only shows: control and formatting characters become `\\ufffd`."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)


def _print(*parts: str, style: str = "") -> None:
    from rich.text import Text

    _write(Text(_plain(parts[0]), style=style), *(_plain(part) for part in parts[1:]))


def _write(*parts: RenderableType) -> None:
    """Prints by way of a string: rich itself would leave with 1 where the reader has left."""
    console = _console()
    with console.capture() as captured:
        console.print(*parts, sep="")
    print(captured.get(), end="")


def _print_table(table: Table) -> None:
    """Aligned columns under bold names; numbers to the right."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in table.columns:
        justify: Literal["left", "right"] = "right" if column in table.numeric else "left"
        grid.add_column(Text(_plain(column)), justify=justify, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(_plain(cell)) for cell in row))
    _write(grid)


def _say(message: str) -> None:
    print(_plain(message), file=sys.stderr)


def _say_skipped(skipped: Iterable[Skipped], kept: Path | None = None) -> None:
    found = list(skipped)
    for each in found[:5]:
        _say(f"Skipped {each.source}:{each.line}: {each.reason}")
    if len(found) > 5:
        _say(f"… and {len(found) - 5} more.")
    if found and kept:
        _say(f"What was skipped stands in {kept}.")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _tracker(quiet: bool) -> Track:
    """Shows progress on a terminal, of work that has more than a few items."""

    def track(items: Iterable[T], what: str, total: int) -> Iterable[T]:
        if quiet or total < 50 or not sys.stderr.isatty():
            return items
        from rich.progress import track as show

        return show(items, what, total, console=_console(error=True), transient=True)

    return track
