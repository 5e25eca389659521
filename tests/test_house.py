"""The walls of the house: what may import what, who opens which library, and what each room offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kg

PACKAGE = Path(kg.__file__).parent
FLOORS = [
    {"__init__", "errors"},
    {"model", "progress", "workers", "files"},
    {"records", "vocabulary", "delta"},
    {"turtle"},
    {"readers"},
    {"extract", "check"},
    {"resolve"},
    {"graph"},
    {"facts"},
    {"store"},
    {"network", "queries", "snapshot"},
    {"lookup", "validate", "export", "gold"},
    {"evaluate", "imports", "views", "training", "decisions"},
    {"build", "serve"},
    {"terminal"},
    {"cli"},
]
"""From the ground up: a module imports only from floors below its own."""

DOORS = {
    "spacy": {"extract"},
    "pyoxigraph": {
        "readers",
        "graph",
        "facts",
        "store",
        "queries",
        "lookup",
        "network",
        "export",
        "validate",
        "views",
        "serve",
        "snapshot",
    },
    "oxrdflib": {"store", "validate"},
    "rdflib": {"store", "validate"},
    "networkx": {"network", "export"},
    "numpy": {"extract", "views"},
    "onnxruntime": {"extract", "training"},
    "tokenizers": {"extract"},
    "torch": {"training"},
    "onnx": {"training"},
    "safetensors": {"training"},
    "jinja2": {"views"},
    "pyvis": {"views"},
    "matplotlib": {"views"},
    "pyarrow": {"export"},
    "pyshacl": {"validate"},
    "starlette": {"serve"},
    "uvicorn": {"serve"},
    "h11": {"serve"},
    "mcp": {"serve"},
    "mcp_types": {"serve"},
    "typer": {"cli"},
    "rich": {"terminal"},
}
HEAVY = (
    "spacy",
    "numpy",
    "onnxruntime",
    "tokenizers",
    "rdflib",
    "pyoxigraph",
    "networkx",
    "pyshacl",
    "pyvis",
    "jinja2",
    "starlette",
    "uvicorn",
    "typer",
    "rich",
)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "ontology" not in path.parts)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def offered(tree: ast.Module) -> list[str]:
    """`__all__`, read without importing: training needs what only its extra installs."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def defined(tree: ast.Module) -> set[str]:
    """The names that a module defines or imports at its top."""
    names = set()
    inner = [node for each in tree.body for node in (each.body if isinstance(each, ast.If) else [each])]
    for node in (part for each in inner for part in _parts(each)):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.Name(id=name, ctx=ast.Store())
            ):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name)
    return names


def _parts(node: ast.stmt) -> list[ast.AST]:
    """A definition alone; of another statement the names that it makes."""
    whole = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return [node] if whole else list(ast.walk(node))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_data_flows_one_way(path: Path) -> None:
    floor = {name: level for level, names in enumerate(FLOORS) for name in names}
    assert room(path) in floor, f"{path.name} has no place in the house"
    for name in imports(path):
        if name.startswith("kg."):
            other = name.split(".")[1]
            other = other if other in floor else "__init__"
            assert floor[other] < floor[room(path)] or other == room(path), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_have_their_doors(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        if library in DOORS:
            assert room(path) in DOORS[library], f"{path.name} opens {library}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_a_module_offers_is_said_and_sorted(path: Path) -> None:
    if path.stat().st_size == 0 or module_name(path) in ("kg", "kg.cli"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert offered(tree) == sorted(offered(tree), key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert set(offered(tree)) <= defined(tree)


def test_what_kg_offers_is_pinned() -> None:
    """`tests/exports.txt` is what others may rely on; a change of it is a decision."""
    trees = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in modules()}
    lines = [f"{name}: {' '.join(offered(tree))}\n" for name, tree in trees.items() if offered(tree)]
    assert "".join(sorted(lines)) == (Path(__file__).parent / "exports.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["kg", "kg.extract", "kg.readers.digest", "kg.vocabulary"])
def test_imports_stay_cheap(module: str) -> None:
    script = f"import sys, {module}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_flow_without_extraction_loads_no_reader() -> None:
    script = "import sys, kg.build; print({'spacy', 'onnxruntime', 'tokenizers', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_command_line_loads_no_engine_to_say_its_version() -> None:
    script = (
        "import sys; sys.argv = ['kg', '--version']; import kg.cli\n"
        "try: kg.cli.main()\nexcept SystemExit: pass\n"
        "print(sorted({'spacy', 'rdflib', 'pyoxigraph', 'networkx', 'pyshacl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"kg {kg.__version__}\n[]\n"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_stay_short(path: Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > 40
    ]
    assert long == []
