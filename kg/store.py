"""What was extracted, and the quads that follow from it, in one folder.

    DIR/.store/facts.sqlite    facts by summary, as extracted; the digest of each graph; rejects
    DIR/.store/quads-N/        Oxigraph: the named graphs, and their union as the default graph
    DIR/.store/lock            held by the one process that may write
    DIR/overrides.csv          what people decided about names

Facts are dear and kept; quads are a pure function of all facts. So `Store.refresh` rewrites only the
graphs whose inputs changed, and whatever the order of builds, the same facts give the same quads.
A large change is built aside and swapped in by one transaction; a small one is marked before it
starts, and an interrupted one is done again from the facts.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import pyoxigraph as ox

from kg import graph
from kg.errors import OutputError, StoreError
from kg.files import write_file
from kg.model import Facts, Skipped, Summary
from kg.progress import Track, untracked
from kg.records import from_record, to_record, to_summary
from kg.resolve import Idle, Resolution, derive_resolution
from kg.resolve.overrides import OVERRIDES, Override, read_overrides, to_csv
from kg.vocabulary import DEFAULT_BASE, KG, PREFIXES, Names

if TYPE_CHECKING:
    from rdflib import Dataset

__all__ = ["MASTER", "Answer", "Graph", "Refreshed", "Store", "Term", "open_store", "query", "select"]

Term = ox.NamedNode | ox.Literal
Answer = ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean

MASTER = "graph.nq"
"""The file of a folder that a build publishes its whole graph in."""

_FOLDER = ".store"
_FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (
    source TEXT, date TEXT, paper TEXT, text TEXT NOT NULL, extractor TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (source, date, paper)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS graphs (iri TEXT PRIMARY KEY, inputs TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rejects (source TEXT, line INTEGER, reason TEXT, text TEXT);
"""
_BULK = 100_000
"""Quads that are loaded at once: Oxigraph holds a load in memory."""

_BULK_SHARE = 0.2
"""From this share of changed graphs on, building the quads anew is quicker than changing them."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many graphs a refresh wrote, dropped, and left as they were; and decisions that change nothing."""

    written: int
    dropped: int
    kept: int
    idle: tuple[Idle, ...] = ()


class Graph(Protocol):
    """What can be asked: quads, their union as the default graph, and what the things in them are called."""

    @property
    def names(self) -> Names: ...

    @property
    def quads(self) -> ox.Store: ...


@contextmanager
def open_store(folder: Path | str, *, base: str | None = None, write: bool = False) -> Iterator[Store]:
    """Opens the store in `folder`; with `write`, makes it where there is none, and locks it.

    Raises `StoreError` where there is none to read, another process writes, or a file is damaged, and
    `SourceError` where what people decided cannot be read: nothing is written then.
    """
    home = Path(folder) / _FOLDER
    try:
        if write:
            home.mkdir(parents=True, exist_ok=True)
        elif not (home / "facts.sqlite").is_file():
            raise StoreError(_missing(Path(folder)))
    except OSError as error:
        raise StoreError(f"cannot use the store in {folder}: {error.strerror}") from error
    try:
        with _lock(home, folder) if write else nullcontext(), _connect(home, write) as db:
            store = Store(home, db, base, write=write)
            if write:
                store.overrides()
            yield store
    except (sqlite3.Error, json.JSONDecodeError) as error:
        raise StoreError(
            f"the store in {folder} cannot be used ({error}): it is busy, read-only or damaged, or the disk "
            "is full; mend that, or build anew in another folder"
        ) from error


def _missing(folder: Path) -> str:
    master = folder / MASTER
    if master.is_file():
        return f"no store in {folder}, only files; make one of them with: kg import {master} -o {folder}"
    return f"no graph in {folder}; make one with: kg build SOURCE -o {folder}"


