"""The named queries: their rows on facts made by hand and on the bundled example, and the guard."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

import kg.build
from kg.errors import QueryError
from kg.model import (
    Direction,
    Entity,
    EntityType,
    Evidence,
    Facts,
    Mention,
    Paper,
    Question,
    Result,
    ResultKind,
    Role,
    Slot,
    Summary,
)
from kg.queries import Parameter, Table, ask, bind, guard, load_queries, parse_query
from kg.readers.digest import parse_byline
from kg.store import Store, open_store, query
from kg.vocabulary import OA, XSD, ontology_path

QUERIES = load_queries()
PARAMETERS = [(name, parameter) for name, each in QUERIES.items() for parameter in each.parameters]
HOSTILE = [
    '"',
    "'",
    "\\",
    "{",
    "}",
    "\n",
    "?s ?p ?o",
    '" } UNION { ?s ?p ?o } #',
    "} UNION {",
    "SERVICE <x:y>",
]


class Text:
    """A summary's text, and mentions of the words in it."""

    def __init__(self, id: str, day: str, title: str, byline: str, *sentences: str) -> None:
        text = " ".join(sentences)
        self.sentences = sentences
        self.summary = Summary(Paper(id), "digest", day, title, text, byline, parse_byline(byline))

    def mention(self, words: str, role: Role, within: str = "") -> Mention:
        text = self.summary.abstract
        start = text.index(words, text.index(within))
        return Mention(Evidence("abstract", start, start + len(words), words), role, "by-hand", 9)

    def entity(self, type: EntityType, role: Role, *forms: str) -> Entity:
        return Entity(type, tuple(sorted(self.mention(form, role) for form in forms)))

    def result(
        self,
        sentence: int,
        kind: ResultKind,
        written: str,
        slots: Mapping[str, tuple[EntityType, str]],
        *,
        direction: Direction | None = None,
        against: str | None = None,
    ) -> Result:
        within = self.sentences[sentence]
        number = written.rstrip("%").partition(" ")[0]

        def slot(role: Role) -> Slot | None:
            if role not in slots:
                return None
            type, name = slots[role]
            return Slot(type, name, self.mention(name, role))

        return Result(
            kind,
            number,
            self.mention(written, "value", within),
            self.mention(within, "statedIn"),
            unit=written.removeprefix(number).strip() or None,
            direction=direction,
            baseline_value=against and against.rstrip("%").partition(" ")[0],
            baseline_mention=self.mention(against, "baselineValue", within) if against else None,
            subject=slot("subject"),
            on=slot("on"),
            metric=slot("metric"),
            baseline=slot("baseline"),
        )


ALPHA: tuple[EntityType, str] = ("method", "Alpha")
BETA: tuple[EntityType, str] = ("model", "Beta-7B")
BIG_BETA: tuple[EntityType, str] = ("model", "Beta-70B")
GAMMA: tuple[EntityType, str] = ("method", "Gamma")
DELTA: tuple[EntityType, str] = ("model", "Delta")
SORT: tuple[EntityType, str] = ("benchmark", "SortBench")
MATH: tuple[EntityType, str] = ("benchmark", "MathBench")
ACCURACY: tuple[EntityType, str] = ("metric", "accuracy")
LATENCY: tuple[EntityType, str] = ("metric", "latency")
ODDNESS: tuple[EntityType, str] = ("metric", "oddness")


def first_paper() -> Facts:
    text = Text(
        "2401.00001",
        "2024-01-02",
        "Alpha: sorting fast",
        "Ada Alto, bob42",
        "Alpha sorts SortData with Quick Partition (QP), for the task of list sorting.",
        "On SortBench Alpha has an accuracy of 81.5% where Beta-7B has 80%.",
        "On SortBench its latency is 12 ms, and that of Beta-7B is 10 ms.",
        "It gains 9 points of accuracy over Gamma on MathBench.",
        "Does QP sort strings?",
    )
    entities = (
        text.entity("method", "proposes", "Alpha"),
        text.entity("dataset", "uses", "SortData"),
        text.entity("method", "uses", "Quick Partition", "QP"),
        text.entity("task", "addresses", "list sorting"),
        text.entity("benchmark", "evaluatesOn", "SortBench"),
        text.entity("benchmark", "evaluatesOn", "MathBench"),
        text.entity("model", "comparesWith", "Beta-7B"),
        text.entity("method", "comparesWith", "Gamma"),
        text.entity("metric", "uses", "accuracy"),
        text.entity("metric", "uses", "latency"),
    )
    against_beta = {"subject": ALPHA, "on": SORT, "baseline": BETA}
    against_gamma = {"subject": ALPHA, "on": MATH, "metric": ACCURACY, "baseline": GAMMA}
    results = (
        text.result(1, "score", "81.5%", against_beta | {"metric": ACCURACY}, against="80%"),
        text.result(2, "score", "12 ms", against_beta | {"metric": LATENCY}, against="10 ms"),
        text.result(3, "gain", "9 points", against_gamma, direction="up"),
    )
    question = Question(text.mention("Does QP sort strings?", "leavesOpen"))
    return Facts(text.summary, "by hand", tuple(sorted(entities)), results, (question,))


