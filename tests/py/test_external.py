"""External vocabularies: ids are the tokenizer's own, its file travels, and text is whole on its way back."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest
from texts import byte_level, make_text

import pylm
from pylm._core import tokenizer as tokenizer_module
from pylm._core.native import ffi, lib
from pylm.cli import main

tokenizers = pytest.importorskip("tokenizers")

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: E402

TEXT = make_text(2500, seed=1)
WORLD = "日本語のテキスト。🙂👩‍👩‍👧 größer, Ωmega!\n\n  two  spaces\ttab é" * 40


def words_of(text: str) -> Tokenizer:
    """Words in lower case: what it reads does not all come back."""
    names = sorted(set(text.lower().split()))
    tokenizer = Tokenizer(models.WordLevel({name: i for i, name in enumerate(["[UNK]", *names])}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def word_pieces(text: str) -> Tokenizer:
    """As BERT has them: what goes on within a word begins with ##."""
    vocabulary = ["[UNK]", "[CLS]", *sorted(set(text.lower().split()))[:60]]
    vocabulary += sorted({c for c in text.lower() if not c.isspace()} - set(vocabulary))
    vocabulary += sorted({"##" + c for c in text.lower() if not c.isspace()})
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def with_byte_fallback(text: str) -> Tokenizer:
    """As Llama 2 has it: a space before the text, spaces as U+2581, bytes for what it does not know."""
    characters = sorted({c for c in text.replace(" ", "▁") if c < "\u3000"} | {"▁"})
    tokens = [*(f"<0x{byte:02X}>" for byte in range(256)), "<s>", *characters, "▁t", "pa"]
    merges = [("▁", "t"), ("p", "a")]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


MAKERS: dict[str, Callable[[str], Tokenizer]] = {
    "byte-level": lambda text: byte_level(text, 400),
    "words": words_of,
    "word pieces": word_pieces,
    "byte fallback": with_byte_fallback,
}
_made: dict[str, tuple[Tokenizer, pylm.Model]] = {}


@pytest.fixture(params=MAKERS)
def pair(request: pytest.FixtureRequest) -> tuple[Tokenizer, pylm.Model]:
    return get(request.param)


def get(name: str) -> tuple[Tokenizer, pylm.Model]:
    if name not in _made:
        tokenizer = MAKERS[name](TEXT + WORLD)
        _made[name] = (
            tokenizer,
            pylm.train([TEXT[:6000], WORLD], tokenizer=tokenizer, symbols=pylm.SymbolOptions(classes=20)),
        )
    return _made[name]


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def content(model: pylm.Model) -> bytes:
    return model._image.content()


# ---- ids


@pytest.mark.parametrize("text", ["", "papapa", "Tetete  kakaka\n", WORLD, "a", "日", "\n \n"])
def test_ids_are_the_tokenizers_own(pair: tuple[Tokenizer, pylm.Model], text: str) -> None:
    tokenizer, model = pair
    ids = ids_of(tokenizer, text)
    assert model.n_symbols == tokenizer.get_vocab_size() == len(model.distribution(""))
    assert model.encode(text) == model.encode(text.encode()) == ids
    assert model.decode(ids) == tokenizer.decode(ids, skip_special_tokens=False)
    np.testing.assert_array_equal(model.logprobs(text), model.logprobs(ids))
    np.testing.assert_array_equal(model.distribution(text), model.distribution(ids))


def test_what_is_probable_has_the_right_id() -> None:
    tokenizer = words_of("never b a was here")
    model = pylm.train(["a b " * 200], tokenizer=tokenizer)
    best, _ = model.next(model.encode("a b a"), 2)
    assert best == (tokenizer.token_to_id("b"), " b", best.probability) and best.probability > 0.9
    assert model.distribution("a b a")[tokenizer.token_to_id("b")] == pytest.approx(best.probability, abs=1e-4)
    assert model.generate_ids("a", 3, temperature=0) == ids_of(tokenizer, "b a b")


