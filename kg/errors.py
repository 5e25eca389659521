"""What can go wrong, drawn as one tree.

    KGError
    ├── SourceError      a source cannot be found, opened or decoded
    ├── StoreError       a store is missing, busy, damaged, or holds something else
    ├── QueryError       a query is unknown, malformed, refused, or lacks a parameter
    ├── ExtractorError   the extractor's configuration or model cannot be used
    ├── OutputError      a file or folder cannot be written
    └── FactsError       facts contradict themselves (a quote that does not slice back)

Every message says what is wrong, where, and what to do about it. The command line prints it
without a traceback and exits with 2.
"""

from __future__ import annotations

__all__ = [
    "ExtractorError",
    "FactsError",
    "KGError",
    "OutputError",
    "QueryError",
    "SourceError",
    "StoreError",
]


class KGError(Exception):
    """The root of every error that kg raises on purpose."""


class SourceError(KGError):
    """A source cannot be found, opened or decoded."""


class StoreError(KGError):
    """A store is missing, busy, damaged, or holds something else."""


class QueryError(KGError):
    """A query is unknown, malformed, refused, or lacks a parameter."""


class ExtractorError(KGError):
    """The extractor's configuration or model cannot be used."""


class OutputError(KGError):
    """A file or folder cannot be written."""


class FactsError(KGError):
    """Facts contradict themselves."""
