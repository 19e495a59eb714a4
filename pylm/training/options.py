# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Options of training: written down once, for texts, stores and layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from .._core.arguments import MAX_SIZE, described, integer, n_threads, parse_size, several_q16, wrong_type
from .._core.image import TOKENIZERS
from .._core.memory import usual_limit
from .._core.native import NONE, ffi, lib
from .._core.text import Bytes, Path
from .._core.tokenizer import is_external
from ..errors import ArgumentError
from ..kernel.settings import MAX_DISTANCE, MAX_REACH, KernelOptions

if TYPE_CHECKING:
    from .._core.cluster import Scheduler
    from .._core.tokenizer import TokenizerSource

NUMBERS: dict[str, int] = {"auto": lib.PYLM_TOKENIZER_AUTO, **TOKENIZERS}
EXTERNAL: int = lib.PYLM_TOKENIZER_EXTERNAL
MAX_TREES: int = lib.PYLM_MAX_TREES
MAX_ORDER: int = lib.PYLM_MAX_ORDER
PROFILES: dict[str, int] = {
    "standard": lib.PYLM_PROFILE_STANDARD,
    "fast": lib.PYLM_PROFILE_FAST,
    "best": lib.PYLM_PROFILE_BEST,
}
DEFAULT_REACH = 3

Profile = Literal["standard", "fast", "best"]


class LayerOptions(TypedDict, total=False):
    """Options of `adapt()`. What each means and is unless given: see `train()`."""

    threads: int | None  #: processors to use; None: all
    min_count: int | Iterable[int]  #: 2. Contexts seen less often are left out; 1 also keeps words seen once
    max_order: int | None  #: longest context in symbols, 0 to 12
    size: int | str | None  #: bytes that the file may have at most
    memory: int | str | None  #: bytes of memory to use at most, about
    profile: Profile  #: "standard", "fast" or "best"


class TrainOptions(LayerOptions, total=False):
    """Options of `train()`, which says what each means, and of `build()`."""

    tokenizer: TokenizerSource  #: "auto"
    dask: Scheduler | None  #: None. Count on Dask
    symbols: SymbolOptions | None  #: of words and pieces: which there are, and how they are arranged
    kernel: KernelOptions | None  #: make a kernel


@dataclass(frozen=True, kw_only=True)
class SymbolOptions:
    """Which words or pieces there are, how they are arranged, and whether documents end; the `symbols` of `train()` and
    `build()`. All but the last three are not for bytes."""

    trees: int = 1  #: average so many differently built models, 1 to 8: better, slower, larger. Without effect where
    #: the tokenizer "auto" takes bytes
    classes: int | Iterable[int] | None = None  #: classes of symbols of each tree, 2 to 1024: one number, or one for
    #: every tree
    pieces: int | None = None  #: size of the vocabulary of pieces, 256 to 2^20; None: chosen by the length of the text
    min_word_count: int | None = None  #: words seen less often become "<unk>". None: 2; but 1, which keeps all, with
    #: min_count=1, or if the text has "<unk>" itself. Where nothing became "<unk>", that has a small probability
    vocabulary_size: int | None = None  #: words: so many symbols at most, "<unk>" and "</s>" included, 3 to 2^24: the
    #: most frequent ones. None: no limit
    vocabulary: Path | Iterable[str | Bytes] | None = None  #: words: these, "<unk>" and "</s>", and no others, whatever
    #: the text has: several words, or the path of a file with one word a line. None: those of the text
    ids: int | None = None  #: tokenizer "ids": documents are ids from 0 to ids - 1, 2 to 2^24 of them
    closed: bool = False  #: words: True: one that the vocabulary does not have is "<unk>", and costs no more than that.
    #: False: it is spelled as well, unless the text has "<unk>" itself, or `size` is below 491,520 bytes
    topics: bool = True  #: in a text of 50,000 tokens and more, what the hundreds of words or pieces before are about
    #: is one more piece of evidence; in bytes, what the last words are. Not in layers; with `size` not in bytes, and
    #: else if it is worth its bytes. False: contexts only
    voice: bool = True  #: what all contexts of the last tokens without gaps say together is one more piece of evidence.
    #: Not with `size`. False: none, for an engine that leaves it out (`PYLM_MODULE_VOICE=0`)
    layout: bool = True  #: bytes: contexts by column, byte above and shape, but not in the profile "fast". False: none,
    #: for an engine that leaves them out (`PYLM_MODULE_LAYOUT=0`)
    text_end: bool = (
        True  #: several documents end: with their line if all of them have one, else with a symbol of their
    )
    #: own, the byte 0; so generated text ends, too (`ModelInfo.ends`). False: they are parts of one text