def test_every_id_has_some_probability(pair: tuple[Tokenizer, pylm.Model]) -> None:
    _, model = pair
    seen = set(model.encode(TEXT[:6000])) | set(model.encode(WORLD))
    assert len(seen) < model.n_symbols
    for context in ("", TEXT[:50], [next(i for i in range(model.n_symbols) if i not in seen)]):
        distribution = model.distribution(context)
        assert distribution.min() > 0
        assert distribution.sum() == pytest.approx(1, abs=1e-12)


def test_a_large_vocabulary_of_which_little_is_seen() -> None:
    n = 100_000
    tokenizer = Tokenizer(models.WordLevel({f"w{i}": i for i in range(n)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    text = " ".join(f"w{len(word) ** 7 * ord(word[0]) % n}" for word in TEXT.split())
    model = pylm.train([text], tokenizer=tokenizer)
    seen = np.zeros(n, bool)
    seen[model.encode(text)] = True
    distribution = model.distribution(text[:100])
    assert distribution.min() > 1e-15 and distribution.sum() == pytest.approx(1, abs=1e-12)
    assert distribution[~seen].sum() < 0.2


def test_training_on_ids_is_training_on_text(tmp_path: Path) -> None:
    tokenizer, _ = get("byte-level")
    parts = [TEXT[:3000], "", TEXT[3000:4000]]
    ids = [ids_of(tokenizer, part) for part in parts]
    expected = content(pylm.train(parts, tokenizer=tokenizer))
    for documents in (ids, [np.array(part, np.int32) for part in ids], [ids[0], parts[1], np.array(ids[2], np.uint64)]):
        assert content(pylm.train(documents, tokenizer=tokenizer)) == expected
    apart = pylm.train([[5, 6] * 30, [7, 8] * 30] * 20, tokenizer=tokenizer)
    assert sum(p.probability for p in apart.next("", 2)) > 0.9  # of 5 and 7: documents do not look back
    assert content(pylm.train(np.array([ids[2], ids[2]]), tokenizer=tokenizer)) == content(
        pylm.train([ids[2], ids[2]], tokenizer=tokenizer)
    )


@pytest.mark.parametrize("settings", [{}, {"symbols": pylm.SymbolOptions(trees=3, classes=[20, 9, 30])}])
def test_threads_do_not_change_the_model(settings: dict) -> None:
    tokenizer, _ = get("byte-level")
    one, two, seven = (content(pylm.train([TEXT], tokenizer=tokenizer, threads=n, **settings)) for n in (1, 2, 7))
    assert one == two == seven


def test_several_trees_have_the_same_ids() -> None:
    tokenizer, _ = get("byte-level")
    model = pylm.train([TEXT], tokenizer=tokenizer, symbols=pylm.SymbolOptions(trees=2, classes=[20, 9]))
    best = model.next(model.encode(TEXT[:500]), 5)
    assert model.distribution(TEXT[:500]).argmax() == best[0].id
    assert all(tokenizer.decode([p.id]) == p.text for p in best)


# ---- the file


def test_the_tokenizer_travels_in_the_model(tmp_path: Path) -> None:
    tokenizer, model = get("byte-level")
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path), pretty=True)
    models_ = [
        pylm.train([TEXT[:6000], WORLD], tokenizer=source, symbols=pylm.SymbolOptions(classes=20))
        for source in (path, str(path))
    ]
    assert models_[0].tokenizer_file == path.read_bytes()
    assert content(models_[0]) == content(models_[1])
    assert models_[0].info.tokenizer == "external"
    assert models_[0].info.tokenizer_bytes == path.stat().st_size
    assert models_[0].score(TEXT) == model.score(TEXT)
    models_[0].save(tmp_path / "model.pylm")
    path.unlink()
    (tmp_path / "pickle").write_bytes(pickle.dumps(models_[0]))
    code = (
        "import pickle, pylm\n"
        "for model in (pylm.load('model.pylm'), pickle.loads(open('pickle', 'rb').read())):\n"
        f"    print(model.score({TEXT[:300]!r}), ascii(model.generate('pa', 20, seed=1)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    expected = f"{model.score(TEXT[:300])} {model.generate('pa', 20, seed=1)!a}"
    assert run.stdout.splitlines() == [expected, expected]


def test_other_models_have_no_tokenizer(bytes_model: pylm.Model) -> None:
    assert bytes_model.tokenizer_file == b"" and bytes_model.info.tokenizer_bytes == 0


def test_nothing_is_cut_filled_up_or_left_to_chance() -> None:
    plain = byte_level(TEXT, 400)
    tokenizer = Tokenizer.from_str(plain.to_str())
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=900)
    tokenizer.model.dropout = 0.5
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|end|> $A <|end|>", special_tokens=[("<|end|>", plain.token_to_id("<|end|>"))]
    )
    model = pylm.train([TEXT], tokenizer=tokenizer)
    assert model.encode(TEXT[:500]) == ids_of(plain, TEXT[:500])
    assert model.info.training["symbols"] == len(ids_of(plain, TEXT))
    assert len(tokenizer.encode(TEXT).ids) == 900  # and the caller's own is as it was
    marked = model.encode("pa<|end|>pa")
    assert marked.count(plain.token_to_id("<|end|>")) == 1
    assert model.decode(marked) == "pa<|end|>pa"


