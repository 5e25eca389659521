"""Text as Markdown that shows it and does nothing else, and the YAML in front of a note.

What CommonMark, GitHub, Obsidian or its common plugins would act upon has a `\\` before it: marks of
style, links, tags, maths, comments, HTML, templates, fields, and what opens a block at a line's start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["to_front_matter", "to_markdown"]

_ACTIVE = re.compile(
    r"[\\`*_{}\[\]<>#$^~|&]"
    r"|%(?=[%>])|(?<=[%<])%"  # %% a comment %%, <% a template %>
    r"|=(?==)|(?<==)="  # ==a highlight==
    r"|:(?=:|//)|(?<=:):"  # a field:: its value, https://
    r"|^[-+=]"  # a list, a rule, the line under a heading
)
_NUMBERED = re.compile(r"([0-9]+)([.)](?: |$))")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_NOT_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is in a string, and YAML folds or refuses."""


def to_markdown(text: str) -> str:
    """A text as inline Markdown, on one line; runs of spaces become one, as in any HTML."""
    line = _ACTIVE.sub(lambda found: f"\\{found[0]}", _SPACES.sub(" ", text).strip(" "))
    numbered = _NUMBERED.match(line)
    return f"{numbered[1]}\\{line[numbered.end(1) :]}" if numbered else line


def to_front_matter(values: Mapping[str, str | int | list[str]]) -> str:
    """YAML between two lines of `---`: numbers, quoted strings and lists of them; empty ones go."""
    lines = (f"{name}: {_to_yaml(value)}\n" for name, value in values.items() if value not in ("", []))
    return "---\n" + "".join(lines) + "---\n"


def _to_yaml(value: str | int | list[str]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
