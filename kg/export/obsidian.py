"""The graph as a vault of notes for Obsidian: one for each paper, author and thing, linked.

A note lies in the folder of its type under a name that every file system takes. A link gives the whole
path, since names are unique in a folder only. Where a name holds what a `[[wiki link]]` cannot, a
Markdown link stands in its place, which Obsidian follows alike. A block quote holds words of a summary,
and nothing else does, but for the paper's note, which holds the summary itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlsplit

from kg.export.markdown import to_front_matter, to_markdown
from kg.export.rows import Tables
from kg.model import ENTITY_TYPES
from kg.store import Store
from kg.vocabulary import SLOTS

__all__ = ["to_vault"]

_ROLES = {
    "proposes": "Proposes",
    "uses": "Uses",
    "evaluatesOn": "Evaluates on",
    "comparesWith": "Compares with",
    "addresses": "Addresses",
    "mentions": "Mentions",
}
"""What a paper does with a thing, and the heading for it, the most telling first."""

_TYPES = sorted(ENTITY_TYPES)
_SLOTS = tuple(SLOTS)
_MOST_NAMED = 15
_NEWEST = 30

_UNSAFE = re.compile(r'[\\/:*?"<>|#^\[\]\s]+')
"""What some file system, or a link in Obsidian, does not take in a name."""

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_LINKABLE = re.compile(r"(?:[A-Za-z0-9 .,;?!@'\"+/()-]|:(?![:/])|&(?= )|%(?!%)|[^\x00-\x9f\u2028\u2029])+")
"""What is itself within a wiki link, and to other readers of Markdown."""

_Row = Mapping[str, Any]
_Rows = Mapping[str, list[_Row]]


@dataclass(frozen=True, slots=True)
class _Vault:
    """What notes are made of: rows by the IRI of the note that holds them, and where notes lie."""

    papers: list[_Row]
    authors: list[_Row]
    things: list[_Row]
    labels: Mapping[str, str]
    paths: Mapping[str, str]
    summaries: _Rows
    bylines: _Rows
    mentions: _Rows
    results: _Rows
    questions: _Rows
    versions: _Rows


def to_vault(store: Store) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The notes by their paths, `index.md` first."""
    vault = _read(store)
    yield "index.md", [_index(vault).encode()]
    for rows, write in ((vault.papers, _paper), (vault.authors, _author), (vault.things, _thing)):
        for row in rows:
            yield f"{vault.paths[row['iri']]}.md", [write(vault, row).encode()]


def _read(store: Store) -> _Vault:
    tables = Tables(store)
    papers: list[_Row] = [*tables.papers()]
    authors: list[_Row] = [*tables.authors()]
    things: list[_Row] = [*tables.entities()]
    summaries: list[_Row] = sorted(tables.summaries(), key=lambda row: (row["day"], row["source"]))
    titles = {row["iri"]: f"{row['arxiv_id']} {row['title']}" for row in papers}
    names = {row["iri"]: row["name"] for row in authors}
    paths = _to_paths("papers", titles) | _to_paths("authors", names)
    for type in _TYPES:
        paths |= _to_paths(f"{type}s", {row["iri"]: row["name"] for row in things if row["type"] == type})
    return _Vault(
        papers=papers,
        authors=authors,
        things=things,
        labels={row["iri"]: row.get("title") or row["name"] for row in (*papers, *authors, *things)},
        paths=paths,
        summaries=_gather(summaries, "paper_iri"),
        bylines=_gather(papers, "author_iris"),
        mentions=_gather((m for m in tables.evidence() if m["role"] in _ROLES), "paper_iri", "refers_to_iri"),
        results=_gather(tables.results(), "paper_iri", *(f"{slot}_iri" for slot in _SLOTS)),
        questions=_gather(tables.questions(), "paper_iri"),
        versions=_gather(things, "family_iri"),
    )


def _gather(rows: Iterable[_Row], *columns: str) -> _Rows:
    """Rows by the IRIs in their columns; under one IRI, each row once."""
    found = defaultdict[str, list[_Row]](list)
    for row in rows:
        values = (row.get(column, []) for column in columns)
        for iri in dict.fromkeys(iri for v in values for iri in ([v] if isinstance(v, str) else v)):
            found[iri].append(row)
    return found


# Names of files


