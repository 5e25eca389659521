"""The command line: what it prints where, its exit codes, and its errors, word for word."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from digests import days, digest, example_row, row

import kg
import kg.cli


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Kg = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kg:
    """Runs kg in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def kg_command(*words: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["kg", *words])
        with pytest.raises(SystemExit) as stopped:
            kg.cli.main()
        captured = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), captured.out, captured.err)

    return kg_command


@pytest.fixture
def built(run: Kg) -> Kg:
    """The same, beside a graph of three papers in outputs."""
    Path("day.md").write_text(days(1)["2024-01-01"])
    assert run("build", "day.md", "--quiet") == Ran(0, "", "")
    return run


def test_the_version(run: Kg) -> None:
    assert run("--version") == Ran(0, f"kg {kg.__version__}\n", "")


def test_help_names_every_command_and_the_exit_codes(run: Kg) -> None:
    help = run("--help").out
    names = "build extract query show why-same merge split search validate stats evaluate remove"
    for name in names.split():
        assert f"\n  {name} " in help
    assert "Exit codes: 0 fine, 1 checked and found wanting, 2 could not run." in help
    assert "..." not in help.replace("[ARGS]...", ""), "a command's help is cut off"


def test_build_says_what_it_did(run: Kg) -> None:
    Path("day.md").write_text(days(1)["2024-01-01"] + "| cut off\n")
    first = run("build", "day.md")
    assert first.code == 0
    assert first.out == ""
    assert first.err.splitlines()[:3] == [
        "Skipped day.md:10: row cut off: it does not end in '|'",
        "What was skipped stands in outputs/rejects.jsonl.",
        "Read 3 summaries, 3 of them new or edited.",
    ]
    assert run("build", "day.md").err.splitlines()[2] == "Read 3 summaries, none of them new or edited."


def test_extract_prints_records(run: Kg) -> None:
    Path("day.md").write_text(days(1)["2024-01-01"])
    ran = run("extract", "day.md")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert [record["id"] for record in records] == ["2401.00000", "2401.00001", "2401.00002"]
    for record in records:
        for entity in record["entities"]:
            for mention in entity["mentions"]:
                assert record[mention["field"]][mention["start"] : mention["end"]] == mention["quote"]
    (result,) = records[0]["results"]
    assert (result["value"], result["baseline_value"], result["on"]) == ("84", "81.5", "GLUE")


def test_query_formats(built: Kg) -> None:
    query = "SELECT ?id ?title { ?p fabio:hasArXivId ?id ; dcterms:title ?title } ORDER BY ?id LIMIT 1"
    assert built("query", query, "-f", "csv").out == (
        "id,title\r\n2401.00000,ZetaaNet: Pruning Without Pain\r\n"
    )
    assert built("query", query, "-f", "tsv").out == (
        '?id\t?title\n"2401.00000"\t"ZetaaNet: Pruning Without Pain"\n'
    )
    answer = json.loads(built("query", query, "-f", "json").out)
    assert answer["results"]["bindings"][0]["id"]["value"] == "2401.00000"
    assert '<binding name="id">' in built("query", query, "-f", "xml").out
    assert built("query", query).out.splitlines() == [
        "id           title",
        "───────────────────────────────────────────",
        "2401.00000   ZetaaNet: Pruning Without Pain",
    ]
    turtle = built("query", "CONSTRUCT { ?p a kg:Paper } WHERE { ?p a kg:Paper }", "-f", "turtle").out
    assert turtle.count("a kg:Paper") == 3
    assert built("query", "ASK { ?p a kg:Paper }", "-f", "csv").out == "true\n"
    assert built("query", "ASK { ?p a kg:Paper }", "-f", "turtle").code == 2


