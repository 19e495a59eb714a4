# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Training: models from texts, and layers on models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.arguments import check_options
from ._core.documents import listed, named_documents, total_nbytes
from ._core.reader import image_of
from ._core.text import Path, Source
from ._model import Model, without_words
from .errors import ArgumentError
from .training.options import LayerOptions, TrainOptions, training_options
from .training.trainer import train_on, train_with

if TYPE_CHECKING:
    from typing_extensions import Unpack


def train(
    source: Source,
    *,
    output: Path | None = None,
    sources: bool | Path = False,
    progress: bool | None = None,
    **options: Unpack[TrainOptions],
) -> Model:
    """Trains a model by counting. The same texts and options give the same model, to the last byte, in whatever
    order the texts come: they are put into the order of a hash of their content.

    source      the path of a text file, or of a folder, which stands for the files in it and below, hidden ones left
                out; a list of paths; or an iterable of documents: texts (str as UTF-8, or bytes) and pathlib.Path for
                files. A list of str is one of paths if each is the name of a file that exists; if only some are, or if
                all look like names of files, it is refused as a likely mistake (texts of strangers should be bytes,
                which are never paths). Files compressed by gzip, bzip2, xz or zstd are unpacked, UTF-16 with a byte
                order mark is converted, and what is no text in UTF-8 is refused, unless the tokenizer is "bytes".
                What stands at the start of a document does not depend on the document before it.
    output      where to write the model as Model.save() does, following a link; the model that comes back is mapped
                from there. So it never is in memory as a whole.
    sources     also write a sources file, of which `Model.trace()` and `Model.sources` learn where passages
                stand: True for OUTPUT.sources, where `load()` finds it, or its path. It holds the texts
                themselves, and takes some 1.7 bytes for a byte of them; less than 4 GB of text, and no ids. The
                model is the same.
    progress    show a bar on standard error; None: if that is a terminal.

    Options, with what they are unless given:

    tokenizer="auto"  "bytes": predicts byte by byte, any file, text or not, loses nothing. "words": words between
                white space, and line ends ("</s>"); not kept is how many and which white space stood between two words.
                A word must come twice to be in the vocabulary; `min_count=1` and `symbols` change that. Others are read
                as "<unk>" and spelled. "pieces": parts of words and whole words,
                found in the text; any text, loses nothing, quicker and better than bytes for longer texts.
                "auto": "pieces" from 3 MB of text on, else "bytes". Or the path of a tokenizer.json, or a
                Tokenizer of the `tokenizers` package: an external vocabulary, for example a large model's. The
                model's ids are the tokenizer's, those that the texts do not have included; its file travels in the
                model. Texts must be UTF-8; documents may also be ids. No special tokens are added. A tokenizer that
                normalises (lower case, for example) predicts and gives back the normalised text. "ids": documents are
                ids without a tokenizer; `SymbolOptions.ids` says how many there are.
    threads=None  processors to use; None: all. Does not change the model.
    min_count=2  contexts seen less often are left out; 1 keeps all, and of words also those seen once: larger and
                slightly better. [2, 2, 3]: one number for each order from 1 on, the last one for all above, too. The
                order of a context is how many symbols, classes or words it consists of.
    max_order=None  longest context in symbols, 0 to 12; None: 8 for bytes, else 5.
    size=None   bytes that the model may have at most, as a number or like "64K", "3M", "1.5 MB": the best model
                that fits (DESIGN.md, "A given size"). Takes up to three times as long. For pieces, it also limits
                the vocabulary, unless `SymbolOptions.pieces` says how many.
    memory=None  bytes of memory that the process uses at most, about, as `size` is written; None: half of what is
                free now. With less, training takes longer, and topics come from less of the text (see below).
    profile="standard"  or "fast": only the contexts that an n-gram model has, the last symbols without gaps; of
                words and pieces three at most. Less than half the time to score; on words a third of the size and
                an eighth more perplexity. Or "best": two trees, unless `SymbolOptions.trees` says more. Twice the
                size and the time, a twentieth less perplexity; the same as "standard" for bytes, for layers and
                with `size`.
    dask=None   count on a Dask cluster: True for one of this machine's processors, the address of its scheduler, or a
                `distributed.Client`. Each kind of context is a task. The rest of the training is done here. Workers
                need the same version of pylm, and no folder in common; a worker that is lost costs what it was doing.
                The model is the same. Not with `size`, nor for a kernel.
    symbols=None  `SymbolOptions(...)`: which words or pieces there are, and how they are arranged, such as
                SymbolOptions(vocabulary_size=20000) or SymbolOptions(trees=4).
    kernel=None  `KernelOptions()`: make a kernel: radial basis functions around every position of the text, in
                closed form; see `Model.kernel()` and DESIGN.md, "The kernel". `size`, `max_order`, `profile` and
                several trees are not for it, and it learns nothing from what it reads.
    Ctrl-C stops it within 0.2 s. Memory: 1, 2 or 4 bytes a symbol of text and 16 for each thread; the model, with
    `size` eight times that and 32 MB; for the fit up to 300 MB, in bytes 500 MB, less for short texts. With `memory`,
    what does not fit goes to temporary files, next to `output` or where TMPDIR says: the text, sorted counts (some 5
    bytes a symbol for each thread), tables. The fit must fit; a limit that is too small is refused, with the smallest
    that is not.
    Raises ArgumentError, EmptyTextError, TooLargeError, TextFormatError, OutOfMemoryError, MissingPackageError,
    OSError, and TypeError for an option that does not exist.
    """
    check_options("train", options, TrainOptions)
    source = listed(source, output)
    tokenizer = options.get("tokenizer", "auto")
    in_parts = isinstance(tokenizer, str) and tokenizer in ("auto", "bytes", "pieces")
    no_sources = sources is False or sources is None
    texts = named_documents(source, binary=options.get("tokenizer") == "bytes", large=in_parts and no_sources)
    return train_with(texts, total_nbytes(source), options, progress, output, sources)