def second_paper() -> Facts:
    text = Text(
        "2402.00002",
        "2024-02-03",
        "Delta",
        "Ada Alto, bob42, Cy Cole",
        "Delta is a model for list sorting.",
        "On SortBench Delta has an accuracy of 78%, Beta-7B has 79% and Alpha has 80.5%.",
        "It gains 5 points of accuracy over Beta-70B.",
        "Its oddness on MathBench is 40% below that of Gamma.",
    )
    entities = (
        text.entity("model", "proposes", "Delta"),
        text.entity("task", "addresses", "list sorting"),
        text.entity("benchmark", "evaluatesOn", "SortBench"),
        text.entity("benchmark", "evaluatesOn", "MathBench"),
        text.entity("model", "comparesWith", "Beta-7B"),
        text.entity("model", "comparesWith", "Beta-70B"),
        text.entity("method", "comparesWith", "Alpha"),
        text.entity("method", "comparesWith", "Gamma"),
        text.entity("metric", "uses", "accuracy"),
        text.entity("metric", "uses", "oddness"),
    )
    sort = {"on": SORT, "metric": ACCURACY}
    odd = {"subject": DELTA, "on": MATH, "metric": ODDNESS, "baseline": GAMMA}
    results = (
        text.result(1, "score", "78%", sort | {"subject": DELTA, "baseline": BETA}, against="79%"),
        text.result(1, "score", "80.5%", sort | {"subject": ALPHA}),
        text.result(2, "gain", "5 points", sort | {"subject": DELTA, "baseline": BIG_BETA}, direction="up"),
        text.result(3, "gain", "40%", odd, direction="down"),
    )
    return Facts(text.summary, "by hand", tuple(sorted(entities)), results)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two papers whose facts are written by hand, so that every row of every query is known."""
    with open_store(tmp_path_factory.mktemp("made"), write=True) as store:
        store.keep([first_paper(), second_paper()])
        store.refresh()
        yield store


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The bundled example, as kg builds it."""
    folder = tmp_path_factory.mktemp("example")
    kg.build.build(folder=folder)
    with open_store(folder) as store:
        yield store


def rows(store: Store, name: str, columns: str = "", **values: str) -> list[tuple[str, ...]]:
    """The rows of a named query; of some columns only where `columns` names them."""
    table = ask(store, QUERIES[name].sparql, bind(store, QUERIES[name], values))
    assert isinstance(table, Table)
    shown = [table.columns.index(column) for column in columns.split() or table.columns]
    return [tuple(row[i] for i in shown) for row in table.rows]


# The library


def test_the_library_holds_these_queries() -> None:
    assert " ".join(sorted(QUERIES)) == (
        "agreement author-candidates beats broader-tasks co-authors compared-with counts datasets-used "
        "digest-days doubts elsewhere evidence families gains inconsistent leaderboard methods-for metrics "
        "names open-questions paper papers papers-by proposed quotes read-otherwise results-in results-of "
        "same-benchmark top-benchmarks top-methods"
    )


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_says_what_it_tells_and_passes_the_guard(name: str) -> None:
    found = QUERIES[name]
    first = found.help.splitlines()[0]
    assert first[0].isupper() and first.endswith((".", "?")) and len(first) < 110
    assert all(parameter.help for parameter in found.parameters)
    guard(found.sparql)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_declares_its_prefixes_and_projects_its_parameters(name: str) -> None:
    answer = ox.Store().query(QUERIES[name].sparql)
    assert isinstance(answer, ox.QuerySolutions)
    columns = {variable.value for variable in answer.variables}
    assert {parameter.name for parameter in QUERIES[name].parameters} <= columns


def test_every_line_of_a_query_is_short() -> None:
    lines = [line for each in QUERIES.values() for line in each.sparql.splitlines()]
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("name", QUERIES)
def test_rows_do_not_depend_on_the_order_of_the_quads(made: Store, name: str) -> None:
    quads = sorted(made.quads, key=str)
    expected = None
    for seed in range(3):
        random.Random(seed).shuffle(quads)
        store = ox.Store()
        for quad in quads:
            store.add(quad)
        found = query(store, QUERIES[name].sparql)
        assert isinstance(found, ox.QuerySolutions)
        listed = [[str(row[variable]) for variable in found.variables] for row in found]
        expected = expected or listed
        assert listed == expected


