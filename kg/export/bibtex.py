"""The papers as BibTeX: an `@misc` with an eprint for each, in the order of their ids.

Texts stay Unicode: biber and today's BibTeX read that as it is. What LaTeX would run stands as a
command that prints it, and as one without a bare brace, since BibTeX counts those even behind a `\\`.
An author whose name BibTeX would take apart (a handle, a single word, a comma, an "and") is braced.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from kg.model import Author, Paper, Summary
from kg.store import Store
from kg.vocabulary import slug

__all__ = ["to_bibtex"]

_HEAD = b"% Papers of a knowledge graph, in UTF-8: for biber, or a BibTeX that reads it.\n"
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
} | {character: f"\\{character}" for character in "&%$#_"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATED = re.compile(r"(?:.*/)?([0-9]{2})([0-9]{2})[0-9.]+")


def to_bibtex(store: Store) -> Iterator[bytes]:
    """The papers; a title is that of the first summary, the authors are those of the first with any."""
    papers = defaultdict[str, list[Summary]](list)
    for facts in store.facts():
        papers[facts.summary.paper.arxiv_id].append(facts.summary)
    yield _HEAD
    for paper, summaries in sorted(papers.items()):
        yield _to_entry(paper, sorted(summaries, key=lambda summary: (summary.date, summary.source))).encode()


def _to_entry(paper: str, summaries: list[Summary]) -> str:
    authors = next((summary.authors for summary in summaries if summary.authors), ())
    year, month = _parse_date(paper)
    fields = {
        "title": f"{{{{{_escape(summaries[0].title)}}}}}",
        "author": f"{{{' and '.join(map(_to_name, authors))}}}" if authors else "",
        "year": year and f"{{{year}}}",
        "month": month,
        "eprint": f"{{{_escape(paper)}}}",
        "archiveprefix": "{arXiv}",
        "url": f"{{{Paper(paper).links[0]}}}",
    }
    lines = "".join(f",\n  {name} = {value}" for name, value in fields.items() if value)
    return f"\n@misc{{{_to_key(paper, authors, year)}{lines}\n}}\n"


def _to_key(paper: str, authors: tuple[Author, ...], year: str) -> str:
    """`lee2024-2409.20566`: the id makes it unique."""
    first = slug(authors[0].name.split()[-1]) if authors else "anonymous"
    return f"{first}{year}-{re.sub(r'[^A-Za-z0-9.]', '-', paper)}"


def _parse_date(paper: str) -> tuple[str, str]:
    """Year and month of an arXiv id, `2409.20566` or `hep-th/9901001`; empty where it has none."""
    found = _DATED.fullmatch(paper)
    if not found or not 1 <= int(found[2]) <= 12:
        return "", ""
    century = "19" if "/" in paper and int(found[1]) > 90 else "20"
    return century + found[1], _MONTHS[int(found[2]) - 1]


def _to_name(author: Author) -> str:
    name, words = author.name, author.name.casefold().split()
    escaped = _escape(name)
    plain = author.kind == "name" and len(words) > 1 and escaped == name
    return name if plain and not {"and", "others"} & set(words) and "," not in name else f"{{{escaped}}}"


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)