IDS = "ids"  # a tokenizer: none


def training_options(
    *,
    tokenizer: TokenizerSource = "auto",
    threads: int | None = None,
    min_count: int | Iterable[int] = 2,
    max_order: int | None = None,
    size: int | str | None = None,
    memory: int | str | None = None,
    profile: Profile = "standard",
    symbols: SymbolOptions | None = None,
    kernel: KernelOptions | None = None,
    dask: Scheduler | None = None,
) -> Any:
    """A pylm_train_options; ArgumentError. Of `dask` it says only whether it may be there."""
    options = ffi.new("pylm_train_options *")
    lib.pylm_train_options_init(options)
    options.tokenizer = _tokenizer_number(tokenizer)
    options.n_threads = n_threads(threads)
    _set_min_counts(options, min_count)
    if not isinstance(profile, str) or profile not in PROFILES:
        raise ArgumentError(f"profile must be 'standard', 'fast' or 'best', not {described(profile)}")
    options.profile = PROFILES[profile]
    if max_order is not None:
        options.max_order = integer("max_order", max_order, 0, MAX_ORDER)
    if size is not None:
        options.max_nbytes = parse_size("size", size, MAX_SIZE)
    options.memory_is_wish = memory is None
    options.max_memory = usual_limit() if memory is None else parse_size("memory", memory, MAX_SIZE)
    if symbols is not None:
        _set_symbols(options, _checked("symbols", symbols, SymbolOptions))
    if kernel is not None:
        _set_kernel(options, _checked("kernel", kernel, KernelOptions))
    if dask and (size is not None or kernel is not None):
        raise ArgumentError("size and kernel are not for dask; leave it out")
    return options


def _set_min_counts(options: Any, min_count: Any) -> None:
    """One for all orders, or one for each from 1 on; the last is that of those behind it, too."""
    if isinstance(min_count, (str, bytes)) or not isinstance(min_count, Iterable):
        options.min_count = integer("min_count", min_count, 1, 1 << 31)
        return
    counts = [integer(f"min_count[{i}]", count, 1, 1 << 31) for i, count in enumerate(min_count)]
    if not 1 <= len(counts) <= MAX_ORDER:
        raise ArgumentError(f"min_count must be one number, or 1 to {MAX_ORDER} of them, not {len(counts)}")
    options.min_count = counts[0]
    options.min_counts[0 : len(counts)] = counts