@pytest.mark.parametrize("name, parameter", PARAMETERS, ids=[f"{n}-{p.name}" for n, p in PARAMETERS])
def test_a_parameter_selects_rows_and_changes_none(
    made: Store, example: Store, name: str, parameter: Parameter
) -> None:
    column = parameter.name
    datatype = ox.NamedNode(XSD.date if parameter.kind == "day" else XSD.string)
    for store in (made, example):
        free = ask(store, QUERIES[name].sparql)
        assert isinstance(free, Table)
        index = free.columns.index(column)
        for value in sorted({row[index] for row in free.rows})[:20]:
            bound = ask(store, QUERIES[name].sparql, {column: ox.Literal(value, datatype=datatype)})
            assert isinstance(bound, Table)
            assert bound.rows == tuple(row for row in free.rows if row[index] == value)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name, parameter", PARAMETERS, ids=[f"{n}-{p.name}" for n, p in PARAMETERS])
def test_a_hostile_value_finds_nothing(example: Store, name: str, parameter: Parameter, value: str) -> None:
    column = parameter.name
    with pytest.raises(QueryError):
        bind(example, QUERIES[name], {column: value})
    table = ask(example, QUERIES[name].sparql, {column: ox.Literal(value)})
    assert isinstance(table, Table) and table.rows == ()


@pytest.mark.parametrize("value", [*HOSTILE, "<http://x.org/", "<a> . ?s ?p <b>"])
def test_a_hostile_text_stays_a_text(made: Store, value: str) -> None:
    own = parse_query("own", "SELECT ?text ?title { ?paper dcterms:title ?title . FILTER(?text = ?title) }")
    table = ask(made, own.sparql, bind(made, own, {"text": value}))
    assert isinstance(table, Table) and table.rows == ()


# Rows on facts made by hand


def test_leaderboard_ranks_by_the_better_direction(made: Store) -> None:
    found = rows(made, "leaderboard", "metric thing value unit stated_as paper", benchmark="SortBench")
    assert found == [
        ("accuracy", "Alpha", "81.5%", "%", "score", "2401.00001"),
        ("accuracy", "Alpha", "80.5%", "%", "score", "2402.00002"),
        ("accuracy", "Beta-7B", "80%", "%", "baseline", "2401.00001"),
        ("accuracy", "Beta-7B", "79%", "%", "baseline", "2402.00002"),
        ("accuracy", "Delta", "78%", "%", "score", "2402.00002"),
        ("accuracy", "Delta", "5 points", "points", "gain", "2402.00002"),
        ("latency", "Beta-7B", "10 ms", "ms", "baseline", "2401.00001"),
        ("latency", "Alpha", "12 ms", "ms", "score", "2401.00001"),
    ]


def test_leaderboard_quotes_the_sentence(made: Store) -> None:
    assert rows(made, "leaderboard", "thing day words", benchmark="sortbench")[0] == (
        "Alpha",
        "2024-01-02",
        "On SortBench Alpha has an accuracy of 81.5% where Beta-7B has 80%.",
    )


def test_beats_reads_levels_and_gains_in_both_directions(made: Store) -> None:
    found = rows(made, "beats", "beaten benchmark winner metric level against by paper")
    assert found == [
        ("Alpha", "SortBench", "Beta-7B", "latency", "10", "12", "2", "2401.00001"),
        ("Beta-70B", "SortBench", "Delta", "accuracy", "", "", "5 points", "2402.00002"),
        ("Beta-7B", "SortBench", "Alpha", "accuracy", "81.5", "80", "1.5", "2401.00001"),
        ("Delta", "SortBench", "Beta-7B", "accuracy", "79", "78", "1", "2402.00002"),
        ("Gamma", "MathBench", "Alpha", "accuracy", "", "", "9 points", "2401.00001"),
    ]


def test_beats_says_who_says_so(made: Store) -> None:
    found = rows(made, "beats", "winner paper day words", beaten="Gamma", benchmark="MathBench")
    words = "It gains 9 points of accuracy over Gamma on MathBench."
    assert found == [("Alpha", "2401.00001", "2024-01-02", words)]


