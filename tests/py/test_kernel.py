"""The predictor `kernel`: radial basis functions around every position of the training text, found by hashing."""

from __future__ import annotations

import json
import math
import pickle
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from coder import decode, encode
from pages import check_page, data_of
from texts import make_text

import pylm
from pylm._core.native import ffi, lib
from pylm.cli import main

TRAIN = make_text(9005, seed=1)  # 10,000 positions
TEST = make_text(910, seed=2)
CASES = {
    "classes": ({"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=20)}, pylm.KernelOptions(reach=4)),
    "no classes": (
        {"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=20)},
        pylm.KernelOptions(reach=4, class_distances=False),
    ),
    "six": ({"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=20)}, pylm.KernelOptions(reach=6)),
    "five": ({"tokenizer": "words", "symbols": pylm.SymbolOptions(classes=20)}, pylm.KernelOptions(reach=5)),
    "bytes": ({}, pylm.KernelOptions(reach=5)),
}
NEAR = {
    "classes": ([4.0, 2.5, 1.25, 0.5], [1.5, 1.0, 0.25]),
    "no classes": ([5.0, 3.0, 0.0, 1.0], []),
    "six": ([3.0, 2.0, 1.5, 1.0, 0.75, 0.5], []),
    "five": ([4.0, 2.0, 1.0, 0.5, 0.25], [3.0]),
    "bytes": ([4.0, 3.0, 2.0, 1.0, 0.5], []),
}
COST = 2.5 / 65536  # a cost's, bits


@lru_cache
def get(case: str) -> pylm.Model:
    text = TRAIN if case != "bytes" else TRAIN[:10_000]
    options, kernel = CASES[case]
    return pylm.train([text], kernel=kernel, progress=False, **options)


def classes_of(model: pylm.Model) -> np.ndarray:
    """The class of every symbol, and last, of what stands before the start of a text."""
    found, coarse = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    classes = []
    for symbol in range(model.n_symbols):
        assert lib.pylm_symbol_class(model._image.model, 0, symbol, found, coarse) == lib.PYLM_OK
        classes.append(found[0])
    return np.array([*classes, -1], np.int64)


def histories(model: pylm.Model, symbols: np.ndarray) -> np.ndarray:
    """The last symbols before every position, of shape (n, reach): a line end before the first, -1 before that."""
    reach = len(model.info.kernel.distances)
    padded = np.concatenate([np.full(reach - 1, -1), [model.info.begins], symbols])
    return np.stack([padded[reach - 1 - j : reach - 1 - j + len(symbols)] for j in range(reach)], axis=1)


class DirectSum:
    """f(x) = sum over all centres of f(b) exp(-tau K(x, b)), one after the other, in double precision."""

    def __init__(self, model: pylm.Model, text: str) -> None:
        self.kernel = model.info.kernel
        self.n_symbols, self.classes = model.n_symbols, classes_of(model)
        end = [] if model.info.ends in (None, model.info.begins) else [model.info.ends]
        self.symbols = np.array([*model.encode(text, add_eos=True), *end])
        self.centres = histories(model, self.symbols)

    def distances(self, history: np.ndarray) -> np.ndarray:
        total = np.zeros(len(self.centres))
        for j, t in enumerate(self.kernel.distances):
            other = self.centres[:, j] != history[j]
            each = np.where(other, t, 0.0)
            if j < len(self.kernel.class_distances):
                similar = self.classes[self.centres[:, j]] == self.classes[history[j]]
                each = np.where(other & similar, self.kernel.class_distances[j], each)
            total += each
        return total

    def __call__(self, history: np.ndarray) -> np.ndarray:
        weights = np.exp(-self.kernel.tau * self.distances(history))
        f = np.bincount(self.symbols, weights, self.n_symbols)
        background = np.exp(-self.kernel.tau * sum(self.kernel.distances))  # one occurrence, the farthest
        return (f + background / self.n_symbols) / (f.sum() + background)


@pytest.mark.parametrize("case", CASES)
def test_hashing_gives_the_sum_over_all_centres(case: str) -> None:
    """10,000 positions of training text, 1,000 queries."""
    text = TRAIN if case != "bytes" else TRAIN[:10_000]
    model = get(case).kernel(1.0, *(NEAR[case] if NEAR[case][1] else NEAR[case][:1]))
    direct = DirectSum(model, text)
    assert len(direct.symbols) >= 10_000
    queries = np.array(model.encode(TEST if case != "bytes" else TEST[:1000], add_eos=True))
    costs = -model.logprobs(queries) / np.log(2)
    assert len(queries) >= 1000
    seen = 0
    for i, history in enumerate(histories(model, queries)):
        expected = direct(history)
        assert abs(costs[i] + np.log2(expected[queries[i]])) <= COST
        seen += direct.distances(history).min() == 0
        if i % 50 == 0:
            assert model.distribution(queries[:i]) == pytest.approx(expected, rel=1e-7, abs=2.0**-55)
    assert 0 < seen < len(queries)  # contexts that were seen, and others


@pytest.mark.parametrize("case", ["classes", "six", "bytes"])
def test_sums_to_one_for_any_tau(case: str) -> None:
    for tau, context in product([0.0, 0.01, 1.0, 7.5, 1000.0, 65535.0], ["", "papapa", "never in zzz qqq any text"]):
        model = get(case).kernel(tau)
        q62 = model._image.distribution_q62(model._state_after(context))
        assert int(q62.sum(dtype=np.uint64)) == 1 << 62
        ids = np.arange(model.n_symbols)
        probabilities = [np.exp(model.score([i], context=context)) for i in ids[:: len(ids) // 40]]
        assert min(probabilities) > 0 or tau > 1  # far below what a double has, with a large tau
        assert probabilities == pytest.approx(q62[:: len(ids) // 40] * 2.0**-62, rel=1e-4, abs=2.0**-54)
        best = model.next(context, 5)
        assert best[0].probability == pytest.approx(float(q62.max()) * 2.0**-62, rel=1e-4)


def test_nothing_read_matters_with_tau_0() -> None:
    model = get("classes").kernel(0.0)
    direct = DirectSum(model, TRAIN)
    expected = (np.bincount(direct.symbols, minlength=model.n_symbols) + 1 / model.n_symbols) / (
        len(direct.symbols) + 1
    )
    for context in ("", "papapa", "popo pipi"):
        assert model.distribution(context) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("case", ["classes", "no classes", "six"])
def test_a_large_tau_gives_back_what_followed(case: str) -> None:
    """The limit: the empirical distribution of what followed the nearest centres; where a context was seen, its own."""
    model = get(case).kernel(2000.0, *(NEAR[case] if NEAR[case][1] else NEAR[case][:1]))
    direct = DirectSum(model, TRAIN)
    queries = np.array(model.encode(TEST, add_eos=True))
    for i in range(0, len(queries), 40):
        history = histories(model, queries[: i + 1])[-1]
        distances = direct.distances(history)
        followers = np.bincount(direct.symbols[distances <= distances.min() + 1e-9], minlength=model.n_symbols)
        assert model.distribution(queries[:i]) == pytest.approx(followers / followers.sum(), rel=1e-7, abs=1e-15)


def test_training_text_is_learned_exactly() -> None:
    """With a large tau the cost of the training text is its empirical optimum, and contexts with one follower are
    right."""
    model = get("classes").kernel(2000.0, [3.0, 2.0, 1.0, 0.5], [2.0, 1.0, 0.5])
    symbols = np.array(model.encode(TRAIN, add_eos=True))
    contexts = [tuple(h) for h in histories(model, symbols)]
    counts: dict[tuple[int, ...], dict[int, int]] = {}
    for context, symbol in zip(contexts, symbols.tolist(), strict=False):
        counts.setdefault(context, {}).setdefault(symbol, 0)
        counts[context][symbol] += 1
    expected = [
        np.log2(sum(counts[c].values()) / counts[c][s]) for c, s in zip(contexts, symbols.tolist(), strict=False)
    ]
    costs = -model.logprobs(symbols) / np.log(2)
    assert np.abs(costs - expected).max() <= COST
    single = [i for i, c in enumerate(contexts) if len(counts[c]) == 1]
    assert len(single) > 1000
    for i in single[::100]:
        best = model.next(symbols[:i], 1)[0]
        assert (best.id, round(best.probability, 9)) == (symbols[i], 1.0)


def test_there_are_at_most_64_tables() -> None:
    for case in CASES:
        contexts = get(case).info.training["trees"][0]["contexts"]
        assert len(contexts) <= 64
        assert sum(contexts.values()) == get(case).info.contexts
    assert len(get("six").info.training["trees"][0]["contexts"]) == 64
    assert len(get("classes").info.training["trees"][0]["contexts"]) == 54


def test_same_bytes_for_any_number_of_threads_and_memory() -> None:
    def bytes_of(**settings: object) -> bytes:
        options, kernel = CASES["classes"]
        model = pylm.train([TRAIN], kernel=kernel, progress=False, **options, **settings)
        return model._image.content()

    one = bytes_of(threads=1)
    assert one == bytes_of(threads=3) == get("classes")._image.content()
    assert one == bytes_of(threads=2, memory="80M")


def test_chosen_distances_are_better_than_others() -> None:
    """On the text that is held out."""

    def bits(model: pylm.Model) -> int:
        return model.info.training["trees"][0]["heldout_millibits_per_symbol"]

    def train(distances: list[float] | None = None) -> pylm.Model:
        return pylm.train([TRAIN[:20_000]], tokenizer="bytes", kernel=pylm.KernelOptions(reach=2, distances=distances))

    chosen = train()
    for i, factor in ((0, 0.5), (1, 0.5), (1, 2.0)):
        other = [t * (factor if i == j else 1) for j, t in enumerate(chosen.info.kernel.distances)]
        assert bits(train(other)) > bits(chosen)
    assert all(
        u <= t
        for u, t in zip(get("classes").info.kernel.class_distances, get("classes").info.kernel.distances, strict=False)
    )


def test_given_distances_are_kept() -> None:
    model = pylm.train(
        [TRAIN], tokenizer="words", kernel=pylm.KernelOptions(reach=2, distances=[4, 1.5], class_distances=[2, 1])
    )
    assert model.info.kernel == pylm.Kernel(1.0, (4.0, 1.5), (2.0, 1.0))
    assert model.kernel(2.0).kernel(distances=[1, 1]).info.kernel == pylm.Kernel(2.0, (1.0, 1.0), (1.0, 1.0))
    assert model.info.kernel.tau == 1.0


def test_settings_change_nothing_but_the_view(tmp_path: object) -> None:
    model = get("classes")
    before = model.score(TEST)
    other = model.kernel(0.5)
    assert other.score(TEST) != before == model.score(TEST)
    assert pickle.loads(pickle.dumps(other)).score(TEST) == other.score(TEST)
    other.save(tmp_path / "k.pylm")  # type: ignore[operator]
    assert pylm.load(tmp_path / "k.pylm").score(TEST) == before  # type: ignore[operator]


def test_an_arithmetic_coder_spends_what_it_costs() -> None:
    model = get("classes")
    symbols = model.encode(TEST)[:300]
    states = [model._image.new_state(), model._image.new_state()]

    def distribution(i: int):
        return lambda: model._image.distribution_q62(states[i])

    def push(i: int):
        return lambda symbol: lib.pylm_state_push(model._image.model, states[i], symbol)

    bits = encode(symbols, distribution(0), push(0))
    assert decode(bits, len(symbols), distribution(1), push(1)) == symbols
    assert len(bits) == pytest.approx(-model.score(symbols) / np.log(2), abs=3)


def test_everything_that_a_model_does(tmp_path: object) -> None:
    model = get("classes")
    assert model.generate("papapa", 20, seed=1) == model.generate("papapa", 20, seed=1)
    assert len(model.generate_ids("papapa", 20, seed=1, temperature=0)) == 20
    assert model.score_batch([TEST, "papapa"]) == [model.score(TEST), model.score("papapa")]
    k = model.next("papapa", 50)
    d = model.distribution("papapa")
    assert [p.id for p in k[:10]] == np.argsort(-d, kind="stable")[:10].tolist()
    words = [p.text for p in k if p.text[0] != "<"][:3]
    allowed = {p.text: p.probability for p in model.next("papapa", 3, constraint=pylm.OneOf(words))}
    expected = {p.text: p.probability for p in k if p.text in words}
    assert allowed == pytest.approx({w: p / sum(expected.values()) for w, p in expected.items()}, rel=1e-4)
    assert len(model.beam_search("papapa", 3, n=2)) == 2


def test_nearest_positions_and_refusal() -> None:
    model = get("classes").kernel(1.0, *NEAR["classes"])
    direct = DirectSum(model, TRAIN)
    queries = np.array(model.encode(TEST, add_eos=True))[:400]
    answers = []
    for i, history in enumerate(histories(model, queries)):
        distances = direct.distances(history)
        nearest = model.nearest(queries[:i])
        assert nearest == (distances.min(), (distances == distances.min()).sum(), ())
        answers.append((*nearest[:2], model.next(queries[:i], 1)[0].id == queries[i]))
    for radius, least in product((0.0, 1.0, 2.25), (1, 3)):
        found = [right for distance, n, right in answers if distance <= radius and n >= least]
        assert model.coverage(queries, radius=radius, min_positions=least) == pylm.Coverage(
            len(queries), len(found), sum(found)
        )
    all_of_it = model.coverage(queries)
    assert (all_of_it.coverage, all_of_it.accuracy) == (1.0, sum(a[2] for a in answers) / len(queries))
    same = model.kernel(distances=[2, 0, 1, 0], class_distances=[0, 0, 1])  # steps that make no difference
    direct = DirectSum(same, TRAIN)
    for i, history in enumerate(histories(model, queries[:60])):
        distances = direct.distances(history)
        assert same.nearest(queries[:i])[:2] == (distances.min(), (distances == distances.min()).sum())


@pytest.mark.parametrize("case", ["classes", "bytes", "pieces"])
def test_neighbours_have_text_and_place(case: str, tmp_path: Path) -> None:
    pieces = {"tokenizer": "pieces", "symbols": pylm.SymbolOptions(pieces=300)}
    options, kernel = CASES.get(case, (pieces, CASES["six"][1]))
    documents = [TRAIN[:3000], "", TRAIN[3000:3001], TRAIN[3001:9000]]
    for i, document in enumerate(documents):
        (tmp_path / f"{i}").write_text(document, newline="")
    paths = [tmp_path / f"{i}" for i in range(len(documents))]
    model = pylm.train(paths, kernel=kernel, progress=False, output=tmp_path / "m", sources=True, **options)
    if case in NEAR:
        model = model.kernel(1.0, *(NEAR[case] if NEAR[case][1] else NEAR[case][:1]))
    direct = [DirectSum(model, document) for document in documents]
    queries = np.array(model.encode(TEST, add_eos=True))[:150]
    for i, history in enumerate(histories(model, queries)):
        each = [direct[n].distances(history) if text else np.zeros(0) for n, text in enumerate(documents)]
        least = min(d.min(initial=np.inf) for d in each)
        positions = [(n, int(at)) for n, d in enumerate(each) for at in np.flatnonzero(d == least)]
        found = model.nearest(queries[:i], k=4)
        assert found[:2] == (least, len(positions))
        assert len(found.neighbours) == min(4, len(positions))
        for (n, at), neighbour in zip(positions, found.neighbours, strict=False):
            text = documents[n].encode()
            assert neighbour.document == str(paths[n])
            known = direct[n].symbols[:at].tolist()
            read = list(model.encode(text[: neighbour.offset].decode()))
            assert read == known or (neighbour.offset == len(text) and read == known[: len(read)])  # ends are implied
            assert neighbour.line == text[: neighbour.offset].count(b"\n") + 1
            before, after = text[: neighbour.offset].decode(), text[neighbour.offset :].decode()
            assert " ".join(before.split()).endswith(neighbour.before)
            assert " ".join(after.split()).startswith(neighbour.after)
            assert len(neighbour.before) > 30 or neighbour.offset < 60
    assert model.nearest(TEST, k=0).neighbours == ()
    if case == "classes":  # words that were given are read as others
        other = model.with_words({"zork": TRAIN.split()[7]})
        assert other.nearest("mi zork").neighbours == model.nearest(f"mi {TRAIN.split()[7]}").neighbours != ()
    (tmp_path / "m.sources").unlink()
    assert pylm.load(tmp_path / "m").nearest(TEST).neighbours == ()


# ---- explanations


@pytest.mark.parametrize("case", CASES)
def test_every_centre_is_in_one_part(case: str) -> None:
    """Counted by distance, and added up."""
    text = TRAIN if case != "bytes" else TRAIN[:10_000]
    model = get(case).kernel(0.75, *(NEAR[case] if NEAR[case][1] else NEAR[case][:1]))
    direct = DirectSum(model, text)
    queries = np.array(model.encode(TEST if case != "bytes" else TEST[:1000], add_eos=True))
    for i, history in list(enumerate(histories(model, queries)))[::25]:
        explanation = model.explain(queries[:i], int(queries[i]))
        *parts, background = explanation.parts
        distances, followed = direct.distances(history), direct.symbols == queries[i]
        for distance in {part.distance for part in parts} | set(np.unique(distances).tolist()):
            same = [part for part in parts if part.distance == distance]
            assert sum(part.total for part in same) == (distances == distance).sum()
            assert sum(part.count for part in same) == (followed & (distances == distance)).sum()
        assert (background.template, background.count, background.total) == (None, 0, 1)
        assert background.distance == sum(model.info.kernel.distances)
        every = sum(part.weight * part.total for part in explanation.parts)
        here = sum(part.weight * part.count for part in parts) + background.weight / model.n_symbols
        assert explanation.probability == pytest.approx(here / every, rel=1e-4)
        for part in parts:
            assert part.weight == math.exp(-0.75 * part.distance)  # not numpy's, which differs by processor
            assert part.weight_share == pytest.approx(part.weight * part.total / every, abs=2e-6)
            assert part.share == pytest.approx(part.weight * part.count / here, abs=2e-6)


def test_parts_of_a_kernel_add_up() -> None:
    for tau in (0.0, 1.0, 50.0):
        model = get("classes").kernel(tau)
        explanations = model.explain_text(TEST[:400], k=3)
        assert [e.id for e in explanations] == model.encode(TEST[:400], add_eos=True)
        logprobs = model.state().logprobs(TEST[:400], add_eos=True)
        spelled = [e.spelling_bits * -math.log(2) for e in explanations]
        assert [e.logprob + s for e, s in zip(explanations, spelled, strict=True)] == pytest.approx(logprobs.tolist())
        assert all((s < 0) == (e.id == model.id_of("<unk>")) for e, s in zip(explanations, spelled, strict=True))
        for explanation in explanations:
            assert sum(part.share for part in explanation.parts) == 1
            assert sum(part.weight_share for part in explanation.parts) == 1
            assert sum(part.probability for part in explanation.parts) == pytest.approx(explanation.probability)
            assert len({part.template for part in explanation.parts}) == len(explanation.parts) == 55
            assert (explanation.tau, len(explanation.next)) == (tau, 3)


def test_patterns_can_be_read() -> None:
    model = pylm.train(
        ["a b c d e f " * 40 + "a x c y "],
        tokenizer="words",
        symbols=pylm.SymbolOptions(classes=2),
        kernel=pylm.KernelOptions(reach=2),
    )
    explanation = model.state()
    explanation.feed("d a b")
    found = explanation.explain("c")
    assert found == model.explain("d a b") and found.next[0].text == "c"
    names = {part.template: part.name for part in found.parts}
    assert names[""] == "nothing alike" and names["1"] == "b _" and names["2"] == "a * _" and names["1 2"] == "a b _"
    assert names["c1"].startswith("[") and names["1 c2"].endswith("] b _")
    parts = {part.template: part for part in found.parts}
    assert (parts["1 2"].seen, parts["1 2"].distance, parts["1 2"].weight) == ("40 of 40", 0.0, 1.0)
    assert (parts["2"].total + parts["c1 2"].total, parts["1"].total) == (1, 0)  # "a x"
    with pytest.raises(pylm.ArgumentError, match="vocabulary"):
        model.explain("a", "zzz")


def test_explanations_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, text, context = str(tmp_path / "k.pylm"), tmp_path / "text", " ".join(TEST.split()[:5])
    get("classes").save(file)
    text.write_text(TEST[:100])
    for columns in (70, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["explain", file, context, "-k", "2", "--tau", "0.5"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert all(len(line) <= max(columns, 80) for line in lines) and "came close" in lines
        shares = [float(line.split("%")[0]) for line in lines[3 : lines.index("came close") - 1]]
        assert sum(shares) == pytest.approx(100, abs=0.05 * len(shares))
    assert main(["explain", file, context, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = get("classes").explain(context).as_dict()
    assert found == {"context": context, **json.loads(json.dumps(expected))}
    assert sum(part["probability"] for part in found["parts"]) == pytest.approx(found["probability"])
    assert main(["explain", file, "--text", str(text), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tokens"]) == len(get("classes").encode(TEST[:100], add_eos=True))


def test_a_page_shows_the_shares_of_every_token(tmp_path: Path) -> None:
    file, text, out = str(tmp_path / "k.pylm"), tmp_path / "text", tmp_path / "out.html"
    get("classes").save(file)
    text.write_text(TEST[:200])
    assert main(["explain", file, "--text", str(text), "--html", str(out)]) == 0
    page = check_page(out.read_text(encoding="utf-8"))
    data, expected = data_of(page), get("classes").explain_text(TEST[:200])
    assert data["kernel"] and len(page.all("span", role="option")) == len(data["tokens"]) == len(expected)
    for (_, _, bits, parts, best, _), explanation in zip(data["tokens"], expected, strict=False):
        assert abs(bits - explanation.bits) < 0.001 and len(best) == 5
        assert [data["names"][part[0]] for part in parts] == [part.name for part in explanation.notable()]
        assert sum(part[1] for part in parts) == pytest.approx(1, abs=0.06)  # small ones are left out


def test_what_a_kernel_does_not_do() -> None:
    model = get("classes")
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        model.state(learn=True)
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        pylm.Keyboard(model)
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        model.explain_text("papapa", learn=True)
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        pylm.report(model, TEST)
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        model.related("papapa")
    with pytest.raises(pylm.ArgumentError, match="kernel"):
        pylm.prune(model, TEST)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel": pylm.KernelOptions(reach=7)}, "from 1 to 6"),
        (
            {"kernel": pylm.KernelOptions(), "symbols": pylm.SymbolOptions(trees=2), "tokenizer": "words"},
            "leave them out",
        ),
        ({"kernel": pylm.KernelOptions(), "size": "1M"}, "leave them out"),
        ({"kernel": pylm.KernelOptions(distances=[1, 2])}, "3 numbers"),
        ({"kernel": pylm.KernelOptions(reach=2, distances=[0, 0])}, "all 0"),
        ({"kernel": pylm.KernelOptions(reach=1, distances=[65])}, "from 0 to 64"),
        ({"kernel": pylm.KernelOptions(class_distances=[1])}, "without distances"),
        ({"kernel": pylm.KernelOptions(reach=1, distances=[1], class_distances=[2])}, "not be more"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=message):
        pylm.train([TRAIN], **settings)


def test_a_kernel_is_made_by_its_options() -> None:
    with pytest.raises(TypeError, match="'reach'"):
        pylm.train([TRAIN], reach=3)
    for kernel in ("rbf", True, {"reach": 3}):
        with pytest.raises(TypeError, match=r"kernel must be pylm\.KernelOptions"):
            pylm.train([TRAIN], kernel=kernel)


def test_settings_at_call_time_that_make_no_sense(bytes_model: pylm.Model) -> None:
    model = get("classes")
    for bad in ({"tau": -1}, {"tau": float("nan")}, {"distances": [1]}, {"class_distances": [9.0, 0, 0]}):
        with pytest.raises(pylm.ArgumentError):
            model.kernel(**bad)
    with pytest.raises(pylm.ArgumentError, match="no kernel"):
        bytes_model.kernel(2.0)
    with pytest.raises(pylm.ArgumentError, match="no kernel"):
        bytes_model.coverage(TEST)