@contextmanager
def _lock(home: Path, folder: Path | str) -> Iterator[sqlite3.Connection]:
    """An SQLite transaction as a lock: portable, and gone with the process that holds it.

    It writes something: where SQLite may only read, it would lock nothing, and say so only then.
    """
    with closing(sqlite3.connect(home / "lock", timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
            lock.execute("PRAGMA user_version = 1")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise StoreError(f"another kg is writing to {folder}; wait for it, or use another -o") from error
        yield lock


@contextmanager
def _connect(home: Path, write: bool) -> Iterator[sqlite3.Connection]:
    """Opens the facts; where a killed writer left a journal, a reader too must be able to roll back."""
    left = (home / "facts.sqlite-journal").exists()
    mode = "rwc" if write else "rw" if left else "ro"
    with closing(
        sqlite3.connect(f"{(home / 'facts.sqlite').absolute().as_uri()}?mode={mode}", uri=True)
    ) as db:
        if write:
            db.executescript(_SCHEMA)
            with db:
                db.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (_FORMAT,))
        (found,) = db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone() or ("of no kg",)
        if found != _FORMAT:
            raise StoreError(
                f"the store in {home.parent} has format {found}, not {_FORMAT}; build it anew elsewhere"
            )
        yield db


@dataclass(frozen=True, slots=True)
class _Graph:
    """A graph that follows from the facts: the hash of all that decides its quads, and how to make them."""

    iri: str
    inputs: str
    make: Callable[[], list[ox.Quad]]


class Store:
    """Kept facts and the quads that follow from them. Open it with `open_store`."""

    def __init__(
        self, home: Path, db: sqlite3.Connection, base: str | None = None, *, write: bool = False
    ) -> None:
        self._home = home
        self._db = db
        self._write = write
        self._opened: ox.Store | None = None
        self.names = Names(base or self._meta("base") or DEFAULT_BASE)

    # Facts

    def extractor_of(self, summary: Summary) -> str | None:
        """The fingerprint of what found the facts that are kept of this very text; None without such."""
        found = self._db.execute(
            "SELECT extractor FROM facts WHERE (source, date, paper, text) = (?, ?, ?, ?)",
            (*summary.key, _text_hash(summary)),
        ).fetchone()
        return found[0] if found else None

    def keep(self, facts: Iterable[Facts]) -> None:
        """Keeps the facts of some summaries, at once; a summary's earlier text is replaced."""
        rows = [
            (*each.summary.key, _text_hash(each.summary), each.extractor, _to_json(each)) for each in facts
        ]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?)", rows)

    def remove(self, paper: str) -> int:
        """Drops all facts about one paper; returns how many summaries it had."""
        with self._db:
            return self._db.execute("DELETE FROM facts WHERE paper = ?", (paper,)).rowcount

    def facts(self) -> Iterator[Facts]:
        """All kept facts, in the order of their summaries' keys."""
        for (record,) in self._db.execute("SELECT record FROM facts ORDER BY source, date, paper"):
            yield from_record(json.loads(record))

    def outdated(self, extractor: str) -> Iterator[Summary]:
        """The summaries whose facts another extractor found."""
        wanted = "SELECT record FROM facts WHERE extractor != ? ORDER BY source, date, paper"
        for (record,) in self._db.execute(wanted, (extractor,)).fetchall():
            yield to_summary(json.loads(record))

    def papers(self) -> set[str]:
        """The arXiv ids of all papers."""
        return {paper for (paper,) in self._db.execute("SELECT DISTINCT paper FROM facts")}

    def count(self) -> int:
        """How many summaries are kept."""
        return int(self._db.execute("SELECT count(*) FROM facts").fetchone()[0])

    # Decisions

    def overrides(self) -> tuple[Override, ...]:
        """What people decided about names. Raises `SourceError` where the file cannot be read."""
        return read_overrides(self._overrides_path)

    def decide(self, overrides: Iterable[Override]) -> None:
        """Writes what people decided about names; without any, there is no file."""
        if text := to_csv(overrides):
            write_file(self._overrides_path, [text.encode()])
        else:
            try:
                self._overrides_path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"cannot remove {self._overrides_path}: {error.strerror}") from error

    @property
    def _overrides_path(self) -> Path:
        return self._home.parent / OVERRIDES

    # Rejects

    def reject(self, sources: Iterable[str], skipped: Iterable[Skipped]) -> None:
        """Notes what could not be read in `sources`, in place of what was noted of them before."""
        rows = [(_to_storable(s.source), s.line, s.reason, s.text) for s in skipped]
        with self._db:
            gone = ((_to_storable(source),) for source in sources)
            self._db.executemany("DELETE FROM rejects WHERE source = ?", gone)
            self._db.executemany("INSERT INTO rejects VALUES (?, ?, ?, ?)", rows)

    def rejects(self) -> list[Skipped]:
        """All that could not be read, sorted."""
        rows = self._db.execute("SELECT source, line, reason, text FROM rejects").fetchall()
        return sorted(Skipped(*row) for row in rows)

    # Quads

    def refresh(self, track: Track = untracked) -> Refreshed:
        """Makes the quads follow from the facts again; writes only graphs whose inputs changed."""
        resolution = derive_resolution(self.facts(), self.overrides())
        wanted = {each.iri: each.inputs for each in self._graphs(resolution)}
        present = dict(self._db.execute("SELECT iri, inputs FROM graphs")) if self._sound() else {}
        changed = {iri for iri, inputs in wanted.items() if present.get(iri) != inputs}
        dropped = present.keys() - wanted.keys()
        folder = self._folder()
        try:
            if not present or len(changed) + len(dropped) > _BULK_SHARE * len(wanted):
                folder = self._build_aside(track(self._graphs(resolution), "Building the graph", len(wanted)))
            elif changed or dropped:
                self._change((g for g in self._graphs(resolution) if g.iri in changed), dropped)
        except (OSError, RuntimeError) as error:
            raise StoreError(f"cannot write the quads in {self._home}: {error}; is the disk full?") from error
        with self._db:
            self._db.execute("DELETE FROM graphs")
            self._db.executemany("INSERT INTO graphs VALUES (?, ?)", wanted.items())
            size = str(len(self.quads))
            self._set_meta(base=self.names.base, quads=folder.name, size=size, changing="")
            if changed or dropped:
                self._set_meta(master="")
        for other in self._home.glob("quads-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
        return Refreshed(len(changed), len(dropped), len(wanted) - len(changed), resolution.idle)

    def _graphs(self, resolution: Resolution) -> Iterator[_Graph]:
        names = self.names
        components = set[str]()
        extractor = ""
        for facts in self.facts():
            extractor = facts.extractor
            components.update(mention.component for mention in facts.mentions())
            people = [resolution.person(facts.summary, author) for author in facts.summary.authors]
            keys = sorted(resolution.keys(facts).items())
            inputs = _hash(graph.fingerprint(), names.base, repr(facts), repr(people), repr(keys))
            yield _Graph(
                names.summary(facts.summary), inputs, partial(graph.to_quads, facts, resolution, names)
            )
        for name, quads in (
            ("identity", graph.to_identity_quads(resolution, names)),
            ("components", graph.to_component_quads(components, extractor, names)),
            ("ontology", graph.to_ontology_quads(names)),
        ):
            yield _Graph(names.graph(name), _hash(*map(str, quads)), partial(list, quads))

    def _sound(self) -> bool:
        """Whether the quads are whole; a writer counts them all, which finds damage too."""
        if self._meta("changing") != "" or not self._folder().is_dir():
            return False
        if not self._write:
            return True
        try:
            return len(self.quads) == int(self._meta("size") or -1)
        except (StoreError, OSError, RuntimeError):
            self._opened = None
            return False

    def _folder(self) -> Path:
        name = self._meta("quads") or ""
        return self._home / (name if re.fullmatch(r"quads-[0-9]+", name) else "quads-0")

    def _build_aside(self, graphs: Iterable[_Graph]) -> Path:
        """Builds all quads in a new folder, verifies their number, and returns the folder."""
        new = self._home / f"quads-{int(self._folder().name.rpartition('-')[2]) + 1}"
        shutil.rmtree(new, ignore_errors=True)
        self._opened = ox.Store(str(new))
        made = 0
        quads = (quad for graph in graphs for quad in sorted(set(graph.make()), key=str))
        while some := list(islice(quads, _BULK)):
            made += len(some)
            self._opened.bulk_extend(some)
            self._opened.bulk_extend(map(_union, some))
        self._opened.flush()
        kept = sum(1 for _ in self)
        if kept != made:
            raise StoreError(f"{new} holds {kept} statements of {made}; is the disk full? Run kg build again")
        return new

    def _change(self, graphs: Iterable[_Graph], dropped: Iterable[str]) -> None:
        """Changes some graphs in place; until `refresh` is through, the quads count as unsound."""
        with self._db:
            self._set_meta(changing="yes")
        for each in graphs:
            self._replace(each.iri, set(each.make()))
        for iri in dropped:
            self._replace(iri, set())
            self.quads.remove_graph(ox.NamedNode(iri))
        self.quads.flush()

    def _replace(self, iri: str, new: set[ox.Quad]) -> None:
        old = set(self.quads.quads_for_pattern(None, None, None, ox.NamedNode(iri)))
        for quad in old - new:
            self.quads.remove(quad)
            if not any(self._elsewhere(quad)):
                self.quads.remove(_union(quad))
        self.quads.extend(quad for q in new - old for quad in (q, _union(q)))

    def _elsewhere(self, quad: ox.Quad) -> Iterator[bool]:
        for found in self.quads.quads_for_pattern(quad.subject, quad.predicate, quad.object, None):
            yield found.graph_name != ox.DefaultGraph()

    @property
    def quads(self) -> ox.Store:
        """The quads, in Oxigraph: named graphs, and their union as the default graph."""
        if self._opened is None:
            if not (self._write or self._sound()):
                where = self._home.parent
                raise StoreError(
                    f"a build in {where} is under way, or was interrupted: wait, or run kg build again"
                )
            try:
                self._opened = self._open()
            except (OSError, RuntimeError) as error:
                raise StoreError(
                    f"cannot open the quads in {self._folder()}; run kg build again ({error})"
                ) from error
        return self._opened

    def _open(self) -> ox.Store:
        """Opens the quads; where a build swapped their folder meanwhile, those of the new one."""
        path = self._folder()
        try:
            return ox.Store(str(path)) if self._write else ox.Store.read_only(str(path))
        except (OSError, RuntimeError):
            if self._folder() == path:
                raise
            return ox.Store.read_only(str(self._folder()))

    def __iter__(self) -> Iterator[ox.Quad]:
        """The quads of all named graphs."""
        for name in self.quads.named_graphs():
            yield from self.quads.quads_for_pattern(None, None, None, name)

    def graphs(self) -> Iterator[tuple[str, list[bytes]]]:
        """Each named graph by its IRI, in order, with its triples as sorted N-Triples lines.

        The lines lack their final dot, so that one may go on with them.
        """
        for name in sorted(self.quads.named_graphs(), key=str):
            dump = self.quads.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=name) or b""
            yield str(name)[1:-1], sorted(line[:-2] for line in dump.splitlines())

    def lines(self) -> Iterator[bytes]:
        """All quads of the named graphs as canonical N-Quads lines, sorted.

        Streams the file that the last build published, where it still lies there; else sorts them.
        """
        try:
            with self._master.open("rb") as file:
                if self._meta("master") == _signature(file.fileno()):
                    yield from file
                    return
        except FileNotFoundError:
            pass
        yield from sorted(
            triple + f" <{name}> .\n".encode() for name, triples in self.graphs() for triple in triples
        )

    def publish(self, write: Callable[[Path, Iterable[bytes]], object]) -> int:
        """Writes `lines` to the master file and remembers it; returns the number of quads."""
        count = itertools.count()
        write(self._master, (line for line, _ in zip(self.lines(), count, strict=False)))
        with self._master.open("rb") as file, self._db:
            self._set_meta(master=_signature(file.fileno()))
        return next(count)

    def is_master(self, path: Path) -> bool:
        """Whether this is the master file, as the last build published it."""
        try:
            with self._master.open("rb") as file:
                return path.samefile(self._master) and self._meta("master") == _signature(file.fileno())
        except OSError:
            return False

    @property
    def _master(self) -> Path:
        return self._home.parent / MASTER

    def batches(self, size: int) -> Iterator[list[ox.Quad]]:
        """The summaries' graphs, `size` at a time, each batch with all that is said of the things in it."""
        shared = {self.names.graph(name) for name in ("identity", "components", "ontology")}
        iris = iter(sorted({str(name)[1:-1] for name in self.quads.named_graphs()} - shared))
        while batch := list(islice(iris, size)):
            own = [
                q for iri in batch for q in self.quads.quads_for_pattern(None, None, None, ox.NamedNode(iri))
            ]
            yield [*own, *self._about({q.object for q in own if isinstance(q.object, ox.NamedNode)})]

    def _about(self, nodes: set[ox.NamedNode]) -> Iterator[ox.Quad]:
        """What the shared graphs say of nodes, of what they are versions of, and why names are one."""
        identity, components = (ox.NamedNode(self.names.graph(name)) for name in ("identity", "components"))
        wholes = {ox.NamedNode(iri) for iri in graph.RELATIONS.values()}
        identifies = ox.NamedNode(KG.identifies)
        waiting, seen = list(nodes), set(nodes)
        while waiting:
            node = waiting.pop()
            said = [
                q for g in (identity, components) for q in self.quads.quads_for_pattern(node, None, None, g)
            ]
            yield from said
            reasons = self.quads.quads_for_pattern(None, identifies, node, identity)
            more = {q.object for q in said if q.predicate in wholes} | {q.subject for q in reasons}
            new = {each for each in more - seen if isinstance(each, ox.NamedNode)}
            waiting += new
            seen |= new

    def to_rdflib(self) -> Dataset:
        """An rdflib Dataset over the same quads, for the libraries of that ecosystem."""
        from oxrdflib import OxigraphStore
        from rdflib import Dataset

        return Dataset(store=OxigraphStore(store=self.quads), default_union=False)

    def _meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, **values: str) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def query(
    quads: ox.Store,
    sparql: str,
    bindings: Mapping[str, Term] | None = None,
    *,
    base: str | None = None,
    default: Sequence[str] | None = None,
    named: Sequence[str] | None = None,
) -> Answer:
    """Asks the union of all graphs. `bindings` are variables of the SELECT clause, as RDF terms.

    `base` is what relative IRIs are below. `default` and `named` are the IRIs of the graphs to ask
    instead of all, whatever the query says of that.
    Trusts `sparql`: what comes from outside passes `kg.queries.guard` first.
    """
    terms: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
        ox.Variable(name): term for name, term in (bindings or {}).items()
    }
    return quads.query(
        sparql,
        base_iri=base,
        prefixes=PREFIXES,
        substitutions=terms,
        default_graph=None if default is None else [ox.NamedNode(iri) for iri in default],
        named_graphs=None if named is None else [ox.NamedNode(iri) for iri in named],
    )


def select(store: Graph, sparql: str) -> Iterator[dict[str, str]]:
    """What a trusted SELECT finds in the union of all graphs: text by variable, without the unbound ones."""
    solutions = cast(ox.QuerySolutions, query(store.quads, sparql))
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        terms = zip(names, solution, strict=True)
        yield {name: term.value for name, term in terms if term is not None}


def _union(quad: ox.Quad) -> ox.Quad:
    """The same statement in the default graph, which holds the union of all named ones."""
    return ox.Quad(quad.subject, quad.predicate, quad.object)


def _to_storable(path: str) -> str:
    """A path as text, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _to_json(facts: Facts) -> str:
    return json.dumps(to_record(facts), ensure_ascii=False, sort_keys=True)


def _signature(file: int) -> str:
    """What tells that a file is the very one that was written: its size and the time of the writing."""
    status = os.fstat(file)
    return f"{status.st_size} {status.st_mtime_ns}"


def _text_hash(summary: Summary) -> str:
    return _hash(summary.title, summary.abstract, summary.byline)