def test_results_of(made: Store) -> None:
    columns = "benchmark metric kind value unit baseline baseline_value paper"
    assert rows(made, "results-of", columns, thing="Alpha") == [
        ("MathBench", "accuracy", "gain", "9 points", "points", "Gamma", "", "2401.00001"),
        ("SortBench", "accuracy", "score", "80.5%", "%", "", "", "2402.00002"),
        ("SortBench", "accuracy", "score", "81.5%", "%", "Beta-7B", "80", "2401.00001"),
        ("SortBench", "latency", "score", "12 ms", "ms", "Beta-7B", "10", "2401.00001"),
    ]


def test_results_in(made: Store) -> None:
    assert rows(made, "results-in", "thing benchmark metric value baseline", paper="2402.00002") == [
        ("Delta", "MathBench", "oddness", "40%", "Gamma"),
        ("Alpha", "SortBench", "accuracy", "80.5%", ""),
        ("Delta", "SortBench", "accuracy", "5 points", "Beta-70B"),
        ("Delta", "SortBench", "accuracy", "78%", "Beta-7B"),
    ]


def test_methods_for(made: Store) -> None:
    assert rows(made, "methods-for", task="list sorting") == [
        ("list sorting", "Alpha", "method", "2401.00001", "Alpha: sorting fast", "2024-01-02"),
        ("list sorting", "Delta", "model", "2402.00002", "Delta", "2024-02-03"),
    ]


def test_co_authors_whom_an_account_joins_count_together(made: Store) -> None:
    assert rows(made, "co-authors", author="Ada Alto") == [
        ("Ada Alto", "bob42", "2", "2401.00001"),
        ("Ada Alto", "Cy Cole", "1", "2402.00002"),
    ]


def test_papers_by(made: Store) -> None:
    assert rows(made, "papers-by", author="bob42") == [
        ("bob42", "2401.00001", "Alpha: sorting fast", "2024-01-02"),
        ("bob42", "2402.00002", "Delta", "2024-02-03"),
    ]


def test_papers_and_digest_days(made: Store) -> None:
    assert rows(made, "papers", day="2024-02-03") == [("2024-02-03", "2402.00002", "Delta", "4")]
    assert rows(made, "digest-days") == [("2024-01-02", "1", "3"), ("2024-02-03", "1", "4")]


def test_compared_with(made: Store) -> None:
    assert rows(made, "compared-with") == [
        ("Alpha", "Beta-7B", "1", "2401.00001"),
        ("Alpha", "Gamma", "1", "2401.00001"),
        ("Delta", "Alpha", "1", "2402.00002"),
        ("Delta", "Beta-70B", "1", "2402.00002"),
        ("Delta", "Beta-7B", "1", "2402.00002"),
        ("Delta", "Gamma", "1", "2402.00002"),
    ]


def test_top_benchmarks_and_top_methods(made: Store) -> None:
    assert rows(made, "top-benchmarks") == [("SortBench", "2", "5"), ("MathBench", "2", "2")]
    assert rows(made, "top-methods") == [
        ("Beta-7B", "model", "2", "0", "2"),
        ("Gamma", "method", "2", "0", "2"),
        ("Alpha", "method", "1", "0", "1"),
        ("Beta-70B", "model", "1", "0", "1"),
        ("Quick Partition", "method", "1", "1", "0"),
    ]


def test_evidence(made: Store) -> None:
    text = first_paper().summary.abstract
    found = rows(made, "evidence", "backs words field start end paper day found_by confidence", thing="QP")
    assert [row[:3] for row in found] == [
        ("uses", "Quick Partition", "abstract"),
        ("uses", "QP", "abstract"),
    ]
    assert all(text[int(row[3]) : int(row[4])] == row[1] for row in found)
    assert {row[5:] for row in found} == {("2401.00001", "2024-01-02", "by-hand", "0.9")}


def test_evidence_holds_what_backs_the_slots_of_results(made: Store) -> None:
    backs = {row[0] for row in rows(made, "evidence", "backs", thing="Beta-7B")}
    assert backs == {"compares with", "baseline"}


def test_quotes_are_proven_and_a_false_one_is_found(made: Store) -> None:
    assert rows(made, "quotes") == []
    store = ox.Store()
    store.extend(made.quads)
    (start, *_) = store.quads_for_pattern(None, ox.NamedNode(OA.start), None, ox.DefaultGraph())
    store.remove(start)
    moved = ox.Literal(int(start.object.value) + 1)
    store.add(ox.Quad(start.subject, start.predicate, moved))
    found = query(store, QUERIES["quotes"].sparql)
    assert isinstance(found, ox.QuerySolutions)
    assert [row["mention"] for row in found] == [start.subject]


def test_datasets_used(made: Store) -> None:
    expected = ("SortData", "uses", "2401.00001", "Alpha: sorting fast", "2024-01-02")
    assert rows(made, "datasets-used") == [expected]