def _checked(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise wrong_type(name, f"pylm.{kind.__name__}(...)", value)
    return value


def _set_symbols(options: Any, symbols: SymbolOptions) -> None:
    options.n_trees = integer("trees", symbols.trees, 1, MAX_TREES)
    classes = symbols.classes
    if options.tokenizer == lib.PYLM_TOKENIZER_BYTES and (symbols.trees > 1 or classes is not None):
        raise ArgumentError("trees and classes are for words and pieces: add tokenizer='words' or 'pieces'")
    _set_words(options, symbols)
    options.endless = not symbols.text_end
    if symbols.closed and options.tokenizer != lib.PYLM_TOKENIZER_WORDS:
        raise ArgumentError("closed is for words: add tokenizer='words'")
    options.closed = bool(symbols.closed)
    options.no_topics = not symbols.topics
    options.no_voice = not symbols.voice
    options.no_layout = not symbols.layout
    if symbols.ids is not None and options.tokenizer != lib.PYLM_TOKENIZER_EXTERNAL:
        raise ArgumentError("ids is for documents of ids without a tokenizer: add tokenizer='ids'")
    if symbols.pieces is not None:
        if options.tokenizer not in (lib.PYLM_TOKENIZER_AUTO, lib.PYLM_TOKENIZER_PIECES):
            raise ArgumentError("pieces is the size of a vocabulary of pieces: add tokenizer='pieces'")
        options.n_pieces = integer("pieces", symbols.pieces, 256, 1 << 20)
    if classes is not None:
        each = list(classes) if isinstance(classes, Iterable) else [classes] * MAX_TREES
        if isinstance(classes, Iterable) and len(each) != options.n_trees:
            raise ArgumentError(f"classes must be one number or {options.n_trees}, one for every tree")
        for i, n in enumerate(each):
            options.n_classes[i] = integer("classes", n, 2, 1024)


def _set_words(options: Any, symbols: SymbolOptions) -> None:
    named = [name for name in ("min_word_count", "vocabulary_size", "vocabulary") if getattr(symbols, name) is not None]
    if named and options.tokenizer != lib.PYLM_TOKENIZER_WORDS:
        raise ArgumentError(f"{named[0]} is for words: add tokenizer='words'")
    if symbols.vocabulary is not None and len(named) > 1:
        raise ArgumentError(f"{named[0]} chooses among the words of the text, and vocabulary gives them: leave one out")
    if symbols.min_word_count is not None:
        options.min_word_count = integer("min_word_count", symbols.min_word_count, 1, 1 << 31)
    if symbols.vocabulary_size is not None:
        options.max_words = integer("vocabulary_size", symbols.vocabulary_size, 3, 1 << 24)


def _set_kernel(options: Any, kernel: KernelOptions) -> None:
    if options.n_trees > 1 or options.max_nbytes or options.max_order != NONE or options.profile:
        raise ArgumentError("trees, size, max_order and profile are not for a kernel; leave them out")
    options.predictor = lib.PYLM_PREDICTOR_KERNEL
    if kernel.reach is not None:
        options.reach = integer("reach", kernel.reach, 1, MAX_REACH)
    options.no_classes = kernel.class_distances is False
    if kernel.distances is not None:
        options.reach = options.reach or DEFAULT_REACH
        options.distance_q16 = several_q16("distances", kernel.distances, options.reach, MAX_DISTANCE)
        options.class_distance_q16 = options.distance_q16
        if not any(options.distance_q16):
            raise ArgumentError("distances are all 0: then nothing that was read would matter")
    if kernel.class_distances is not None and not isinstance(kernel.class_distances, bool):
        if kernel.distances is None:
            raise ArgumentError("class_distances without distances; give both or none")
        nearer = several_q16("class_distances", kernel.class_distances, None, MAX_DISTANCE)
        if len(nearer) > options.reach or any(u > t for u, t in zip(nearer, options.distance_q16, strict=False)):
            raise ArgumentError("class_distances must not be more than distances, in number and in size")
        for j, u in enumerate(nearer):
            options.class_distance_q16[j] = u


def n_ids(symbols: SymbolOptions | None) -> int:
    """How many plain ids there are; ArgumentError, if it is not said."""
    if symbols is None or symbols.ids is None:
        raise ArgumentError("tokenizer='ids' needs to know how many there are: symbols=pylm.SymbolOptions(ids=N)")
    return integer("ids", symbols.ids, 2, 1 << 24)


def _tokenizer_number(tokenizer: object) -> int:
    if isinstance(tokenizer, str) and tokenizer == IDS:
        external: int = lib.PYLM_TOKENIZER_EXTERNAL
        return external
    if isinstance(tokenizer, str) and tokenizer in NUMBERS:
        return NUMBERS[tokenizer]
    if is_external(tokenizer):
        return EXTERNAL
    raise ArgumentError(
        f"tokenizer must be 'auto', 'bytes', 'words', 'pieces' or 'ids', the path of a tokenizer.json, or a "
        f"tokenizers.Tokenizer (a tokenizer of transformers has one, backend_tokenizer), not {described(tokenizer)}"
    )