def test_query_from_a_file_and_from_standard_input(built: Kg, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# How many\nSELECT (COUNT(*) AS ?n) { ?p a kg:Paper }"
    Path("count.rq").write_text(text)
    assert built("query", "count.rq", "-f", "csv").out == "n\r\n3\r\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert built("query", "-", "-f", "csv").out == "n\r\n3\r\n"


def test_a_parameter_of_a_query_of_ones_own(built: Kg) -> None:
    query = "SELECT ?id ?p { ?p fabio:hasArXivId ?id }"
    ran = built("query", query, "-p", "id=2401.00001", "-f", "csv")
    assert ran.out == "id,p\r\n2401.00001,https://w3id.org/paperkg/data/paper/2401.00001\r\n"
    hostile = built("query", query, "-p", 'id=x" } UNION { ?p ?q ?id', "-f", "csv")
    assert (hostile.code, hostile.out) == (0, "id,p\r\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["query", "nope"], "kg: no query 'nope': neither a name (kg query --list), a file, nor SPARQL\n"),
        (
            ["query", "SELECT * { ?s foo:bar ?o }"],
            "kg: the query cannot be answered: line 1, column 22: a prefix is not declared; "
            "known by themselves are dcterms, fabio, foaf, kg, oa, prov, rdf, rdfs, skos, xsd\n",
        ),
        (["query", "leaderbord"], "kg: no query 'leaderbord': neither a name (near: leaderboard), a file"),
        (
            ["query", "SELECT * {", "-f", "csv"],
            "kg: the query cannot be answered: line 1, column 11: expected",
        ),
        (
            ["query", "ASK {}", "-f", "pdf"],
            "kg: no format 'pdf'; there are table, csv, tsv, json, xml, turtle\n",
        ),
        (["query", "ASK {}", "-p", "x"], "kg: parameter 'x' is not of the form NAME=VALUE\n"),
        (
            ["query", "SELECT * { SERVICE <http://x.org/> { ?s ?p ?o } }"],
            "kg: SERVICE is refused: a query never leaves this machine\n",
        ),
        (
            ["query", "SELECT * { ?s ?p <http://x\u00a0#> . " + "{" * 20000 + "}" * 20000 + "\n}"],
            "kg: the query nests deeper than 64 levels\n",
        ),
        (["query", "ASK {}", "-p", "x=<foo>"], "kg: '<foo>' is no RDF term: "),
        (
            ["query", "SELECT * { ?s ?p " + ",".join(f"?o{n}" for n in range(999)) + " }"],
            "kg: the query joins",
        ),
        (["show", "-s", "x" * 300, "x"], "kg: cannot use the store in xxx"),
        (["query", "x" * 5000], "kg: cannot read the query in xxx"),
        (["remove", "\udcff"], "kg: no paper '\\udcff' in outputs; an id looks like 2409.20566\n"),
        (["query", "SELECT * " + "{" * 8000], "kg: the query nests deeper than 64 levels\n"),
        (["show", "ZetaxNet"], "kg: nothing in the graph is named 'ZetaxNet'; near: Zeta"),
        (["show", "qqqqqq"], "kg: nothing in the graph is named 'qqqqqq'; try: kg search WORDS\n"),
        (["remove", "9"], "kg: no paper '9' in outputs; an id looks like 2409.20566\n"),
        (["stats", "-s", "nowhere"], "kg: no graph in nowhere; make one with: kg build SOURCE -o nowhere\n"),
        (["build", "nowhere.md"], "kg: no file or folder 'nowhere.md'; give a digest, a folder of them, "),
        (["build", "empty.md"], "kg: no paper in empty.md: its days have no rows\n"),
        (["query", "counts", "-p", "x=y"], "kg: query 'counts' has no parameter 'x'; it takes: none\n"),
        (["query", "DESCRIBE <x:y>", "-f", "csv"], "kg: CONSTRUCT and DESCRIBE give triples: use"),
        (["build", "."], "kg: no paper in .: notes.md:1: no digest: no line '## Papers for DATE'\n"),
        (["build", "day.md", "-o", "day.md"], "kg: cannot write to day.md: File exists; choose another"),
        (["build", "day.md", "--base", "x y"], "kg: base 'x y' is no absolute IRI that ends in '/' or '#'"),
        (["build"], "kg: outputs holds 3 other papers; kg build without SOURCE builds the bundled example"),
        (["evaluate", "nowhere.jsonl", "day.md"], "kg: "),
    ],
)
def test_errors_say_what_where_and_what_to_do(built: Kg, words: list[str], message: str) -> None:
    Path("empty.md").write_text("## Papers for 2024-01-01\n")
    if words == ["build", "."]:
        Path("empty.md").unlink()
        Path("day.md").rename("day.txt")
        Path("notes.md").write_text("# Notes\n")
    ran = built(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(message)
    assert "Traceback" not in ran.err


def test_a_wrong_use_is_2(run: Kg) -> None:
    assert run("show").code == 2
    assert run("nope").code == 2


def test_the_folder_has_one_name_everywhere(run: Kg) -> None:
    Path("day.md").write_text(days(1)["2024-01-01"])
    assert run("build", "day.md", "-q", "--store", "mine").code == 0
    assert run("stats", "--store", "mine").code == 0


@pytest.mark.parametrize(
    "name", ["2401.00001", "arXiv:2401.00001", "2401.00001v2", "https://arxiv.org/abs/2401.00001"]
)
def test_a_paper_has_many_addresses(built: Kg, name: str) -> None:
    assert built("show", name).out.startswith("ZetabNet: Pruning Without Pain  paper\n")
    assert built("query", "results-in", "-p", f"paper={name}", "-f", "csv").out.count("\n") == 2
    assert built("remove", name, "-q").code == 0


def test_a_narrow_terminal_gets_records(built: Kg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = built("query", "leaderboard", "-p", "benchmark=GLUE").out.splitlines()
    assert lines[0] == "benchmark   GLUE"
    assert "paper       2401.00002" in lines
    assert max(map(len, lines)) <= 60


def test_search(built: Kg) -> None:
    ran = built("search", "zetab")
    assert ran.code == 0
    assert ran.out.splitlines()[2].split() == ["method", "ZetabNet"]
    assert built("search", "nothing", "such") == Ran(1, "", "Nothing found.\n")


def test_show(built: Kg) -> None:
    ran = built("show", "zetabnet")
    assert ran.out.startswith("ZetabNet  method\n\n")
    assert "proposes" in ran.out
    assert "2401.00001" in ran.out
    assert built("show", "2401.00001").out.startswith("ZetabNet: Pruning Without Pain  paper\n")
    assert built("show", "Ann Lee").out.startswith("Ann Lee  author\n")


def test_stats(built: Kg) -> None:
    counts = dict(line.split() for line in built("stats").out.splitlines()[2:])
    assert (counts["Paper"], counts["Summary"], counts["Digest"], counts["Result"]) == ("3", "3", "1", "3")
    assert int(counts["statements"]) == len(Path("outputs/graph.nq").read_text().splitlines())


def test_validate(built: Kg) -> None:
    ran = built("validate")
    assert ran.code == 0
    assert ran.out.startswith("conforms: 3 summaries, ")


def test_remove(built: Kg) -> None:
    assert built("remove", "2401.00001") == Ran(0, "", "Removed 2401.00001: 1 summary.\n")
    assert built("search", "zetab").code == 1


def test_evaluate_prints_a_table(run: Kg, shared: Path) -> None:
    gold, source = shared / "gold" / "seed.gold.jsonl", shared / "corpus" / "2024" / "10" / "01.md"
    ran = run("evaluate", str(gold), str(source))
    assert ran.code == 0
    assert any(line.startswith("result-value") for line in ran.out.splitlines())


HOSTILE = {
    "script": "</script><script>alert(1)</script> & <b>bold</b>",
    "stars": "*" * 20_000,
    "controls": "one\x07two\x1b[31mthree\x9b31m",
    "bidi": "abc\u202e\u2066def",
    "long": "word " * 20_000,
    "unbroken": "x" * 100_000,
    "numbers": "It reaches 1e999, 10^400 and " + "9" * 5000 + "% on GLUE.",
    "brackets": "((((" * 5000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_gives_a_safe_graph(run: Kg, kind: str) -> None:
    text = HOSTILE[kind]
    hostile = row(
        "2401.09999", f"{text[:500]}: A Title", "Ann Lee", f"We propose Omega. {text} It works on GLUE."
    )
    Path("day.md").write_text(digest("2024-01-01", hostile, example_row(1)))
    assert run("build", "day.md", "-q").code == 0
    assert run("validate").code == 0
    shown = run("show", "2401.09999")
    assert shown.code == 0
    assert not any(character in shown.out for character in "\x07\x1b\x9b\u202e\u2066")
    assert run("query", "SELECT * { ?s ?p ?o }").code == 0


def test_styles_are_for_terminals_and_colours_for_those_that_want_them(built: Kg, tmp_path: Path) -> None:
    assert "\x1b" not in built("stats").out
    ours, theirs = os.openpty()
    environment = os.environ | {"NO_COLOR": "1", "TERM": "xterm-256color"}
    process = kg_process("query", "beats", cwd=tmp_path, stdout=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"ZetaaNet" in shown
    assert b"\x1b[1m" in shown
    assert not re.search(rb"\x1b\[[0-9;]*[34][0-9]m", shown)


def test_validate_is_quiet(built: Kg) -> None:
    assert built("validate", "-q") == Ran(0, "", "")


def kg_process(*words: str, cwd: Path, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from kg.cli import main; main()", *words]
    return subprocess.Popen(command, cwd=cwd, text=True, **more)  # type: ignore[call-overload, no-any-return]


def test_a_reader_that_leaves_is_no_error(built: Kg, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = kg_process("stats", cwd=tmp_path, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_a_query_can_be_interrupted(built: Kg, tmp_path: Path) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?c != ?f && ?f != ?i) }"
    process = kg_process("query", endless, cwd=tmp_path, stderr=subprocess.PIPE)
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith("kg: interrupted")