def test_proposed(made: Store) -> None:
    assert rows(made, "proposed", "paper proposed type") == [
        ("2401.00001", "Alpha", "method"),
        ("2402.00002", "Delta", "model"),
    ]


def test_paper(made: Store) -> None:
    assert rows(made, "paper", "relation what type", paper="2401.00001") == [
        ("addresses", "list sorting", "task"),
        ("author", "bob42", "handle"),
        ("author", "Ada Alto", "name"),
        ("compares with", "Gamma", "method"),
        ("compares with", "Beta-7B", "model"),
        ("evaluates on", "MathBench", "benchmark"),
        ("evaluates on", "SortBench", "benchmark"),
        ("leaves open", "Does QP sort strings?", ""),
        ("proposes", "Alpha", "method"),
        ("title", "Alpha: sorting fast", ""),
        ("uses", "SortData", "data set"),
        ("uses", "Quick Partition", "method"),
        ("uses", "accuracy", "metric"),
        ("uses", "latency", "metric"),
    ]


def test_same_benchmark(made: Store) -> None:
    assert rows(made, "same-benchmark", paper="2401.00001") == [
        ("2401.00001", "MathBench", "2402.00002", "Delta"),
        ("2401.00001", "SortBench", "2402.00002", "Delta"),
    ]


def test_families_and_names(made: Store) -> None:
    assert rows(made, "families") == [
        ("Beta", "Beta-7B", "7000000000", "2"),
        ("Beta", "Beta-70B", "70000000000", "1"),
    ]
    assert rows(made, "names") == [("Quick Partition", "method", "QP", "abbreviation", "1")]


def test_metrics(made: Store) -> None:
    assert rows(made, "metrics") == [
        ("accuracy", "up", "5", "2"),
        ("latency", "down", "1", "1"),
        ("oddness", "", "1", "1"),
    ]


def test_gains(made: Store) -> None:
    columns = "gain thing benchmark metric baseline check paper"
    expected = ("-40", "Delta", "MathBench", "oddness", "Gamma", "ambiguous", "2402.00002")
    assert rows(made, "gains", columns) == [expected]


def test_a_gain_over_another_baseline_is_not_inconsistent(made: Store) -> None:
    assert rows(made, "inconsistent") == []


def about_delta(sentence: str) -> tuple[Text, tuple[Entity, ...]]:
    """A text of one sentence that names Delta, Beta-7B, SortBench and accuracy; the four things in it."""
    text = Text("2403.00003", "2024-03-04", "Delta", "", sentence)
    entities = (
        text.entity("model", "proposes", "Delta"),
        text.entity("benchmark", "evaluatesOn", "SortBench"),
        text.entity("metric", "uses", "accuracy"),
        text.entity("model", "comparesWith", "Beta-7B"),
    )
    return text, tuple(sorted(entities))


def test_inconsistent(tmp_path: Path) -> None:
    sentence = "On SortBench Delta has an accuracy of 78%, 9 points above the 75% of Beta-7B."
    text, entities = about_delta(sentence)
    slots = {"subject": DELTA, "on": SORT, "metric": ACCURACY, "baseline": BETA}
    results = (
        text.result(0, "score", "78%", slots, against="75%"),
        text.result(0, "gain", "9 points", slots, direction="up"),
    )
    with open_store(tmp_path, write=True) as store:
        store.keep([Facts(text.summary, "by hand", tuple(sorted(entities)), results)])
        store.refresh()
        columns = "paper thing benchmark metric value baseline_value difference stated_gain"
        expected = ("2403.00003", "Delta", "SortBench", "accuracy", "78", "75", "3", "9 points")
        assert rows(store, "inconsistent", columns) == [expected]


def test_doubts(tmp_path: Path) -> None:
    sentence = (
        "On SortBench Delta has an accuracy of 178%, 9 points above 75% before, an accuracy of 60% after 60% "
        "for Beta-7B, 78%, 9 points above the 75% of Beta-7B, 5% fewer errors, an accuracy of 512, "
        "and one of 99%."
    )
    text, entities = about_delta(sentence)
    slots = {"subject": DELTA, "on": SORT, "metric": ACCURACY}
    results = (
        text.result(0, "score", "178%", slots),
        text.result(0, "gain", "5%", {**slots, "baseline": DELTA}, direction="down"),
        text.result(0, "score", "60%", {**slots, "baseline": BETA}, against="60%"),
        text.result(0, "score", "78%", {**slots, "baseline": BETA}, against="75%"),
        text.result(0, "gain", "9 points", {**slots, "baseline": BETA}, direction="up"),
        text.result(0, "score", "512", slots),
        text.result(0, "score", "99%", slots),
    )
    with open_store(tmp_path, write=True) as store:
        store.keep([Facts(text.summary, "by hand", tuple(sorted(entities)), results)])
        store.refresh()
        assert rows(store, "doubts", "doubt value") == [
            ("compared with itself", "5%"),
            ("no other than its baseline", "60%"),
            ("no share of 100 %", "178%"),
            ("other than the gain beside it", "60%"),
            ("other than the gain beside it", "78%"),
            ("outside the metric's range", "512"),
        ]


