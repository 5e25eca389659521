"""The templates that pages are rendered with: all text is escaped, and a misspelt name is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["load_template"]


@cache
def load_template(name: str, *, trim: bool = True) -> Template:
    """A template beside this file; with `trim`, lines that hold only a tag leave nothing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
