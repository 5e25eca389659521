"""kg turns digests of AI papers into a knowledge graph in which every statement shows its words."""

__version__ = "0.1.0"
