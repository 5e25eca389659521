"""What is installed works: from a wheel in a clean environment, from a checkout, and editable."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIND = "from kg.vocabulary import ontology_path; print(ontology_path('kg.ttl'))"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new virtual environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


@pytest.mark.slow
def test_installed_from_a_wheel_from_a_checkout_and_editable(
    python: Path, tmp_path: Path, need_index: Callable[[], None]
) -> None:
    need_index()
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("paperkg-*.whl")
    assert wheel.stat().st_size < 45e6
    run(*pip, "install", wheel, cwd=tmp_path)
    kg = python.parent / "kg"
    run(kg, "build", "-o", tmp_path / "out", cwd=tmp_path)
    kept = [path for path in (ROOT / "outputs").rglob("*") if path.is_file() and ".store" not in path.parts]
    assert {"graph.nq", "graph.ttl", "graph.html", "results.csv"} <= {path.name for path in kept}
    for path in kept:
        built = tmp_path / "out" / path.relative_to(ROOT / "outputs")
        assert built.read_bytes() == path.read_bytes(), path.name
    assert "conforms" in run(kg, "validate", "--store", tmp_path / "out", cwd=tmp_path)
    assert "beats" in run(kg, "query", "--list", cwd=tmp_path)
    assert "site-packages/kg/ontology" in run(python, "-c", FIND, cwd=tmp_path)

    run(*pip, "uninstall", "--yes", "paperkg", cwd=tmp_path)
    ours = str(ROOT / "ontology" / "kg.ttl")
    assert run(python, "-c", FIND, cwd=tmp_path, PYTHONPATH=str(ROOT)).strip() == ours

    run(*pip, "install", "--no-deps", "--editable", ROOT, cwd=tmp_path)
    assert run(python, "-c", FIND, cwd=tmp_path).strip() == ours
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    assert not (Path(site) / "kg").exists(), "an editable install left a copy behind"


def test_the_type_marker_ships() -> None:
    assert (ROOT / "kg" / "py.typed").is_file()