# ---- text


def test_texts_of_ids() -> None:
    tokenizer, model = get("byte-level")
    assert [model.text_of(i) for i in ids_of(tokenizer, "Ġ\xff")] == ["\\xc4", "\\xa0", "\\xc3", "\\xbf"]
    assert model.text_of(tokenizer.token_to_id("<|end|>")) == "<|end|>"
    assert all(model.id_of(model._image.symbol_text(i)) == i for i in range(model.n_symbols))
    ids = model.encode(WORLD)
    assert b"".join(model.decode_bytes([i]) for i in ids) == model.decode_bytes(ids) == WORLD.encode()
    tokenizer, model = get("words")
    assert model.text_of(tokenizer.token_to_id("größer,")) == " größer,"
    assert model.id_of(" größer,") == tokenizer.token_to_id("größer,")
    tokenizer, model = get("word pieces")
    assert [model.text_of(tokenizer.token_to_id(token)) for token in ("t", "##t", "[CLS]")] == [" t", "t", " [CLS]"]
    tokenizer, model = get("byte fallback")
    tokens = ("▁t", "pa", "▁", "<0xE6>", "<s>")
    assert [model._image.symbol_text(tokenizer.token_to_id(t)) for t in tokens] == [b" t", b"pa", b" ", b"\xe6", b"<s>"]


def test_ids_that_no_token_has() -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 1, "b": 5}, unk_token="a"))
    model = pylm.train([[1, 5, 1, 5, 3]], tokenizer=tokenizer)
    assert model.n_symbols == 6
    assert [model.text_of(i) for i in range(6)] == ["", " a", "", "", "", " b"]
    assert model.id_of("") is None
    assert model.score([0, 2, 3, 4]) < 0


def test_a_normalising_tokenizer_gives_back_what_it_reads() -> None:
    _, model = get("words")
    assert model.decode(model.encode("Größer,\n nosuchword  GRÖSSER")) == "größer, [UNK] [UNK]"
    assert model.score("GRÖßER,") == model.score("größer,")
    assert model.evaluate("GRÖßER, nosuchword").unknown == 0  # an unknown token is a token


def collapsed(text: str) -> str:
    return re.sub("\ufffd+", "\ufffd", text)


