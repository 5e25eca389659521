"""Teaching the extraction: from facts that readers marked to what a model learns from."""

__all__: list[str] = []