def _to_paths(folder: str, labels: Mapping[str, str]) -> dict[str, str]:
    """IRI → path, without its ending. Where two names are one to some file system, both get a tail."""
    stems = {iri: _to_stem(label) or "untitled" for iri, label in labels.items()}
    alike = Counter(map(_fold, stems.values()))
    taken = {fold for fold, count in alike.items() if count == 1}
    paths = dict[str, str]()
    for iri, stem in sorted(stems.items()):
        if alike[_fold(stem)] > 1:
            stem = f"{stem} ({iri[-6:]})"
            while _fold(stem) in taken:
                stem += "'"
            taken.add(_fold(stem))
        paths[iri] = f"{folder}/{stem}"
    return paths


def _to_stem(label: str) -> str:
    """A readable name of at most 80 characters and 120 bytes, for Windows, macOS and Linux alike."""
    shown = (c for c in unicodedata.normalize("NFC", label) if unicodedata.category(c)[0] != "C")
    text = _UNSAFE.sub(" ", "".join(shown)).strip(" .")[:80]
    stem = text.encode()[:120].decode("utf-8", "ignore").strip(" .")
    return f"_{stem}" if _DEVICE.fullmatch(stem) else stem


def _fold(name: str) -> str:
    """What is the same for two names that some file system takes for one."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())


# Notes


def _index(vault: _Vault) -> str:
    counts = Counter(row["type"] for row in vault.things)
    folders = [("papers", len(vault.papers)), ("authors", len(vault.authors))]
    folders += [(f"{type}s", counts[type]) for type in _TYPES]
    newest = sorted(vault.papers, key=lambda row: (row["day"], row["arxiv_id"]), reverse=True)[:_NEWEST]
    return _note(
        {},
        "Papers as a graph",
        "A vault for Obsidian. Each paper, each author, and each thing that the papers name has a note of "
        "its own. Under every statement stand, as a quote, the words of the summary that it was read from: "
        "by a program, which errs at times. The next export writes the notes anew, so keep what you write "
        "in notes of your own.",
        *(f"- {folder}: {count:,}" for folder, count in folders),
        "## The newest papers",
        *(f"- {row['day']} · {_link(vault, row['iri'])}" for row in newest),
        *(line for type in _TYPES for line in _most_named(vault, type)),
    )


def _most_named(vault: _Vault, type: str) -> Iterator[str]:
    rows = [row for row in vault.things if row["type"] == type and row["papers"] != "0"]
    if rows:
        yield f"## {type.capitalize()}s that most papers name"
    for row in sorted(rows, key=lambda row: -int(row["papers"]))[:_MOST_NAMED]:
        yield f"- {_link(vault, row['iri'])}: {_count(row['papers'])}"


def _count(papers: str) -> str:
    return f"{papers} paper" if papers == "1" else f"{papers} papers"


def _paper(vault: _Vault, row: _Row) -> str:
    iri, summaries = row["iri"], vault.summaries[row["iri"]]
    front = {
        "type": "paper",
        "iri": iri,
        "arxiv": row["arxiv_id"],
        "day": row["day"],
        "aliases": _to_aliases(summary["title"] for summary in summaries),
    }
    return _note(
        front,
        row["title"],
        *(f"- [{urlsplit(page).hostname}](<{page}>)" for page in row["pages"]),
        *_section("Authors", (f"- {_link(vault, author)}" for author in row["author_iris"])),
        *(line for summary in summaries for line in _summary(summary, row["title"])),
        *(line for role in _ROLES for line in _named(vault, iri, role)),
        *_section("Results", map(partial(_result, vault, paper=False), vault.results[iri])),
        *_section("Leaves open", (f"> {to_markdown(each['question'])}" for each in vault.questions[iri])),
    )


def _summary(row: _Row, title: str) -> Iterator[str]:
    yield f"## Summary of {row['day']}"
    if row["title"] != title:
        yield f"The title is given as: {to_markdown(row['title'])}"
    yield to_markdown(row["abstract"])


def _named(vault: _Vault, paper: str, role: str) -> Iterator[str]:
    """The things that a paper does one thing with, each with the words for it."""
    found = defaultdict[str, list[_Row]](list)
    for row in vault.mentions[paper]:
        if row["role"] == role:
            found[row["refers_to_iri"]].append(row)
    lines = (f"- {_link(vault, iri)} · {m[0]['type']}\n  {_words(m)}" for iri, m in found.items())
    return _section(_ROLES[role], lines)


def _words(mentions: Iterable[_Row]) -> str:
    quotes = dict.fromkeys(to_markdown(row["words"]) for row in mentions)
    return f"> {' · '.join(quotes)}"


def _author(vault: _Vault, row: _Row) -> str:
    papers = sorted(vault.bylines[row["iri"]], key=lambda paper: (paper["day"], paper["arxiv_id"]))
    front = {
        "type": "author",
        "iri": row["iri"],
        "kind": row["kind"],
        "papers": int(row["papers"]),
        "aliases": _to_aliases([row["name"]]),
    }
    lines = (f"- {paper['day']} · {_link(vault, paper['iri'])}" for paper in papers)
    return _note(front, row["name"], *_section("Papers", lines))


def _thing(vault: _Vault, row: _Row) -> str:
    iri = row["iri"]
    front = {
        "type": row["type"],
        "iri": iri,
        "better": row.get("better", ""),
        "parameters": int(row["parameters"]) if "parameters" in row else "",
        "papers": int(row["papers"]),
        "aliases": _to_aliases([row["name"], *row["other_names"]]),
    }
    return _note(
        front,
        row["name"],
        *_section("Written as", (f"- {to_markdown(name)}" for name in row["other_names"])),
        *_section("Version of", (f"- {_link(vault, each)}" for each in [row.get("family_iri")] if each)),
        *_section("Versions", (f"- {_link(vault, each['iri'])}" for each in vault.versions[iri])),
        *_section("Papers", _named_in(vault, iri)),
        *_section("Results", map(partial(_result, vault, paper=True), vault.results[iri])),
    )


def _named_in(vault: _Vault, thing: str) -> Iterator[str]:
    """The papers that name a thing, what each does with it, and the words for it."""

    def statement(row: _Row) -> tuple[str, str, int]:
        return row["day"], row["paper_iri"], list(_ROLES).index(row["role"])

    for (day, paper, role), mentions in groupby(sorted(vault.mentions[thing], key=statement), key=statement):
        does = list(_ROLES.values())[role].lower()
        yield f"- {day} · {does} · {_link(vault, paper)}\n  {_words(mentions)}"


def _result(vault: _Vault, row: _Row, *, paper: bool) -> str:
    """A result and its sentence; with `paper`, the day and the paper that it is of."""
    written, number = row["value_text"], " to ".join(_values(row, "value", "upper_value"))
    terms = (term for term in (number, row.get("unit", "")) if term not in written)
    kind = " ".join([row["kind"], *map(to_markdown, terms), *_values(row, "direction")])
    against = [_link(vault, row["baseline_iri"])] if "baseline_iri" in row else []
    against += _values(row, "baseline_value")
    parts = [row["day"], _link(vault, row["paper_iri"])] if paper else []
    parts += [to_markdown(written), kind]
    parts += [f"{name} {_link(vault, row[f'{name}_iri'])}" for name in _SLOTS[:-1] if f"{name}_iri" in row]
    parts += [f"against {' at '.join(against)}"] if against else []
    parts += (
        [f"difference {' '.join(d)}"] if (d := _values(row, "delta", "delta_kind", "delta_check")) else []
    )
    return f"- {' · '.join(parts)}\n  > {to_markdown(row['sentence'])}"


def _values(row: _Row, *columns: str) -> list[str]:
    return [row[column] for column in columns if column in row]


def _note(front: Mapping[str, Any], title: str, *lines: str) -> str:
    """A note: front matter, heading, and blocks apart from one another, but for the items of a list."""
    text = (to_front_matter(front) if front else "") + f"# {to_markdown(title)}\n"
    for before, line in zip(("", *lines), lines, strict=False):
        text += line + "\n" if before[:2] == line[:2] == "- " else f"\n{line}\n"
    return text


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and its lines, if there are any."""
    for number, line in enumerate(lines):
        if not number:
            yield f"## {heading}"
        yield line


def _link(vault: _Vault, iri: str) -> str:
    path, label = vault.paths[iri], vault.labels[iri]
    if _LINKABLE.fullmatch(path) and _LINKABLE.fullmatch(label):
        return f"[[{path}|{label}]]"
    return f"[{to_markdown(label)}]({quote(path)}.md)"


def _to_aliases(names: Iterable[str]) -> list[str]:
    """Names by which Obsidian finds a note. It would take `[[…]]` for a link."""
    return [name for name in dict.fromkeys(names) if not name.startswith("[[")]