def streamed_pattern(tokenizer: Tokenizer, model: pylm.Model, ids: list[int]) -> str:
    """What a stream of ids may be that are no text. Some tokenizers have tokens for single bytes, and give up all of a
    run of them if a part of it is no character; a stream does so for what it has not handed on yet."""
    parts = []
    for is_run, run in groupby(ids, lambda id: bool(re.fullmatch("<0x..>", tokenizer.id_to_token(id) or ""))):
        data = b"".join(map(model._image.symbol_text, run))
        text = data.decode(errors="replace")
        text = collapsed(text if parts else text.lstrip(" "))
        parts.append(f".{{0,{len(data)}}}" if is_run and "\ufffd" in text else re.escape(text))
    return "".join(parts)


@pytest.mark.parametrize("seed", range(4))
def test_streams_are_whole_characters(pair: tuple[Tokenizer, pylm.Model], seed: int) -> None:
    tokenizer, model = pair
    settings = {"seed": seed, "temperature": 0.6}
    for prompt in ("", model.encode("日本語"), model.encode(WORLD[:31])):
        ids = model.generate_ids(prompt, 120, **settings)
        pieces = list(model.stream(prompt, 120, **settings))
        before = prompt if isinstance(prompt, list) else model.encode(prompt)
        whole = model.decode(before + ids)[len(model.decode(before)) :]
        if "\ufffd" in whole:
            streamed = collapsed("".join(pieces).lstrip(" "))
            assert re.fullmatch(streamed_pattern(tokenizer, model, ids), streamed, re.DOTALL)
        else:
            assert "".join(pieces).lstrip(" ") == whole.lstrip(" ")
            assert not any("\ufffd" in piece for piece in pieces[:-1])
        assert model.generate(prompt, 120, **settings) == "".join(pieces)


def test_a_prompt_may_end_within_a_character() -> None:
    _, model = get("byte-level")
    ids = model.encode("🙂")
    assert len(ids) > 1
    parts = tokenizer_module.ExternalTokenizer(model.tokenizer_file, "").continuation
    assert list(parts(ids[:1], iter(ids[1:]))) == ["🙂"]
    assert list(parts(ids[:1], iter([]))) == []
    assert list(parts([], iter(ids[:-1]))) == ["\ufffd"]
    a = model.encode("a")
    assert list(parts(a, iter(ids + ids[:1] + a + ids))) == ["🙂", "\ufffda", "🙂"]