def test_agreement(made: Store) -> None:
    assert rows(made, "agreement") == [
        ("Alpha", "SortBench", "accuracy", "%", "2", "80.5", "81.5", "1"),
        ("Beta-7B", "SortBench", "accuracy", "%", "2", "79", "80", "1"),
    ]


def test_open_questions(made: Store) -> None:
    expected = ("2401.00001", "2024-01-02", "Does QP sort strings?", "Alpha: sorting fast")
    assert rows(made, "open-questions") == [expected]
    assert rows(made, "open-questions", paper="2402.00002") == []


def test_counts(made: Store) -> None:
    found = {thing: int(count) for thing, count in rows(made, "counts")}
    assert found["paper"] == found["summary"] == found["digest"] == 2
    assert found["author"] == 3  # one whom an account joins, the account, and one more
    assert found["model"] == 4  # Delta, two Betas and their family
    assert found["method"] == 3 and found["benchmark"] == 2 and found["metric"] == 3
    assert found["result"] == 7 and found["open question"] == 1


# Rows on the bundled example, expected from reading it

EXAMPLE: dict[str, tuple[dict[str, str], str, list[tuple[str, ...]]]] = {
    "leaderboard": (
        {"benchmark": "GLUE"},
        "value paper day words",
        [
            (
                "81.8",
                "2409.18747",
                "2024-10-01",
                "BERT with Cottention has a GLUE average of 81.8 against 83.1 for softmax attention; "
                "on language modelling with GPT-J, perplexity stays comparable.",
            )
        ],
    ),
    "beats": (
        {"beaten": "MM1-30B", "benchmark": "MathVista"},
        "winner level against by paper",
        [("MM1.5-30B", "55.6", "39.4", "16.2", "2409.20566")],
    ),
    "results-of": (
        {"thing": "MM1.5-30B"},
        "benchmark value baseline_value",
        [("MathVista", "55.6", "39.4"), ("DocVQA", "91.4", "75.8"), ("InfoVQA", "67.3", "47.3")],
    ),
    "results-in": (
        {"paper": "2409.19627"},
        "metric value",
        [("signal-to-noise ratio", "35.41 dB"), ("accuracy", "99.44%")],
    ),
    "methods-for": (
        {"task": "dialogue summarization"},
        "proposed paper",
        [("DiaSynth", "2409.19020")],
    ),
    "co-authors": (
        {"author": "Eric C. Larson"},
        "co_author papers",
        [("TrevorDohm", "1"), ("gmongaras", "1")],
    ),
    "papers-by": (
        {"author": "Sanjeev Arora"},
        "paper title",
        [("2409.19808", "Can Models Learn Skill Composition from Examples?")],
    ),
    "papers": ({"day": "2024-10-01"}, "paper title", [("2409.19606", "Hyper-Connections")]),
    "digest-days": ({}, "day papers", [("2024-10-01", "10")]),
    "compared-with": ({"rival": "MM1-30B"}, "thing rival papers", [("MM1.5-30B", "MM1-30B", "1")]),
    "top-benchmarks": ({}, "benchmark papers", [("GLUE", "1"), ("MathVista", "1")]),
    "top-methods": (
        {},
        "thing type use",
        [("BERT", "model", "1"), ("supervised fine-tuning", "method", "1")],
    ),
    "evidence": (
        {"thing": "UniAff"},
        "backs words field",
        [("proposes", "UniAff", "title"), ("subject", "UniAff", "abstract")],
    ),
    "proposed": (
        {"paper": "2409.19715"},
        "proposed",
        [("COFFEE-GYM",), ("COFFEE",), ("COFFEEEVAL",)],
    ),
    "paper": (
        {"paper": "2409.18747"},
        "relation what",
        [
            ("title", "Cottention: Linear Transformers With Cosine Attention"),
            ("author", "Eric C. Larson"),
            ("proposes", "Cottention"),
            ("evaluates on", "GLUE"),
            ("leaves open", "Which part of the kernel holds the unexplained memory?"),
        ],
    ),
    "families": ({"family": "LLaMA-2"}, "version parameters", [("LLaMA-2-13B-Chat", "13000000000")]),
    "names": ({"thing": "Target Length Generation Task"}, "written_as reason", [("TLG", "abbreviation")]),
    "elsewhere": (
        {"thing": "BERT"},
        "type how page",
        [("model", "the same", "http://www.wikidata.org/entity/Q61726893")],
    ),
    "metrics": ({}, "metric better", [("accuracy", "up"), ("perplexity", "down")]),
    "gains": ({}, "gain thing check paper", [("56.9", "UniAff", "ambiguous", "2409.20551")]),
    "open-questions": (
        {"paper": "2409.19606"},
        "question",
        [("How much slower is one training step?",), ("Does the speed-up survive a longer schedule?",)],
    ),
    "counts": ({}, "things count", [("paper", "10"), ("digest", "1"), ("summary", "10")]),
}
NOTHING_IN_EXAMPLE = {
    "agreement",
    "author-candidates",
    "broader-tasks",
    "datasets-used",
    "doubts",
    "inconsistent",
    "quotes",
    "read-otherwise",
    "same-benchmark",
}
"""No two of its papers measure on one benchmark, none contradicts itself, and no quote is false.

No two authors have one name, no task is the end of another's name, and no name is read as two types.

The data set that one of its papers uses is not found.
"""


