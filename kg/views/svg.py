"""A figure of matplotlib as SVG that stands in any page, with texts that matplotlib never sees.

matplotlib would take `$` in a name for mathematics, look for its glyphs, and measure them by the fonts
of this machine. So an `n` holds the place of each text, and the text itself travels in the element's
id, until `_to_svg` puts it where it belongs. What is drawn in `INK` comes out in the colour of the
text around, so that a plot is at home on light and on dark.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from kg.errors import OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREEN",
    "INK",
    "ORANGE",
    "WIDTH",
    "Box",
    "Label",
    "Line",
    "cut",
    "put_labels",
    "put_text",
    "render_svg",
    "to_id",
    "width",
]

WIDTH = 960
"""Pixels; the height is that of the plot."""

INK = "#010203"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
_COLOURS = {
    INK: "currentColor",
    BLUE: "var(--blue, #0072b2)",
    ORANGE: "var(--orange, #d55e00)",
    GREEN: "var(--green, #009e73)",
}
"""What a colour becomes: of Okabe and Ito's palette, told apart by all; a page may have others on dark."""

_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "text.color": INK,
}
_HALO = "paint-order: stroke; stroke: var(--back, Canvas); stroke-width: 3px; stroke-linejoin: round"
_ALONE = (
    "svg:root{color-scheme:light dark;color:CanvasText;background:Canvas}"
    "@media(prefers-color-scheme:dark){svg:root{--blue:#56b4e9;--orange:#e69f00;--green:#2bb78f}}"
)
"""The style of a plot that is a file of its own; inside a page the root is another, and the page rules."""

_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

Line = tuple[float, float, float, float]
"""From x, y to x, y."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a dot at (x, y), whose radius is `gap`; without a text, the dot alone.

    `side` is where it stands best: "up", "down", or, for any other, beside the dot.
    """

    x: float
    y: float
    gap: float
    text: str = ""
    hint: str = ""
    bold: bool = False
    side: str = ""


def render_svg(name: str, height: int, paint: Callable[[Figure], None]) -> str:
    """What `paint` draws on a figure, as one `svg` element. Raises `OutputError` without matplotlib."""
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OutputError("kg report needs matplotlib: pip install matplotlib") from error
    drawn = io.BytesIO()
    with style.context(["default", _STYLE | {"svg.hashsalt": name}]):
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        paint(figure)
        unsaid = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(drawn, format="svg", transparent=True, metadata=unsaid)
    return _to_svg(drawn.getvalue(), name, height)


def _to_svg(drawn: bytes, name: str, height: int) -> str:
    root = ElementTree.fromstring(drawn)
    root.remove(root[0])
    for element in list(root.iter()):
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        _restyle(element)
        if element.tag == "g":
            _tell(element, element.attrib.pop("id", ""))
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {height}",
        "width": str(WIDTH),
        "height": str(height),
        "role": "img",
        "aria-label": _plain(name),
        "style": f"font-family: {_FONTS}; stroke-linejoin: round",
    }
    alone = ElementTree.Element("style")
    alone.text = _ALONE
    root.insert(0, alone)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _restyle(element: ElementTree.Element) -> None:
    """Colours become those of the page; the font is that of the root."""
    style = element.attrib.get("style", "")
    for colour, other in _COLOURS.items():
        style = style.replace(colour, other)
    kept = [part for part in style.split("; ") if part and not part.startswith("font-family")]
    if element.tag == "text" and not any(part.startswith("fill:") for part in kept):
        kept.append("fill: currentColor")
    if kept:
        element.attrib["style"] = "; ".join(kept)


def _tell(group: ElementTree.Element, id: str) -> None:
    """Puts the text and the hint that an id carries in their places."""
    if not id.startswith("["):
        return
    text, hint, halo = json.loads(id)
    for place in group.iter("{http://www.w3.org/2000/svg}text") if text else ():
        place.text = text
        if halo:
            place.attrib["style"] += f"; {_HALO}"
    if hint:
        title = ElementTree.Element("title")
        title.text = hint
        group.insert(0, title)


def to_id(text: str = "", hint: str = "", *, halo: bool = False) -> str:
    """An id for an artist of matplotlib that shows a text, and a hint under the pointer."""
    return json.dumps([_plain(text), _plain(hint), halo])


