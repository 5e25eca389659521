"""The terms of the graph, the IRIs of the things in it, and where the ontology lies.

Terms are plain strings, so that this module needs no RDF library. `KG.Resutl` raises
`AttributeError`: the namespace is closed, and equal to what `ontology/kg.ttl` defines (tested).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from kg.errors import KGError
from kg.model import EntityType, Field, Paper, ResultKind, Role, Summary

__all__ = [
    "CLASSES",
    "DCTERMS",
    "DEFAULT_BASE",
    "FABIO",
    "FIELDS",
    "FOAF",
    "KG",
    "KINDS",
    "OA",
    "PREFIXES",
    "PROV",
    "RDF",
    "RDFS",
    "ROLES",
    "SKOS",
    "SLOTS",
    "TERMS",
    "XSD",
    "Names",
    "ontology_path",
    "slug",
]

DEFAULT_BASE = "https://w3id.org/paperkg/data/"
_BASE = re.compile(r"[a-z][a-z0-9+.-]*://[^\s<>\"{}|\\^`%\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]+[/#]")


class Namespace:
    """A closed set of terms below one IRI: `KG.Result` is a string, a misspelt term raises."""

    def __init__(self, iri: str, terms: str) -> None:
        self.iri = iri
        self.terms = frozenset(terms.split())

    def __getattr__(self, term: str) -> str:
        if term not in self.terms:
            raise AttributeError(f"{self.iri} has no term {term!r}")
        return self.iri + term


KG = Namespace(
    "https://w3id.org/paperkg/ontology#",
    """
    Paper Summary Digest Author Result Mention OpenQuestion Identification Component
    Method Model Dataset Benchmark Metric Task
    ResultKind Score Gain Ratio
    about inDigest byline nameKind
    proposes uses evaluatesOn comparesWith addresses mentions leavesOpen
    better least most parameterCount variant
    statedIn subject on metric kind value valueText upperValue unit direction baseline baselineValue
    evidence delta deltaKind deltaCheck
    inField refersTo readAs role confidence fingerprint
    identifies writtenAs reason insteadOf
    """,
)
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "type")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#", "label seeAlso")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#", "date decimal double integer string")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#", "prefLabel altLabel broader exactMatch")
DCTERMS = Namespace("http://purl.org/dc/terms/", "title abstract creator date source isVersionOf isPartOf")
FABIO = Namespace("http://purl.org/spar/fabio/", "hasArXivId")
FOAF = Namespace("http://xmlns.com/foaf/0.1/", "name OnlineAccount")
OA = Namespace("http://www.w3.org/ns/oa#", "hasSource start end exact")
PROV = Namespace("http://www.w3.org/ns/prov#", "wasGeneratedBy wasDerivedFrom")

_NAMESPACES = {
    "dcterms": DCTERMS,
    "fabio": FABIO,
    "foaf": FOAF,
    "kg": KG,
    "oa": OA,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
}
PREFIXES: dict[str, str] = {prefix: namespace.iri for prefix, namespace in _NAMESPACES.items()}
"""The prefixes that queries may use without declaring them, and that Turtle is written with."""

TERMS: dict[str, str] = {
    namespace.iri + term: f"{prefix}:{term}"
    for prefix, namespace in _NAMESPACES.items()
    for term in sorted(namespace.terms)
}
"""Every term that the graph is made of: IRI → prefixed name."""

ROLES: dict[Role, str] = {
    "proposes": KG.proposes,
    "uses": KG.uses,
    "evaluatesOn": KG.evaluatesOn,
    "comparesWith": KG.comparesWith,
    "addresses": KG.addresses,
    "mentions": KG.mentions,
    "subject": KG.subject,
    "on": KG.on,
    "metric": KG.metric,
    "baseline": KG.baseline,
    "value": KG.value,
    "baselineValue": KG.baselineValue,
    "statedIn": KG.statedIn,
    "creator": DCTERMS.creator,
    "leavesOpen": KG.leavesOpen,
}
"""What a mention's kg:role says: the property that the mention backs."""

CLASSES: dict[EntityType, str] = {
    "model": KG.Model,
    "method": KG.Method,
    "dataset": KG.Dataset,
    "benchmark": KG.Benchmark,
    "metric": KG.Metric,
    "task": KG.Task,
}
KINDS: dict[ResultKind, str] = {"score": KG.Score, "gain": KG.Gain, "ratio": KG.Ratio}
FIELDS: dict[Field, str] = {"title": DCTERMS.title, "abstract": DCTERMS.abstract, "byline": KG.byline}
SLOTS: dict[str, str] = {"subject": KG.subject, "on": KG.on, "metric": KG.metric, "baseline": KG.baseline}


def slug(name: str) -> str:
    """A readable, IRI-safe form of a name: ASCII lower case, digits and hyphens, at most 48 long."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "x"


def _digest(parts: Iterable[str]) -> str:
    """Twenty hex digits of SHA-256 over the parts; a length before each keeps the join injective."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:20]


class Names:
    """Mints the IRIs of one graph below its base, each a pure function of what it names.

    Identifiers are percent-encoded; names become a slug and a short hash, since slugs alone are
    not injective (`C++` is not `C`, `A*` is not `A`). Raises `KGError` on a base that is no IRI.
    """

    def __init__(self, base: str = DEFAULT_BASE) -> None:
        if not _BASE.fullmatch(base):
            raise KGError(f"base {base!r} is no absolute IRI that ends in '/' or '#', as {DEFAULT_BASE} is")
        self.base = base

    def _path(self, *parts: str) -> str:
        return self.base + "/".join(quote(part, safe="") for part in parts)

    def paper(self, paper: Paper) -> str:
        return self._path("paper", paper.arxiv_id)

    def digest(self, source: str, date: str) -> str:
        return self._path("digest", source, date)

    def summary(self, summary: Summary) -> str:
        """The summary's own IRI, which also names the graph of what it states."""
        return self._path("summary", *summary.key)

    def author(self, name: str, *distinguishing: str) -> str:
        return self._path("author", f"{slug(name)}-{_digest((name, *distinguishing))}")

    def entity(self, type: EntityType, key: str) -> str:
        """The IRI of the one thing with this type and this key, the resolver's normal form of its name."""
        return self._path(type, f"{slug(key)}-{_digest((type, key))}")

    def mention(self, summary: Summary, field: str, start: int, end: int, *distinguishing: str) -> str:
        tail = f"{field}-{start}-{end}-{_digest(distinguishing)}"
        return self._path("mention", *summary.key, tail)

    def result(self, summary: Summary, position: int) -> str:
        return self._path("result", *summary.key, str(position))

    def question(self, summary: Summary, position: int) -> str:
        return self._path("question", *summary.key, str(position))

    def identification(self, thing: str, name: str, *more: str) -> str:
        own = (thing.removeprefix(self.base), name, *more)
        return self._path("identification", f"{slug(name)}-{_digest(own)}")

    def component(self, name: str) -> str:
        return self._path("component", name)

    def graph(self, name: str) -> str:
        """One of the graphs that belong to no summary: identity, components or ontology."""
        return self._path("graph", name)


def ontology_path(name: str = "") -> Path:
    """A file or folder of the ontology: inside an installed package, else beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "ontology", package.parent / "ontology"):
        if (folder / "kg.ttl").is_file():
            return folder / name
    raise KGError(f"the ontology is neither in {package} nor beside it; install kg again")
