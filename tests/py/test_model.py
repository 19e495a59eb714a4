"""What a model does, from the outside: texts and ids, files, pickles, threads, generation, errors."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
import threading
from array import array
from pathlib import Path

import numpy as np
import pytest

import pylm


def test_info(model: pylm.Model) -> None:
    info = model.info
    assert info.symbols == model.n_symbols
    assert (info.symbols == 256) == (info.tokenizer == "bytes")
    assert info.templates >= 10 * info.trees
    assert info.contexts > 1000
    assert sum(sum(tree["contexts"].values()) for tree in info.training["trees"]) == info.contexts
    assert info.as_dict()["training"]["bytes"] > 10000
    assert str(info.contexts) in repr(model)


def test_text_and_ids_agree(model: pylm.Model, test_text: str) -> None:
    text = test_text[:300]
    ids = model.encode(text)
    forms = [ids, tuple(ids), array("I", ids), np.array(ids), np.array(ids, np.uint8 if max(ids) < 256 else np.int64)]
    open_text = text.rsplit("\n", 1)[0] + "\n"  # ends a line, so that closing adds nothing
    assert model.score(open_text) == model.score(model.encode(open_text)) == model.score(open_text.encode())
    for form in forms:
        assert model.score(form) == model.score(ids)
        assert model.next(form, 3) == model.next(text, 3)
        np.testing.assert_array_equal(model.distribution(form), model.distribution(text))
        assert model.generate(form, 10, seed=7) == model.generate(ids, 10, seed=7)


@pytest.mark.parametrize(
    "text", [b"", b"\0\xff\xfe\r\n", bytes(range(256)) * 3, "größer 日本".encode(), b"a" * 100_000]
)
def test_bytes_come_back(bytes_model: pylm.Model, text: bytes) -> None:
    assert bytes_model.encode(text) == list(text)
    assert bytes_model.decode_bytes(bytes_model.encode(text)) == text


def test_what_words_keep(words_model: pylm.Model) -> None:
    text = "papapa  tetete\t\r\n\n kakaka papapa"
    ids = words_model.encode(text, add_eos=True)
    assert [words_model.text_of(i) for i in ids[-1:]] == ["</s>"]
    assert ids.count(words_model.id_of("</s>")) == 3
    assert words_model.encode(text) == ids[:-1]
    assert words_model.encode(words_model.decode(ids), add_eos=True) == ids
    assert words_model.decode(words_model.encode("papapa  nosuchword\npapapa")) == "papapa <unk>\npapapa"
    assert words_model.encode("") == []
    assert words_model.encode("", add_eos=True) == [words_model.id_of("</s>")]  # an empty line


def test_vocabulary(words_model: pylm.Model) -> None:
    for i in range(words_model.n_symbols):
        assert words_model.id_of(words_model.text_of(i)) == i
    assert words_model.id_of("no such word") is None


def test_symbols_are_shown_to_people(bytes_model: pylm.Model) -> None:
    assert bytes_model.text_of(65) == "A"
    assert bytes_model.text_of(255) == "\\xff"
    assert bytes_model.id_of(b"\xff") == 255


def test_save_load_pickle_copy(model: pylm.Model, tmp_path: Path, test_text: str) -> None:
    if model.info.layers:
        pytest.skip("a layer is opened on its base: test_layers.py")
    words = model.words  # are not saved
    path = tmp_path / "model.pylm"
    model.save(path)
    expected = model.logprobs(test_text)
    with pylm.load(path) as loaded:
        again = loaded.with_words(words) if words else loaded
        np.testing.assert_array_equal(again.logprobs(test_text), expected)
        loaded.save(path)  # onto the file that it is mapped from
        np.testing.assert_array_equal(again.logprobs(test_text), expected)
    loaded = pylm.load(str(path), verify=False)
    again = loaded.with_words(words) if words else loaded
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), again):
        np.testing.assert_array_equal(twin.logprobs(test_text), expected)
        assert twin.generate("", 20, seed=3) == model.generate("", 20, seed=3)
    assert list(tmp_path.iterdir()) == [path]


def test_any_address(model: pylm.Model, test_text: str) -> None:
    if model.info.layers:
        pytest.skip("a layer is opened on its base: test_layers.py")
    content, expected = model._image.content(), model.logprobs(test_text[:500])
    for offset in range(1, 9):
        moved = pylm.Model(memoryview(bytearray(offset) + content + b"behind")[offset:])
        moved = moved.with_words(model.words) if model.words else moved
        np.testing.assert_array_equal(moved.logprobs(test_text[:500]), expected)


def test_closed_model(train_text: str) -> None:
    with pylm.train(["some text"]) as model:
        pass
    model.close()
    for call in (lambda: model.score("a"), lambda: model.info, lambda: model.next("a"), lambda: pickle.dumps(model)):
        with pytest.raises(pylm.ArgumentError, match="closed"):
            call()
    assert "closed" in repr(model)


def test_threads_share_a_model(model: pylm.Model, test_text: str) -> None:
    expected, results = model.score(test_text), []
    threads = [threading.Thread(target=lambda: results.append(model.score(test_text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_evaluate(model: pylm.Model, test_text: str, tmp_path: Path) -> None:
    result = model.evaluate(test_text)
    assert result.bytes == len(test_text)
    assert result.symbols == len(model.encode(test_text, add_eos=True))
    assert result.perplexity == pytest.approx(math.exp(-model.score(test_text) / result.symbols))
    assert result.bits_per_byte == pytest.approx(-model.score(test_text) / math.log(2) / len(test_text))
    assert model.perplexity(test_text) == result.perplexity
    path = tmp_path / "text"
    path.write_text(test_text)
    assert model.bits_per_byte(path) == model.bits_per_byte(test_text) == result.bits_per_byte
    assert model.evaluate(model.encode(test_text)).bits == result.bits
    with pytest.raises(pylm.ArgumentError, match="is the name of a file"):
        model.perplexity(str(path))
    with pytest.raises(pylm.ArgumentError, match="looks like the name of a file that is not there"):
        model.perplexity("missing.txt")
    for empty in ("", b"", []):
        with pytest.raises(pylm.EmptyTextError, match="nothing to score"):
            model.evaluate(empty)
    assert model.score("", add_eos=False) == 0.0
    assert model.logprobs([]).shape == (0,)


# ---- generation


def test_same_seed_same_text(model: pylm.Model) -> None:
    settings = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}
    first = model.generate_ids("", 60, seed=11, **settings)
    assert model.generate_ids("", 60, seed=11, **settings) == first
    assert model.generate_ids("", 60, seed=12, **settings) != first
    assert model.generate_ids("", 60, **settings) != model.generate_ids("", 60, **settings)


def test_greedy(model: pylm.Model) -> None:
    ids: list[int] = []
    for _ in range(25):
        ids.append(model.next(ids, 1)[0].id)
    assert model.generate_ids("", 25, temperature=0, seed=5) == ids
    assert model.generate_ids("", 25, top_k=1) == ids
    assert model.generate_ids("", 25, min_p=1.0) == ids
    assert model.generate_ids("", 25, top_p=0.0) == ids


def test_sampling_follows_the_distribution(bytes_model: pylm.Model) -> None:
    n, counts = 4000, np.zeros(256)
    for seed in range(n):
        counts[bytes_model.generate_ids("pe", 1, temperature=1.0, top_k=0, top_p=1.0, seed=seed)[0]] += 1
    expected = bytes_model.distribution("pe") * n
    deviation = np.sqrt(np.maximum(expected, 1.0))
    assert (np.abs(counts - expected) < 5 * deviation + 1).all()


def test_limits(bytes_model: pylm.Model) -> None:
    best = bytes_model.next("p", 256)

    def drawn(**settings: float) -> set[int]:
        return {bytes_model.generate_ids("p", 1, temperature=1.5, seed=s, **settings)[0] for s in range(600)}

    assert drawn(top_k=3, top_p=1.0) == {p.id for p in best[:3]}
    weights = [p.probability ** (1 / 1.5) for p in best]
    shares = np.cumsum(weights) / sum(weights)
    assert drawn(top_k=0, top_p=0.5) == {p.id for p in best[: int(np.searchsorted(shares, 0.5)) + 1]}
    enough = [p.id for p, w in zip(best, weights, strict=True) if w >= 0.3 * weights[0]]
    assert drawn(top_k=0, top_p=1.0, min_p=0.3) == set(enough)


def test_repetition_penalty(words_model: pylm.Model) -> None:
    plain = words_model.generate_ids("", 60, temperature=0)
    penalised = words_model.generate_ids("", 60, temperature=0, repetition_penalty=5.0)
    assert len(set(penalised)) > len(set(plain))
    assert words_model.generate_ids("", 60, temperature=0, repetition_penalty=5.0, repetition_window=0) == plain


def test_stop(bytes_model: pylm.Model) -> None:
    whole = bytes_model.generate("", 300, seed=4)
    stop = whole[100:103]
    stopped = bytes_model.generate("", 300, seed=4, stop=stop)
    assert stopped == whole[: whole.index(stop)]
    assert bytes_model.generate("", 300, seed=4, stop=["@@", stop, stop + "x"]) == stopped
    assert bytes_model.generate("", 300, seed=4, stop="@@@") == whole


def test_stream_is_generate(model: pylm.Model) -> None:
    pieces = list(model.stream("pe", 80, seed=6, stop="\n\n"))
    assert len(pieces) > 1
    assert "".join(pieces) == model.generate("pe", 80, seed=6, stop="\n\n")


def test_words_and_spaces(words_model: pylm.Model) -> None:
    ids = words_model.generate_ids("papapa", 1, temperature=0)
    word = words_model.text_of(ids[0])
    assert words_model.generate("papapa", 1, temperature=0) == ("\n" if word == "</s>" else " " + word)
    assert words_model.generate("papapa ", 1, temperature=0) == ("\n" if word == "</s>" else word)


def test_characters_are_whole() -> None:
    model = pylm.train(["日本語のテキスト。" * 200])
    pieces = list(model.stream("日本", 60, temperature=0))
    assert all("\ufffd" not in piece for piece in pieces[:-1])
    assert "".join(pieces).startswith("語のテキスト。日本語の")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temperature": -1}, "temperature must be a number from 0"),
        ({"temperature": math.nan}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": -1}, "top_k"),
        ({"top_k": 1.5}, "top_k must be an integer"),
        ({"top_p": 1.1}, "top_p"),
        ({"min_p": -0.1}, "min_p"),
        ({"repetition_penalty": 0.5}, "repetition_penalty"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 64}, "seed"),
        ({"stop": ""}, "stop"),
        ({"max_new_tokens": -1}, "max_new"),
        ({"repetition_window": 1 << 40}, "repetition_window"),
    ],
)
def test_settings_out_of_range(bytes_model: pylm.Model, settings: dict, says: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=says):
        bytes_model.generate("a", **settings)


@pytest.mark.parametrize("ids", [[-1], [1 << 40], [10**6], np.array([-1]), np.array([[1]])])
def test_ids_out_of_range(model: pylm.Model, ids: object) -> None:
    for call in (model.score, model.next, model.distribution, model.generate, model.decode, model.evaluate):
        with pytest.raises(pylm.ArgumentError):
            call(ids)


@pytest.mark.parametrize("wrong", [5, None, ["a"], [1.5], np.array([1.5]), object()])
def test_neither_text_nor_ids(model: pylm.Model, wrong: object) -> None:
    for call in (model.score, model.next, model.generate):
        with pytest.raises(TypeError):
            call(wrong)
    with pytest.raises(pylm.ArgumentError):
        model.next("a", 0)


def test_errors_are_one_family() -> None:
    for name in pylm.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(pylm, name), pylm.PylmError)
    assert issubclass(pylm.ModelDamagedError, ValueError)


def test_numpy_is_imported_when_needed(tmp_path: Path) -> None:
    code = (
        "import sys, pylm; m = pylm.train(['some text, some more']); m.next('s'); m.generate('s', 3); m.score('s'); "
        "m.perplexity('some'); m.save('m.pylm'); pylm.load('m.pylm'); assert 'numpy' not in sys.modules; "
        "m.logprobs('a'); assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path)