def _plain(text: str) -> str:
    """Text on one line, without what XML cannot hold."""
    return " ".join(_NOT_XML.sub("\ufffd", text).split())


def put_text(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    *,
    size: float = 12,
    align: str = "left",
    room: float = WIDTH,
    hint: str = "",
    halo: bool = False,
    **look: Any,
) -> None:
    """A text whose middle is `y` pixels above the bottom; one cut to its room is whole in its hint."""
    shown = cut(text, room, size)
    if shown:
        _, height = figure.get_size_inches() * 72
        place = (x / WIDTH, (y - 0.35 * size) / height)
        hint = hint or (text if shown.endswith("…") else "")
        figure.text(*place, "n", fontsize=size, ha=align, gid=to_id(shown, hint, halo=halo), **look)


def cut(text: str, room: float, size: float) -> str:
    """The text on one line, or as much of it as has room, with an ellipsis."""
    text = _plain(text)
    left = room - size
    if width(text, size) <= room:
        return text
    for number, character in enumerate(text):
        left -= size * _share(character)
        if left < 0:
            return text[:number].rstrip() + "…"
    return text


def width(text: str, size: float) -> float:
    """About how wide a text is in pixels, whatever the font."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    """How wide a character is, as a share of the size."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "mwMW@%<>=+~#&":
        return 0.86
    return 0.67 if character.isupper() else 0.57


def put_labels(
    figure: Figure, labels: Sequence[Label], bounds: Box, lines: Sequence[Line] = (), size: float = 11
) -> None:
    """Labels beside their dots, the first first, where they cross the fewest lines.

    One that could only cover a dot or another label is left out.
    """
    dots = [_around(label.x, label.y, label.gap, label.gap) for label in labels]
    taken = list[Box]()
    for own, label in enumerate(labels):
        others = [*dots[:own], *dots[own + 1 :], *taken]
        boxes = [(box, align) for box, align in _places(label, size) if _inside(box, bounds)]
        free = [(box, align) for box, align in boxes if not any(_meet(box, other) for other in others)]
        if label.text and free:
            box, align = min(free, key=lambda place: sum(_crosses(line, place[0]) for line in lines))
            taken.append(box)
            x = {"left": box[0], "right": box[2], "center": (box[0] + box[2]) / 2}[align]
            look: dict[str, Any] = {"size": size, "align": align, "hint": label.hint, "halo": True}
            weight = "bold" if label.bold else "normal"
            put_text(figure, x, (box[1] + box[3]) / 2, label.text, fontweight=weight, **look)


def _places(label: Label, size: float) -> Iterator[tuple[Box, str]]:
    """The boxes that a label may fill, the best first, and where its text starts."""
    half = width(label.text, size) * (1.08 if label.bold else 1.0) / 2 + 2
    aside, up, down = label.gap + 3 + half, label.gap + 0.7 * size, -label.gap - 0.7 * size
    beside = [(aside, 0.0, "left"), (-aside, 0.0, "right")]
    over = [(-half, up, "right"), (0.0, up, "center"), (half, up, "left")]
    under = [(-half, down, "right"), (0.0, down, "center"), (half, down, "left")]
    order = {"up": [*over, *beside, *under], "down": [*under, *beside, *over]}
    for dx, dy, align in order.get(label.side, [*beside, *over, *under]):
        yield _around(label.x + dx, label.y + dy, half, 0.6 * size), align


def _around(x: float, y: float, half_width: float, half_height: float) -> Box:
    return (x - half_width, y - half_height, x + half_width, y + half_height)


def _inside(box: Box, bounds: Box) -> bool:
    return box[0] >= bounds[0] and box[1] >= bounds[1] and box[2] <= bounds[2] and box[3] <= bounds[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _crosses(line: Line, box: Box) -> bool:
    """Whether a straight line touches a box: it is in both of the box's strips at once."""
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        start, step = line[axis], line[axis + 2] - line[axis]
        if step:
            one, other = (box[axis] - start) / step, (box[axis + 2] - start) / step
            enter, leave = max(enter, min(one, other)), min(leave, max(one, other))
        elif not box[axis] <= start <= box[axis + 2]:
            return False
    return enter <= leave
