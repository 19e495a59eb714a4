# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How pylm predicts: a reader of its model files in plain Python, to be read from top to bottom.

`python3 examples/reader.py MODEL TEXTFILE` prints each symbol of a text with its cost in bits, and the total. The costs
equal the engine's (csrc/core) to the last bit, because both compute with integers. FORMAT.md defines the bytes.

The symbols (bytes, words or pieces of words) are the leaves of a binary tree. The probability of a symbol is the
product of the decisions on the way from the root to its leaf: left or right? For each decision the model asks many
contexts of the text: the last symbol, the last but one, and so on. A context has counted what followed it in training,
so it has two counts at a node: left and right. A table turns counts into log-odds. Some contexts also speak together,
and some models say what the text was about. Two weighted sums, one after the other, make it one probability.

Names end in their unit: _q10 is in 1/1024 (log-odds, in nats), _q16 in 1/65536 (probabilities and bits), and so on.
Weights are in 1/8192. In a sound model no sum leaves 32 bits, so nothing has to wrap around as it would in C.
Not covered: states that learn, layers, the predictor "kernel", external tokenizers. Only a checksum finds damage. What
the letters of unknown words cost, another image within the file says, which can be read in the same way.
"""

from __future__ import annotations

import re
import sys
from collections import namedtuple
from functools import cache, reduce
from math import exp, log2
from pathlib import Path
from struct import Struct, unpack_from

# ---- 1. The file: headers, packed fields, numbers, checksum
HEADER = Struct("<8s2I3Q6I5B3x11QI4xQ")
Header = namedtuple("Header", """magic version head_nbytes image_nbytes image_checksum head_checksum tokenizer
    n_symbols unknown line_end text_end n_trees vocab_position_bits vocab_slot_bits predictor voice is_layer facts
    facts_nbytes vocab_text vocab_text_nbytes vocab_positions vocab_slots file file_nbytes topics spelling
    spelling_nbytes spelling_saves factor""")  # fmt: skip
TREE_HEADER = Struct("<5I4B7Q16s3Q2I")
TreeHeader = namedtuple("TreeHeader", """share n_templates n_suffix n_node_sets depth symbol_bits class_bits
    coarse_bits set_bits nodes ranks classes calibration weights symbols stage2_weights plan overlay_calibration
    overlay_weights topics n_previous n_before""")  # fmt: skip
TEMPLATE_HEADER = Struct("<10B2xI4Q")
Template = namedtuple("Template", """base kind lag role bucket_bits check_bits count_bits payload_bits index_bits
    list_form n_records index records lists lists_nbytes""")  # fmt: skip
MAGIC, VERSION = b"\x93pylm\r\n\x1a", 13
BYTES, WORDS, PIECES, EXTERNAL = range(4)  # tokenizers
N_CALIBRATION, N_CONFIDENCES, CONSTANT_Q10 = 491, 15, 256  # see section 6
KINDS_OF_BYTES = (range(97, 123), range(65, 91), range(48, 58), b" \t", b"\r\n", range(128), range(128, 256))
SEED, FACTOR, U64 = 0x243F6A8885A308D3, 0x9E3779B97F4A7C15, (1 << 64) - 1
SPACE = re.compile(b"[\t\v\f\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80")
COUNT_OF_CODE = [1, 2] + [3 + code % 2 << code // 2 - 1 for code in range(2, 64)]  # 1, 2, 3, 4, 6, 8, 12, 16, ...


class ModelError(ValueError):
    """These bytes are no model that can be read here."""


class Bits:
    def __init__(self, image: bytes, position: int, bit: int = 0) -> None:
        """Packed fields, read one after the other. The first begins `bit` bits behind a byte position."""
        self.image, self.bit = image, 8 * position + bit

    def take(self, width: int) -> int:
        begin, self.bit = self.bit, self.bit + width
        return int.from_bytes(self.image[begin // 8 : (self.bit + 7) // 8], "little") >> begin % 8 & (1 << width) - 1

    def take_rest(self, number: int) -> int:
        """Of a number of 15 or more, written as 15, the rest follows: 7 bits a byte."""
        shift, byte = 0, 128 if number == 15 else 0
        while byte >= 128:
            byte = self.take(8)
            number, shift = number + (byte % 128 << shift), shift + 7
        return number


def rows_of_i16(image: bytes, position: int, n: int, n_columns: int) -> list[tuple[int, ...]]:
    numbers = unpack_from(f"<{n * n_columns}h", image, position)
    return [numbers[i : i + n_columns] for i in range(0, n * n_columns, n_columns)]


def step(hash: int, value: int, factor: int = FACTOR) -> int:
    """A hash of 64 bits takes in one more number; those of contexts and words with the model's own factor."""
    hash = (hash ^ value) * factor & U64
    return hash ^ hash >> 32