def test_stop() -> None:
    _, model = get("byte-level")
    whole = model.generate("", 200, seed=2)
    stop = whole[len(whole) // 2 :][:3]
    assert model.generate("", 200, seed=2, stop=["@@@", stop]) == whole[: whole.index(stop)]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(("slice_", "overlap"), [(400, 300), (1000, 500)])
def test_slices_are_one_text(name: str, slice_: int, overlap: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer, model = get(name)
    monkeypatch.setattr(tokenizer_module, "SLICE", slice_)
    monkeypatch.setattr(tokenizer_module, "OVERLAP", overlap)
    monkeypatch.setattr(tokenizer_module, "AGREEING", 4)
    for text in (WORLD, TEXT[:9000], "pa" * 3000, TEXT[:700] + "x" * 2000 + TEXT[:2000], "\n" * 2500, "日" * 1500):
        assert model.encode(text) == ids_of(tokenizer, text)
    data = WORLD.encode()
    used = [n for _, n in model._image.encode_slices(data, True, 1)]
    assert len(used) > 3 and used[-1] == len(data) and all(a < b for a, b in pairwise(used))


def test_evaluate(tmp_path: Path) -> None:
    _, model = get("byte-level")
    result = model.evaluate(WORLD)
    assert result.bytes == len(WORLD.encode()) and result.symbols == len(model.encode(WORLD))
    assert result.bits_per_byte == pytest.approx(-model.score(WORLD) / np.log(2) / len(WORLD.encode()))
    (tmp_path / "text").write_text(WORLD, encoding="utf-8")
    for form in (tmp_path / "text", WORLD.encode(), model.encode(WORLD)):
        again = model.evaluate(form)
        assert (again.bits, again.bytes, again.symbols) == (result.bits, result.bytes, result.symbols)


# ---- without the package


def test_ids_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    _, trained = get("byte-level")
    ids, n = trained.encode(TEXT[:100]), trained.n_symbols
    model = pylm.Model(content(trained))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    assert model.score(ids) == trained.score(ids)
    assert model.next(ids, 3) == trained.next(ids, 3)
    assert model.evaluate(ids).bytes == 100
    assert model.decode_bytes(ids) == TEXT[:100].encode()
    assert model.distribution(ids).shape == (n,) and len(model.generate_ids(ids, 5)) == 5
    assert model.id_of(model.text_of(5)) == 5 and model.info.tokenizer_bytes
    for call in (
        lambda: model.score("a"),
        lambda: model.encode(b"a"),
        lambda: model.decode(ids),
        lambda: model.stream(ids),
        lambda: pylm.train(["a"], tokenizer=Tokenizer(models.BPE())),
    ):
        with pytest.raises(pylm.MissingPackageError, match=r"pip install 'pylm-engine\[tokenizers\]'"):
            call()
    assert issubclass(pylm.MissingPackageError, ImportError)


def test_the_package_is_imported_when_needed(tmp_path: Path) -> None:
    code = "import sys, pylm; pylm.train(['a b']).generate('a', 2); assert 'tokenizers' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_model_without_the_tokenizers_file() -> None:
    """As a C program may make it."""
    options, pointer = ffi.new("pylm_train_options *"), ffi.new("pylm_trainer **")
    image, nbytes = ffi.new("const void **"), ffi.new("uint64_t *")
    lib.pylm_train_options_init(options)
    options.tokenizer = lib.PYLM_TOKENIZER_EXTERNAL
    assert lib.pylm_trainer_new(pointer, options) == 0
    assert lib.pylm_trainer_vocabulary(pointer[0], 3, b"abc", [1, 2, 3], ffi.NULL, 0) == 0
    assert lib.pylm_trainer_add_ids(pointer[0], [0, 1, 0, 1], 4, 0, ffi.NULL) == 0
    assert lib.pylm_trainer_build(pointer[0], ffi.NULL, image, nbytes) == 0
    model = pylm.Model(ffi.buffer(image[0], nbytes[0])[:])
    lib.pylm_trainer_free(pointer[0])
    assert model.decode_bytes([0, 1, 2]) == b"abc" and model.info.training["bytes"] == 4
    assert model.score([2, 1]) < 0
    with pytest.raises(pylm.ArgumentError, match="pass ids instead of text"):
        model.score("a")


# ---- refusals


class Unsaved:
    def to_str(self) -> str:
        raise Exception("Custom PreTokenizer cannot be serialized")


@pytest.mark.parametrize(
    ("source", "tokenizer", "error", "says"),
    [
        (["a"], "no such file.json", FileNotFoundError, "no such file.json"),
        (["a"], Path("no such file"), FileNotFoundError, "no such file"),
        (["a"], "damaged.json", pylm.ArgumentError, "damaged.json: not a tokenizer.json"),
        (["a"], "foreign.json", pylm.ArgumentError, "save it with Tokenizer.save()"),
        (["a"], "binary.json", pylm.ArgumentError, "binary.json: not a tokenizer.json"),
        (["a"], "letters", pylm.ArgumentError, "the path of a tokenizer.json"),
        (["a"], 5, pylm.ArgumentError, "not 5"),
        (["a"], None, pylm.ArgumentError, "not None"),
        (["a"], Unsaved(), pylm.ArgumentError, "must travel in the model"),
        (["a"], Tokenizer(models.BPE()), pylm.ArgumentError, "no tokens; train it first"),
        (["a"], Tokenizer(models.WordLevel({"a": 0, "b": 1 << 24}, unk_token="a")), pylm.TooLargeError, "below 2^24"),
        (["a"], Tokenizer(models.WordLevel({"b": 0})), pylm.ArgumentError, "document 0: the tokenizer cannot encode"),
        ([b"a", b"abc\xff"], "good.json", pylm.ArgumentError, "document 1: byte 3 of the text is not UTF-8"),
        (["\ud800"], "good.json", pylm.ArgumentError, "surrogate"),
        ([[0], [0, 700]], "good.json", pylm.ArgumentError, "document 1: id 700 at position 1 is out of range"),
        ([[-1]], "good.json", pylm.ArgumentError, "negative"),
        ([[0.5]], "good.json", TypeError, "document 0: ids must be integers"),
        ([5], "good.json", TypeError, "[ids]"),
        (np.array([5, 6]), "good.json", TypeError, "[ids]"),
        ([["a"]], "good.json", TypeError, "document 0: ids must be integers"),
        ([[]], "good.json", pylm.EmptyTextError, "at least one character"),
        ([""], "good.json", pylm.EmptyTextError, "at least one character"),
    ],
)
def test_refusals_say_what_to_do(
    source: object, tokenizer: object, error: type, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = get("byte-level")[0].to_str()
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(good, encoding="utf-8")
    Path("damaged.json").write_text(good[: len(good) // 2], encoding="utf-8")
    Path("foreign.json").write_text('{"name": "a package"}')
    Path("binary.json").write_bytes(b"\x93pylm\xff\xfe")
    with pytest.raises(error) as caught:
        pylm.train(source, tokenizer=tokenizer)
    assert says in str(caught.value)


def test_what_is_not_utf8_has_no_ids() -> None:
    _, model = get("byte-level")
    for call in (model.encode, model.score, model.evaluate, model.next):
        with pytest.raises(pylm.ArgumentError, match="byte 2 of the text is not UTF-8"):
            call(b"ab\xff")
    with pytest.raises(pylm.ArgumentError, match="pieces is the size"):
        pylm.train(["a"], tokenizer=get("byte-level")[0], symbols=pylm.SymbolOptions(pieces=300))


# ---- command line


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer, _ = get("byte-level")
    monkeypatch.chdir(tmp_path)
    tokenizer.save("vocabulary.json")
    Path("text.txt").write_text(TEXT)

    def run(*arguments: str, status: int = 0) -> str:
        assert main(arguments) == status
        return capsys.readouterr()[status]

    out = json.loads(run("train", "text.txt", "-o", "m.pylm", "--tokenizer", "vocabulary.json", "--json"))
    model = pylm.load("m.pylm")
    assert content(model) == content(pylm.train([TEXT], tokenizer="vocabulary.json"))
    assert out["tokenizer"] == "external" and out["vocabulary"] == tokenizer.get_vocab_size()
    assert "400 tokens" in run("train", "text.txt", "-o", "m.pylm", "--tokenizer", "vocabulary.json")
    assert json.loads(run("eval", "m.pylm", "text.txt", "--json"))["bits"] == model.evaluate(TEXT).bits
    assert "tokens a second" in run("eval", "m.pylm", "text.txt")
    assert json.loads(run("next", "m.pylm", "pa", "--json"))["next"][0]["id"] == model.next("pa")[0].id
    assert run("generate", "m.pylm", "--prompt", "pa", "--seed", "3") == f"pa{model.generate('pa', seed=3)}\n"
    info = json.loads(run("info", "m.pylm", "--json"))
    assert info.pop("sha256") == model.sha256()
    assert info == model.info.as_dict() and info["tokenizer_bytes"] > 1000
    assert "tokens, vocabulary of 400" in run("info", "m.pylm") and "its own file" in run("info", "m.pylm")
    for file, says in (("missing.json", "missing.json: No such file"), ("text.txt", "text.txt: not a tokenizer.json")):
        assert says in run("train", "text.txt", "-o", "x.pylm", "--tokenizer", file, status=1)
    with pytest.raises(SystemExit) as caught:
        main(["train", "text.txt", "-o", "x.pylm", "--tokenizer", "letters"])
    assert caught.value.code == 2 and "nor a file" in capsys.readouterr().err
    assert not Path("x.pylm").exists()
