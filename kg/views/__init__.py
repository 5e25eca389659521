"""Every page and picture: values from the graph, rendered to one file that needs no other."""

__all__: list[str] = []