def adapt(
    model: Model,
    source: Source,
    *,
    output: Path | None = None,
    progress: bool | None = None,
    **options: Unpack[LayerOptions],
) -> Model:
    """Fits a layer to texts of some domain, on top of a model. What comes back is a model like any other, which
    predicts by both; `model` stays as it is. The layer alone is what `output`, or `save()`, writes.

    model       of one tree, no kernel; it may have layers itself.
    source      texts of the domain, as in `train()`; of a model with an external tokenizer also ids.
    output      where to write the layer; `load()` with `layers` puts it on the model again.
    progress    as in `train()`, and so are the options threads, min_count, max_order, size, memory and profile; they
                concern the layer.

    The contexts of the texts are counted in the model's own vocabulary, so words that a word model does not have stay
    "<unk>", words that were given to it, too; what comes back has these as well. By which weights layer and model are
    mixed is fitted on parts of the texts that are held out, as in `train()`: a layer of a few sentences says little,
    and does little harm (DESIGN.md, "Layers").
    Raises what `train()` raises, and ArgumentError for a model of several trees or a kernel.
    """
    if "symbols" in options:
        raise ArgumentError("a layer has the vocabulary of its model; leave symbols out")
    check_options("adapt", options, LayerOptions)
    image = image_of("model", model)
    made = training_options(tokenizer="bytes", **options)
    if model.info.trees > 1:
        raise ArgumentError("a layer lies on a model of one tree, and this one has several; train it without trees")
    image.needs_mix("a layer")
    base = without_words(model)
    made.tokenizer, made.base = image.info.tokenizer, image.plain.model
    source = listed(source, output)
    texts = named_documents(source, binary=image.is_bytes)
    layer = train_on(texts, total_nbytes(source), made, "auto", progress, output, base=base)
    return layer.with_words(model.words) if model.words else layer