@pytest.mark.parametrize("name", QUERIES)
def test_rows_on_the_example(example: Store, name: str) -> None:
    if name in NOTHING_IN_EXAMPLE:
        assert rows(example, name) == []
        return
    values, columns, expected = EXAMPLE[name]
    found = rows(example, name, columns, **values)
    assert [row for row in expected if row not in found] == [], found


# The guard

P = "PREFIX : <http://e.org/> PREFIX x: <http://e.org/> SELECT * "
ASKS_ELSEWHERE = {
    "plain": "SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }",
    "lower case": "SELECT * { service <http://e.org/> { ?s ?p ?o } }",
    "behind an odd space": "SELECT * { OPTIONAL{?a ?b <http://x\u00a0#>} SERVICE <x:y> {?s ?p ?o}\n}",
    "silent": "SELECT * { SeRvIcE SILENT <http://e.org/> { ?s ?p ?o } }",
    "variable": "SELECT * { SERVICE ?where { ?s ?p ?o } }",
    "name without a space": P + "{ SERVICE:x { ?s ?p ?o } }",
    "silent without a space": P + "{ SERVICESILENT:x { ?s ?p ?o } }",
    "after a number": P + "{ ?s ?p 1SERVICE <http://e.org/> { ?a ?b ?c } }",
    "after a decimal": P + "{ ?s ?p 1.0SERVICE <http://e.org/> { ?a ?b ?c } }",
    "after true": P + "{ ?s ?p trueSERVICE <http://e.org/> { ?a ?b ?c } }",
    "after a dot": P + "{ ?s ?p x:.SERVICE <http://e.org/> { ?a ?b ?c } }",
    "in what may be an IRI": P + "{ ?s ?p ?a FILTER(?a<2)SERVICE#>\n:x { ?b ?c ?d } }",
    "a comment in what may be an IRI": P
    + '{ ?s ?p ?a FILTER(?a<x:b#>"""\n||true) SERVICE:x { ?b ?c ?d } #"""\n }',
    "a quote in what may be an IRI": P
    + "{ ?s ?p ?a FILTER(?a<'>'||true) SERVICE:x { ?b ?c ?d } FILTER(?a<'>'||true) }",
    "after an escaped #": P + "{ ?s ?p x:a\\#b . SERVICE <http://e.org/> { ?b ?c ?d } }",
    "after an escaped quote": P + "{ ?s ?p x:a\\'b SERVICE <http://e.org/> { ?b ?c ?d } FILTER('') }",
    "escaped": "SELECT * { \\u0053ERVICE <http://e.org/> { ?s ?p ?o } }",
    "escaped, long": "SELECT * { S\\U00000045RVICE <http://e.org/> { ?s ?p ?o } }",
    "after an escaped end of a comment": "SELECT * { # \\u000A SERVICE <http://e.org/> { ?s ?p ?o }\n }",
    "after an escaped end of a string": P + "{ ?s ?p '\\u0027 . SERVICE <http://e.org/> { ?a ?b ?c } #' }",
    "lateral": P + "{ ?s ?p ?o LATERAL { SERVICE:x { ?a ?b ?c } } }",
    "in an update": "INSERT { ?s ?p ?o } WHERE { SERVICE <http://e.org/> { ?s ?p ?o } }",
}
HARMLESS = {
    "comment": "SELECT * { ?s ?p ?o # SERVICE <http://e.org/> { }\n }",
    "string": "SELECT * { ?s ?p 'SERVICE <x> {' }",
    "long string": 'SELECT * { ?s ?p """a "quoted" SERVICE <x> { \n""" }',
    "IRI": "SELECT * { ?s a <https://schema.org/Service#service> }",
    "variable": "SELECT ?service { ?service ?p $SERVICE }",
    "local name": "SELECT * { ?s a schema:Service ; kg:uses/_:service ?o }",
    "comparison": "SELECT * { ?s ?p ?a , ?b FILTER(?a < ?b && ?b > 3 || ?a<3 || ?a <= ?b) }",
    "urn": "SELECT * { GRAPH <urn:x:y> { ?s ?p <page.html> } }",
    "accents": "SELECT * { ?s ?p 'caf\\u00e9 \\n \\\\' }",
}


