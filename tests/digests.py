"""Small digests in our own words, for tests."""

from __future__ import annotations

HEAD = "| Title | Authors | Summary |\n|-------|---------|---------|\n"
RESULT = "On the GLUE benchmark, {name} reaches an accuracy of {value}%, compared to 81.5% for BERT-Large."


def row(paper: str, title: str, byline: str, text: str) -> str:
    arxiv, face = f"https://arxiv.org/abs/{paper}", f"https://huggingface.co/papers/{paper}"
    return f"| {title} (Read more on [arXiv]({arxiv}) or [HuggingFace]({face}))| {byline} | {text} |\n"


def digest(date: str, *rows: str) -> str:
    return f"\n\n## Papers for {date}\n\n{HEAD}{''.join(rows)}"


def example_row(number: int, value: str = "") -> str:
    """A row about one made-up method, the same for the same number."""
    name = f"Zeta{'abcdefghijklmnopqrstuvwxyz'[number]}Net"
    text = (
        f"This paper introduces {name}, a pruning method for language models. "
        + RESULT.format(name=name, value=value or f"{84 + number / 10:.1f}")
        + f" The paper does not report the memory use of {name}."
    )
    authors = f"Ann Lee, handle{number}, Bo Chen" + (", Cy Young" if number % 2 else "")
    return row(f"2401.{number:05d}", f"{name}: Pruning Without Pain", authors, text)


def days(count: int = 4, rows: int = 3) -> dict[str, str]:
    """Digests by their day, `rows` papers a day."""
    return {
        f"2024-01-{day + 1:02d}": digest(
            f"2024-01-{day + 1:02d}", *(example_row(day * rows + number) for number in range(rows))
        )
        for day in range(count)
    }
