"""What an HTTP request asks of the endpoint: SPARQL 1.1 Protocol, and content negotiation.

https://www.w3.org/TR/sparql11-protocol/, RFC 9110 section 12.5.1
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl

from kg.errors import KGError
from kg.serve.questions import Sparql, to_type

__all__ = ["RESULTS", "TRIPLES", "Refused", "choose", "choose_format", "parse_query_request"]

RESULTS = ("json", "xml", "csv", "tsv", "html")
"""The formats of rows and truth values, what is given unless another is asked for first."""

TRIPLES = ("turtle", "ntriples", "jsonld", "rdfxml", "html")
"""The formats of triples, likewise."""

_ALSO = {
    "json": ("application/json",),
    "xml": ("application/xml", "text/xml"),
    "ntriples": ("text/plain",),
    "jsonld": ("application/json",),
    "rdfxml": ("application/xml", "text/xml"),
    "turtle": ("application/x-turtle",),
}
"""Further media types that a format is asked for by."""

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_MOST_GRAPHS = 100
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\]*")
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


class Refused(KGError):
    """A request that is not answered, with its HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def choose(accept: str, formats: Sequence[str]) -> str:
    """The format that suits an Accept header best, the first of equals; "" where none does."""
    wanted = _parse_accept(accept)
    if not wanted:
        return formats[0]
    best = max(formats, key=lambda format: _weigh(wanted, format))
    return best if _weigh(wanted, best) > 0 else ""


def choose_format(asked: str, accept: str, formats: Sequence[str]) -> str:
    """The format that the address asks for, else the one that suits Accept. Raises `Refused`."""
    if asked and asked not in formats:
        raise Refused(400, f"no format {asked!r}; there are {', '.join(formats)}")
    format = asked or choose(accept, formats)
    if not format:
        raise Refused(406, f"this comes as {', '.join(map(to_type, formats))}; ask for one of them in Accept")
    return format


def _parse_accept(accept: str) -> dict[str, float]:
    """Media ranges in lower case, each with its weight; parameters but `q` are passed over."""
    wanted = dict[str, float]()
    for part in accept.lower().split(","):
        range, *parameters = (each.strip() for each in part.split(";"))
        weights = [m for m in map(_WEIGHT.fullmatch, parameters) if m]
        if range:
            wanted[range] = float(weights[0][1]) if weights else 1.0
    return wanted


def _weigh(wanted: Mapping[str, float], format: str) -> float:
    """How much a format is wanted: its own type decides, else its kind, else anything."""
    types = (to_type(format), *_ALSO.get(format, ()))
    for ranges in (types, [f"{type.partition('/')[0]}/*" for type in types[:1]], ["*/*"]):
        weights = [wanted[range] for range in ranges if range in wanted]
        if weights:
            return max(weights)
    return 0.0


def parse_query_request(
    method: str, query_string: bytes, content_type: str, body: bytes, accept: str
) -> Sparql | None:
    """The query of a request to the endpoint; None where a GET asks for no query. Raises `Refused`."""
    pairs = _parse_form(query_string)
    if method == "POST":
        pairs += _parse_body(content_type, body)
    given = {name for name, _ in pairs}
    if "update" in given:
        raise Refused(403, "updates are refused: the graph follows from the digests alone")
    queries = [value for name, value in pairs if name == "query"]
    if not queries and method != "POST":
        return None
    if len(queries) != 1:
        raise Refused(400, f"a request asks one query; this one has {len(queries)}")
    results, triples = _choose_formats(pairs, accept)
    default, named = (_graphs(pairs, f"{kind}-graph-uri") for kind in ("default", "named"))
    if default is not None or named is not None:
        default, named = default or (), named or ()
    return Sparql(queries[0], results, triples, default, named)


def _parse_form(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=2 * _MOST_GRAPHS
        )
    except ValueError as error:
        raise Refused(400, "the request is no form in UTF-8, or has too many fields") from error


def _parse_body(content_type: str, body: bytes) -> list[tuple[str, str]]:
    type, _, parameters = content_type.partition(";")
    kind = type.strip().lower()
    if kind == _FORM:
        return _parse_form(body)
    if kind == "application/sparql-update":
        raise Refused(403, "updates are refused: the graph follows from the digests alone")
    if kind != _QUERY:
        raise Refused(415, f"a query comes as {_FORM} or {_QUERY}, not as {kind or 'nothing'!r}")
    charset = re.search(r'charset="?([\w-]+)', parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(415, f"a query comes in UTF-8, not in {charset[1]}")
    try:
        return [("query", body.decode())]
    except UnicodeDecodeError as error:
        raise Refused(400, f"the query is not in UTF-8: {error}") from error


def _choose_formats(pairs: Iterable[tuple[str, str]], accept: str) -> tuple[str, str]:
    """The formats for rows and for triples; `format` in the address goes before Accept."""
    asked = next((value for name, value in pairs if name == "format"), "")
    if not asked:
        return choose(accept, RESULTS), choose(accept, TRIPLES)
    if asked not in RESULTS and asked not in TRIPLES:
        raise Refused(400, f"no format {asked!r}; there are {', '.join(dict.fromkeys(RESULTS + TRIPLES))}")
    return asked if asked in RESULTS else "", asked if asked in TRIPLES else ""


def _graphs(pairs: Iterable[tuple[str, str]], name: str) -> tuple[str, ...] | None:
    found = tuple(value for key, value in pairs if key == name)
    if len(found) > _MOST_GRAPHS:
        raise Refused(400, f"a request names at most {_MOST_GRAPHS} graphs as {name}")
    for iri in found:
        if not _IRI.fullmatch(iri) or iri.lower().startswith("file:"):
            raise Refused(400, f"{name} {iri!r} is no address of a graph; files are not read")
    return found or None