def checksum(data: bytes) -> int:
    hash = reduce(step, unpack_from(f"<{len(data) // 8}Q", data), SEED)
    return step(step(hash, int.from_bytes(data[len(data) & ~7 :], "big")), len(data))


def open_header(image: bytes) -> Header:
    """The header, if the image is one that can be read here."""
    is_short = len(image) < HEADER.size
    header = Header._make(HEADER.unpack_from(image.ljust(HEADER.size, b"\0")))
    errors = {
        "this is not a pylm model": header.magic != MAGIC,
        f"format version {header.version}, not {VERSION}: train it again": header.version != VERSION and not is_short,
        "the end of this model is missing": is_short or len(image) < header.image_nbytes,
        "this model is damaged": checksum(image[32 : header.image_nbytes]) != header.image_checksum,
        "this reader covers neither layers nor kernels": header.is_layer or header.predictor,
    }
    if found := [error for error, applies in errors.items() if applies]:
        raise ModelError(found[0])
    return header


# ---- 2. Symbols: from a text to numbers
def encode(model: Model, text: bytes) -> list[int]:
    """The symbols of a text. With an external tokenizer it consists of their numbers."""
    if model.header.tokenizer == EXTERNAL:
        return [int(number) for number in text.split()]
    if text and model.header.text_end == model.header.line_end:  # texts end with their line
        text = text.removesuffix(b"\n") + b"\n"
    if model.header.tokenizer == BYTES:
        return list(text)
    symbols, at = list[int](), 0
    if model.header.tokenizer == WORDS:  # what white space parts, and a symbol at the end of each line
        text = re.sub(rb"(?<![^ \n])</s>(?![^ \n]) *(?:\n|\Z)?", b"\n", SPACE.sub(b" ", text))
        text = re.sub(rb"(?<![^ \n])<s>(?![^ \n])", b" ", text)
        for line in text.removesuffix(b"\n").split(b"\n"):
            symbols += [model.symbols.get(w, model.header.unknown) for w in line.split()] + [model.header.line_end]
        return symbols
    while at < len(text):  # the longest piece that fits; every single byte is a piece
        n = next(n for n in range(24, 0, -1) if text[at : at + n] in model.symbols)
        symbols.append(model.symbols[text[at : at + n]])
        at += n
    return symbols