@pytest.mark.parametrize("disguise", ASKS_ELSEWHERE)
def test_the_guard_refuses_service(disguise: str) -> None:
    with pytest.raises(QueryError, match=r"SERVICE is refused|read in two ways"):
        guard(ASKS_ELSEWHERE[disguise])


@pytest.mark.parametrize("what", HARMLESS)
def test_the_guard_lets_the_word_pass_where_it_asks_nobody(what: str) -> None:
    guard(HARMLESS[what])


OVERFLOWS = {
    "braces": ("SELECT * " + "{" * 8000, "nests deeper than 64"),
    "brackets": ("SELECT * { FILTER(" + "(" * 8000, "nests deeper than 64"),
    "triple terms": ("SELECT * { " + "<< " * 8000, "nests deeper than 64"),
    "escaped braces": ("SELECT * " + "\\u007B" * 8000, "read in two ways"),
    "and": ("SELECT * { ?s ?p ?o FILTER(1" + " && 1" * 10_000 + ") }", "joins more than 500"),
    "minus": ("SELECT * { ?s ?p ?o FILTER(1" + "-1" * 10_000 + ") }", "joins more than 500"),
    "path": ("SELECT * { ?s a" + "/a" * 10_000 + " ?o }", "joins more than 500"),
    "hidden in what may be an IRI": ("SELECT * { FILTER(?a<" + "(" * 8000 + "?b>1", "read in two ways"),
    "long": ("#" * 100_001, "at most 100000"),
}


@pytest.mark.parametrize("what", OVERFLOWS)
def test_the_guard_refuses_what_overflows_the_parser(what: str) -> None:
    text, message = OVERFLOWS[what]
    begin = time.perf_counter()
    with pytest.raises(QueryError, match=message):
        guard(text)
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize(
    "unit", ['\\"', '\\"""', "'", '"""a', "<", "<a:", "servic", "\\u0022", ":", "9.", "?"]
)
def test_the_guard_is_quick_on_repeated_text(unit: str) -> None:
    for opening in ("", '"', "'''", "<"):
        begin = time.perf_counter()
        with_limit(opening + unit * (90_000 // len(unit)))
        assert time.perf_counter() - begin < 1


@settings(deadline=1000, max_examples=200)
@given(st.text("{}()[]<>\"'\\#?$:@.^|/&!*+-;,=uU0027service \n", max_size=400), st.integers(1, 200))
def test_the_guard_is_quick_on_any_text(text: str, times: int) -> None:
    with_limit((text * times)[:100_000])


def with_limit(text: str) -> None:
    """Runs the guard, which may refuse the text, but may not fail otherwise."""
    try:
        guard(text)
    except QueryError:
        return


@pytest.mark.parametrize("disguise", ASKS_ELSEWHERE)
def test_no_refused_text_reaches_the_parser(made: Store, disguise: str) -> None:
    with pytest.raises(QueryError):
        ask(made, ASKS_ELSEWHERE[disguise])


def test_the_queries_are_found_where_the_ontology_lies() -> None:
    files = ontology_path("queries").iterdir()
    assert {file.name for file in files} == {f"{name}.rq" for name in QUERIES}


def test_a_table_shows_itself_in_a_notebook() -> None:
    table = Table(("thing", "value"), (("<script>a & b</script>", "5.5"),), frozenset({"value"}))
    shown = html.fromstring(table._repr_html_())
    assert [cell.text for cell in shown.iter("th", "td")] == [
        "thing",
        "value",
        "<script>a & b</script>",
        "5.5",
    ]
    assert [cell.get("style") for cell in shown.iter("td")] == ["text-align:left", "text-align:right"]