# ---- 3. Contexts: each template takes something of the text before, as a hash
class History:
    """The symbols that were read; of bytes also the words that they form, as hashes of 32 bits. And sums of vectors."""

    def __init__(self, model: Model) -> None:
        header, self.topics, self.factor = model.header, model.topics, model.header.factor
        self.symbols = list[int]()
        self.tokenizer, self.words, self.n_letters = header.tokenizer, [0] * 4, 0  # the word so far, three before
        self.ended = [0] * 8  # bytes: the last words, and whatever stands alone
        self.line, self.line_above, self.n_words, self.runs = b"", b"", 0, 0  # bytes: see value()
        self.sums = [[0] * (self.topics.n_reading // 2) for _ in range(2)]
        if header.line_end < header.n_symbols:  # a text begins behind one
            self.read(header.line_end)

    def back(self, lag: int) -> int:
        """The symbol so far back plus 1; 0 before the start of the text."""
        return self.symbols[-lag] + 1 if 0 < lag <= len(self.symbols) else 0

    def read(self, symbol: int) -> None:
        self.symbols.append(symbol)
        if self.tokenizer != BYTES:
            self.sums = self.topics.added(self.sums, symbol)
            return
        letter = symbol + 32 if ord("A") <= symbol <= ord("Z") else symbol
        is_letter = ord("a") <= letter <= ord("z") or letter >= 128 or letter == ord("'")
        is_chinese_behind_kana = 0xE4 <= symbol <= 0xE9 and self.back(4) == 0xE3 + 1
        if self.words[0] and (not is_letter or is_chinese_behind_kana or self.n_letters == 24):
            self.ended = [self.words[0], *self.ended[:7]]
            self.words, self.n_letters = [0, *self.words[:3]], 0
        if is_letter:
            self.words[0], self.n_letters = step(self.words[0], letter, self.factor) >> 32 | 1, self.n_letters + 1
        elif symbol != ord(" "):
            self.ended = [self.alone(), *self.ended[:7]]
        self.n_words, self.line = self.n_words + (self.n_letters == 1), self.line + bytes([symbol])
        kind = next(kind for kind, found in enumerate(KINDS_OF_BYTES, 1) if symbol in found)
        self.runs = self.runs if self.runs & 7 == kind else self.runs << 3 & (1 << 30) - 1 | kind  # of one kind
        if symbol == ord("\n"):
            self.line, self.line_above, self.n_words = b"", self.line, 0

    def value(self, tree: Tree, kind: int, lag: int) -> int:
        """What a template adds to the context of its base. Classes, like symbols, are counted from 1."""
        back, column, n = self.back(lag), len(self.line), len(self.line_above)
        above = self.line_above[column] + 1 if column + 1 < n < 256 else 0  # of a longer line nothing is known
        coarse = reduce(lambda x, i: (x * 67 + tree.coarse[self.back(i)]) % (1 << 32), range(1, lag + 1), 0)
        shape, line = self.runs & (1 << 3 * lag) - 1, min(self.n_words, 255) << 6 | self.runs & 63
        place, word = above << 8 | min(column, 255), self.words[lag % 4]
        return (0, back, tree.classes[back], coarse, word, place, shape, line)[kind]

    def alone(self) -> int:
        """The hash of the last byte as a word of its own."""
        return step(SEED, self.back(1)) >> 32 | 1


def numbers(packed: bytes, is_short: int) -> list[int]:
    """Of short numbers the upper four bits: first those of all lower halves of bytes, then of the upper ones."""
    whole = [x << 4 & 240 for x in packed] + [x & 240 for x in packed] if is_short else packed
    return [x - (x >> 7 << 8) for x in whole]


class Topics:
    """Each symbol has a vector: what usually comes near it. Sums of those that were read say what a text is about."""

    def __init__(self, image: bytes, at: int, n_symbols: int) -> None:
        self.n, self.is_short = (image[at], image[at + 5]) if at else (0, 0)  # numbers of a vector; 1: of four bits
        self.n_reading = 2 * self.n
        self.fades, self.scales = image[at + 1 : at + 3], image[at + 3 : at + 5]
        record = Struct(f"<B{self.n >> self.is_short}s")  # how far to shift, and a vector
        rows = record.iter_unpack(image[at + 8 :][: n_symbols * record.size] if at else b"")
        shifted = [[x << min(shift, 12) for x in numbers(vector, self.is_short)] for shift, vector in rows]
        self.vectors = shifted or [[]] * n_symbols

    def added(self, sums: list[list[int]], symbol: int) -> list[list[int]]:
        """The sums with one more symbol. The first forgets within some 32 symbols, the second within hundreds."""
        return [[s - (s >> fade) + v for s, v in zip(x, self.vectors[symbol])] for x, fade in zip(sums, self.fades)]

    def reading(self, history: History) -> list[int]:
        """The sums as numbers of 8 bits."""
        return [clamp(s + (1 << n >> 1) >> n, -127, 127) for x, n in zip(history.sums, self.scales) for s in x]


def hash_table(image: bytes, at: int) -> tuple[dict[int, int], int]:
    """The numbers of hashes, and where the table ends. What makes them quick to find is passed over."""
    n, bits = unpack_from("<II", image, at)
    at += 12 + (4 << bits)
    return {hash: i for i, hash in enumerate(unpack_from(f"<{n}I", image, at))}, at + 4 * n


class Words:
    """Bytes: each frequent word has vectors: what it says of the next word, of the next but one, and so on."""

    def __init__(self, image: bytes, at: int) -> None:
        self.n_reading, self.is_short, self.dims = (n := image[at]), 0, image[at + 1 : at + 9]
        words, at = hash_table(image, at + 12)
        self.vectors = {word: numbers(image[at + n * i :][:n], 0) for word, i in words.items()}

    def reading(self, history: History) -> list[int]:
        """The vectors of the last words, one behind the other."""
        result = list[int]()
        for word, n in zip(history.ended, self.dims):
            vector = self.vectors.get(word, [0] * self.n_reading)  # no word has the hash 0
            result += vector[len(result) : len(result) + n]
        return result


def context_hashes(tree: Tree, history: History) -> list[int]:
    """The context of each template: that of its base, and one value more."""
    hashes: list[int] = []
    for base, kind, lag, *_ in tree.templates:
        hashes.append(step(SEED if base == 255 else hashes[base], history.value(tree, kind, lag), history.factor))
    return hashes


# ---- 4. Evidence: what followed a context in the training text, and how often
Successors = list[tuple[int, int]]  # of a context: leaf and count of each, in ascending order of leaves
Evidence = dict[int, Successors]  # of those contexts that the training text had, by number of template
Units = dict[int, int]  # likewise: 1/2^24 of how often the context occurred


def look_up(tree: Tree, history: History) -> Evidence:
    found = {}
    for k, (template, hash) in enumerate(zip(tree.templates, context_hashes(tree, history))):
        base_is_missing = template.base != 255 and template.base not in found
        if base_is_missing and template.list_form == 0 and tree.templates[template.base].n_records:
            continue  # then the training text did not have this one, either: a match would be another's
        if successors := find(tree, template, hash):
            found[k] = successors
    return found


@cache  # many contexts come again
def find(tree: Tree, template: Template, hash: int) -> Successors | None:
    """Searches a hash table: the upper bits choose a bucket of records, those below are a record's fingerprint."""
    leaf_bits, record_bits = tree.header.symbol_bits, template.check_bits + 1 + template.payload_bits
    fingerprint = (hash << template.bucket_bits & U64) >> 64 - template.check_bits
    index = Bits(tree.image, template.index, (hash >> 64 - template.bucket_bits) * template.index_bits)
    begin, end = index.take(template.index_bits), index.take(template.index_bits)
    record = Bits(tree.image, template.records, begin * record_bits)
    for _ in range(begin, end):
        seen, is_list, payload = record.take(template.check_bits), record.take(1), record.take(template.payload_bits)
        if seen == fingerprint and is_list:
            return read_list(Bits(tree.image, template.lists + payload), template.list_form, leaf_bits)
        if seen == fingerprint:  # a single successor stands within its record
            count, leaf = divmod(payload, 1 << leaf_bits)
            return [(leaf, COUNT_OF_CODE[count & 63] if template.list_form else count + 1)]
    return None


def read_list(packed: Bits, is_coded: int, leaf_bits: int) -> Successors:
    """Several successors, as leaf and count: n of them, which occurred `total` times."""
    n, more = packed.take(4), packed.take(4)
    n = packed.take_rest(n) + 1
    if is_coded:  # a small list: leaves, then counts, rounded to what codes stand for
        code_bits = more & 7
        if n > (32 if leaf_bits > 8 else 8):  # splits at the end and the total save time, and say nothing new
            packed.take_rest(15), packed.take(8)
        leaves = [packed.take(leaf_bits) for _ in range(n)]
        return [(leaf, COUNT_OF_CODE[packed.take(code_bits) & 63]) for leaf in leaves]
    total = n + packed.take_rest(more)
    n_bits, total_bits = (n - 1).bit_length(), (total - 1).bit_length()

    def part(first: int, n: int, total: int) -> Successors:
        """A quick list parts where the tree parts its leaves, down to single successors."""
        if n == 1:
            return [(first, total)]
        right, n_left, total_left = packed.take(leaf_bits), packed.take(n_bits), packed.take(total_bits)
        return part(first, n_left, total_left) + part(right, n - n_left, total - total_left)

    return part(packed.take(leaf_bits), n, total)


# ---- 5. Fixed point: logarithms and probabilities, by tables with straight lines from entry to entry
SQUASH = [min(65535, round(65536 / (1 + exp(-i / 16)))) for i in range(179)]
LOG2 = [min(65535, round(65536 * log2(1 + i / 128))) for i in range(129)]


def clamp(x: int, least: int, most: int) -> int:
    return max(least, min(x, most))


def squash(x_q10: int) -> int:
    """The probability 1 / (1 + e^-x), in 1/65536, of log-odds x."""
    i, part = divmod(min(abs(x_q10), 178 * 64 - 1), 64)
    p_q16 = SQUASH[i] + ((SQUASH[i + 1] - SQUASH[i]) * part + 32) // 64
    return p_q16 if x_q10 >= 0 else 65536 - p_q16


def log2_q16(x: int) -> int:
    """log2 of a number of 32 bits whose highest bit is set."""
    i, part = x >> 24 & 127, x >> 8 & 65535
    low, high = LOG2[i], LOG2[i + 1] if i < 127 else 65536
    return (31 << 16) + low + ((high - low) * part + 32768 >> 16)


def ln_q10(x: int) -> int:
    """The natural logarithm, in steps: the middle of each of 128 intervals of an octave."""
    octave = x.bit_length() - 1
    i = (x << 7 >> octave) - 128
    return (octave * 45426 >> 6) + ((LOG2[i] + LOG2[i + 1]) * 2839 + 271000 >> 19)


def log2_of_count_q4(n: int) -> int:
    """log2(n + 1/4) + 2 in 1/16: a straight line from each power of two to the next."""
    x = 4 * min(n, (1 << 29) - 1) + 1
    octave = x.bit_length() - 1
    return 16 * octave + (x << 4 >> octave) - 16


def normal(mantissa: int, exponent: int) -> tuple[int, int]:
    """mantissa * 2^exponent, with a mantissa of 32 bits; more are cut off. For probabilities of any size."""
    shift = mantissa.bit_length() - 32
    return mantissa >> shift, exponent + shift


# ---- 6. Mixing: each context's counts become log-odds, which are weighed and added
def calibration_index(n_distinct: int, n0: int, n1: int) -> int:
    """Where a template's table has the log-odds that the trainer found for such counts left and right."""
    n = n0 + n1
    octave = min((n - 1).bit_length() - 4, 9)  # of n > 8
    if n_distinct == 1:
        return 455 + 2 * (n - 1 if n <= 8 else 8 + octave) + (n1 > 0)
    if n <= 8:
        return n * (n + 1) // 2 + n1
    ratio_q4 = log2_of_count_q4(n1) - log2_of_count_q4(n0)
    return 45 + 41 * octave + clamp(ratio_q4 + 164 >> 3, 0, 40)


def topic_q10(tree: Tree, number: int, reading: list[int]) -> int:
    """The log-odds that the topic, or the last words, give to going right at a node."""
    if not tree.topics:
        return 0
    offset, shift, vector = tree.topics[number]
    product = sum(u * x for u, x in zip(vector, reading))
    return clamp(offset + (product + (1 << (shift & 15) >> 1) >> (shift & 15)), -8704, 8704)


def voice_q10(counts: list[tuple[int, int]]) -> int:
    """What suffix contexts say together: each adds its counts to what shorter ones expect, which stands for some."""
    sides_q16 = [1 << 15, 1 << 15]  # together 1 at most
    for both in counts:
        bits = (sum(both) + 3).bit_length()
        sides_q16 = [(n << 13 >> bits << 3) + (x >> bits - 2) for n, x in zip(both, sides_q16)]
    return clamp(ln_q10(sides_q16[1] | 1) - ln_q10(sides_q16[0] | 1), -8704, 8704)


def right_at(tree: Tree, number: int, below: Evidence, units_q24: Units, text_row: list[int], topic_q10: int) -> int:
    """The probability, in 1/65536, of going right at a node, from the evidence below it and what the topic says."""
    mid, node_set = tree.nodes[number]
    sides = [{k: sum(n for leaf, n in x if (leaf >= mid) == side) for k, x in below.items()} for side in (0, 1)]
    counts = {k: (sides[0][k], sides[1][k]) for k in below}  # left of mid, and from mid on
    left_q24, right_q24 = (sum(n * units_q24[k] for k, n in side.items()) for side in sides)

    # Weights come in sets. One is chosen by the longest suffix context with evidence, how much it has, and how many
    # skip contexts have some; one by the node; one by the confidence: the share of all contexts' counts that is here.
    order = max((k for k in below if k < tree.header.n_suffix), default=0)
    n, skips = sum(counts.get(order, ())), min(sum(tree.templates[k].role == 1 for k in below), 2)
    suffix_set = (3 * order + skips) * 4 + (n > 1) + (n > 3) + (n > 8)
    confidence = min(((left_q24 + right_q24 | 1).bit_length() - 1) // 2, N_CONFIDENCES - 1)
    confidence_set = confidence * (tree.header.n_templates + 1) + len(below)
    # Stage 1 adds the log-odds of all contexts. The weight of each is the sum of its weights in the chosen sets.
    rows = [tree.families[0][suffix_set], tree.families[1][node_set], tree.families[2][confidence_set], text_row]
    inputs_q10 = {k: tree.calibration[k][calibration_index(len(x), *counts[k])] for k, x in below.items()}
    inputs_q10[tree.header.n_templates] = CONSTANT_Q10
    if tree.topics:
        inputs_q10[tree.header.n_templates + 1] = topic_q10
    if tree.has_voice:
        inputs_q10[-1] = voice_q10([counts[k] for k in below if k < tree.header.n_suffix])
    sum_q23 = sum(x * row[k] for k, x in inputs_q10.items() for row in rows)
    mixed_q10 = clamp(sum_q23 + 4096 >> 13, -11392, 11392)
    # Stage 2 weighs the result against the plain mean of the contexts' relative frequencies.
    mean_q10 = clamp(ln_q10(right_q24 + 168 | 1) - ln_q10(left_q24 + 168 | 1), -8704, 8704)
    rows = [tree.stage2_sets[node_set], tree.stage2_sets[tree.header.n_node_sets + confidence]]
    sum_q23 = sum(x * w for row in rows for x, w in zip((mixed_q10, mean_q10, CONSTANT_Q10), row))
    return squash(sum_q23 + 4096 >> 13)


# ---- 7. The walk: a probability is the product of the decisions on the way to a leaf
class Tree:
    def __init__(self, image: bytes, at: int, header: Header, topics: Topics | Words) -> None:
        """Unpacks one of the symbol trees of a model, and its weights. Most models have one tree."""
        self.image, self.n_symbols, self.has_voice = image, (n_symbols := header.n_symbols), header.voice
        self.header = h = TreeHeader._make(TREE_HEADER.unpack_from(image, at))
        at += TREE_HEADER.size
        self.end = at + h.n_templates * TEMPLATE_HEADER.size
        self.templates = [Template._make(row) for row in TEMPLATE_HEADER.iter_unpack(image[at : self.end])]
        nodes, ranks, classes = Bits(image, h.nodes), Bits(image, h.ranks), Bits(image, h.classes)
        self.nodes = [(nodes.take(h.symbol_bits), nodes.take(h.set_bits)) for _ in range(n_symbols - 1)]
        self.leaves = [ranks.take(h.symbol_bits) if h.ranks else i for i in range(n_symbols)]
        self.classes = self.coarse = list(range(n_symbols + 1))  # by symbol + 1, which is 0 before the start of a text
        if h.classes:
            rows = [(classes.take(h.class_bits) + 1, classes.take(h.coarse_bits) + 1) for _ in range(n_symbols)]
            self.classes, self.coarse = map(list, zip((0, 0), *(rows[leaf] for leaf in self.leaves)))
        self.calibration = rows_of_i16(image, h.calibration, h.n_templates, N_CALIBRATION)
        record, at, n = Struct(f"<hBx{topics.n_reading >> topics.is_short}s"), h.topics, n_symbols - 1
        self.own = dict[int, dict[int, int]]()  # bytes: behind some letters of a word, nodes have records of their own
        if at and isinstance(topics, Words):
            n, (prefixes, at) = unpack_from("<I", image, at)[0], hash_table(image, at + 4)
            for prefix in prefixes:
                first, bits = unpack_from("<I", image, at)[0], int.from_bytes(image[at + 12 : at + 44], "little")
                nodes = [node for node in range(n_symbols - 1) if bits >> node & 1]
                self.own[prefix], at = {node: first + i for i, node in enumerate(nodes)}, at + 44
        records = record.iter_unpack(image[at : at + n * record.size if at else 0])
        self.topics = [(*x, numbers(vector, topics.is_short)) for *x, vector in records]
        n_contexts = h.n_templates + 1  # that have evidence: from none to all
        self.families, at, n_columns = [], h.weights, n_contexts + bool(h.topics) + header.voice  # see right_at()
        for n_sets in (12 * h.n_suffix, h.n_node_sets, N_CONFIDENCES * n_contexts, h.n_previous, h.n_before):
            self.families.append(rows_of_i16(image, at, n_sets, n_columns))
            at += 2 * n_sets * n_columns
        self.stage2_sets = rows_of_i16(image, h.stage2_weights, h.n_node_sets + N_CONFIDENCES, 3)

    def probability(self, history: History, symbol: int) -> tuple[int, int]:
        """Of a symbol, times the share of this tree; as mantissa and exponent."""
        pairs = zip(self.families[3][self.classes[history.back(1)]], self.families[4][self.coarse[history.back(2)]])
        text_row = [clamp(a + b, -32768, 32767) for a, b in pairs]  # for all nodes
        below, leaf = look_up(self, history), self.leaves[symbol]
        units_q24 = {k: (1 << 24) // sum(n for _, n in below[k]) for k in below}  # an occurrence, as a share of all
        reading, own = history.topics.reading(history), self.own.get(history.words[0] or history.alone(), {})
        number, lo, hi, p = 0, 0, self.n_symbols, (1 << 31, -31)
        while hi - lo > 1:
            mid, topic = self.nodes[number][0], topic_q10(self, own.get(number, number), reading)
            right_q16 = right_at(self, number, below, units_q24, text_row, topic)
            is_right = leaf >= mid
            p = normal(p[0] * (right_q16 if is_right else 65536 - right_q16), p[1] - 16)
            number += mid - lo if is_right else 1  # the nodes of the left side come first
            lo, hi = (mid, hi) if is_right else (lo, mid)
            below = {k: part for k in below if (part := [x for x in below[k] if (x[0] >= mid) == is_right])}
        return normal(p[0] * self.header.share, p[1] - 16)


# ---- 8. Cost: -log2 of the probability, which is what a symbol takes in a compressed text
class Model:
    def __init__(self, image: bytes) -> None:
        self.header = h = open_header(image)
        packed = Bits(image, h.vocab_positions)  # where the texts of all symbols end; of bytes they are known
        ends = [packed.take(h.vocab_position_bits) if h.vocab_positions else i for i in range(h.n_symbols + 1)]
        self.texts = [image[h.vocab_text + i : h.vocab_text + j] for i, j in zip(ends, ends[1:])]
        self.symbols = {text: symbol for symbol, text in reversed([*enumerate(self.texts)])}
        has_words = h.tokenizer == BYTES and h.topics
        self.topics = Words(image, h.topics) if has_words else Topics(image, h.topics, h.n_symbols)
        self.trees = [Tree(image, HEADER.size, h, self.topics)]
        while len(self.trees) < h.n_trees:
            self.trees.append(Tree(image, self.trees[-1].end, h, self.topics))

    def costs_q16(self, symbols: list[int]) -> list[int]:
        """The cost of each symbol of a text, in 1/65536 bit. The probabilities of several trees are added."""
        history, costs = History(self), []
        for symbol in symbols:
            p, *others = (tree.probability(history, symbol) for tree in self.trees)
            for other in others:
                (small, low), (large, high) = sorted([p, other], key=lambda x: x[1])
                p = normal(large + (small >> high - low), high)
            costs.append((-p[1] << 16) - log2_q16(p[0]))
            history.read(symbol)
            if symbol == self.header.text_end:  # another text begins
                history = History(self)
        return costs


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: reader.py MODEL TEXTFILE")
    try:
        model = Model(Path(sys.argv[1]).read_bytes())
    except ModelError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    costs = model.costs_q16(symbols := encode(model, Path(sys.argv[2]).read_bytes()))
    for symbol, cost in zip(symbols, costs):
        print(f"{cost / 65536:9.4f} bits  {model.texts[symbol].decode(errors='replace')!r}")
    print(f"{sum(costs) / 65536:9.2f} bits, {len(symbols)} symbols")


if __name__ == "__main__":
    main()
