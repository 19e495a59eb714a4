# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Makes docs/comparison.md and its plots of what run.py has written.

    python benchmarks/comparison/page.py > docs/comparison.md

Every figure and every sentence about who is better is computed from the files in results/.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import protocol
from plot import Series, plot
from runs import Row, bits_per_byte, read, real_sample

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
COMMAND = """<!-- not run: needs corpora, PyTorch, and hours -->
```sh
python benchmarks/comparison/run.py DATA            # what is not in benchmarks/comparison/results; --help says more
python benchmarks/comparison/page.py > docs/comparison.md
```"""

METHOD = """
Time is that of the processor, one thread. Of networks it is that of the training loop, without starting, scoring and
tuning, which is given beside it; of pylm and KenLM it is that of reading the text, counting and writing the model.
Every symbol of the validation text is scored, in order, after a line end, with the state carried over; losses are
nats a symbol, lower is better. *Static*: nothing is learned from that text. *Adaptive*: what was scored is learned;
networks take a step of gradient descent for each segment (dynamic evaluation, Krause et al. 2018), pylm counts in 1
MB. Learning rates were chosen on the end of the training text, which was left out meanwhile, never on the validation
text. Networks are in float32, and bytes are those of their weights; pylm's and KenLM's (a trie with 8 bits) are
files. PPMd and zpaq learn always: theirs is how much longer the training and the validation text are together,
packed, than the first one alone. Nearest neighbours and ridge regression have settings that were chosen on the end of
the training text; that time is not in the table. *Generated* are symbols a CPU second, one after another, each drawn
from the whole distribution; the first one has to wait for the model's file, of pylm, and for nothing of networks. The
*calibration error* is the expected one of the best guesses (Guo et al. 2017), static, for the first 20,000 symbols:
how far what is said and what comes are apart. All networks share one loop (`benchmarks/comparison/neural.py`), and
`benchmarks/comparison/check.py` tests each: gradient, causality, state, normalisation, learning. Speeds are of
symbols scored one after another, by processor time: of networks in PyTorch; of the longest suffix, nearest neighbours
and ridge regression in Python, with numpy. Networks of other sizes, or tuned with more care, would do better at some
budgets. A processor second is worth less on a busy machine.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make docs/comparison.md.")
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="FOLDER")
    parser.add_argument("--plots", type=Path, default=DOCS, metavar="FOLDER", help="where the plots go (docs)")
    options = parser.parse_args()
    texts = {name: rows for name in protocol.TEXTS if (rows := read(options.results, name))}
    real = {name: real_sample(options.results, name) for name in texts}
    print("\n\n".join(_page(texts, real, options.plots)))


def _page(texts: dict[str, dict[str, Row]], real: dict[str, Sample | None], plots: Path) -> Iterator[str]:
    yield "# Neural and not neural, at equal cost"
    yield (
        "Small language models of several kinds, trained on the same text for the same processor time, one thread: "
        "what they lose, static and while they learn, and what they take. A script made this page of its measurements."
    )
    yield COMMAND
    yield "## Where pylm loses"
    for name, rows in texts.items():
        yield "\n".join(f"* {name}: {sentence}" for sentence in _defeats(rows))
    yield "## What each says of itself"
    yield _said(texts)
    yield "## What is not here yet"
    yield "\n".join(f"* {sentence}" for sentence in _absent(texts))
    yield "## How it is counted"
    yield _method()
    for name, rows in texts.items():
        yield from _text(name, rows, plots)
        yield from _samples(rows, real[name])


# ---- what each says of itself

HEADS = ["", "what a probability is made of", "to forget a document", "places in the training text"]
SAID = (
    ["KenLM", "the count behind one n-gram, and back-off weights", "all is counted anew", "none"],
    [
        "longest suffix, nearest neighbours, kernel", "the count or the weight of each place",
        "the index is made anew", "those very places",
    ],
    [
        "hashed n-grams with ridge", "weights that add up to a score, of which a distribution is made",
        "all is solved anew", "none",
    ],
    ["PPMd, zpaq", "nothing that the programs tell", "the text is read anew", "none"],
    [
        "networks", "no parts that add up; gradients and ablations are estimates",
        "they are trained anew; what unlearns without that is approximate", "none",
    ],
)  # fmt: skip


def _said(texts: dict[str, dict[str, Row]]) -> str:
    """What pylm says is measured (openness.py); what others can say follows from how they are made."""
    found = [says for rows in texts.values() if "pylm" in rows and (says := rows["pylm"].runs[0].get("says"))]
    ours = ["pylm", *["not measured"] * 3]
    if found:
        apart, n = max(says["parts_error_bits"] for says in found), sum(says["forgets"] for says in found)
        ours = [
            "pylm",
            f"parts that add up to the log-probability; of 300 symbols of each text at most {apart:.0e} bits apart",
            f"its store forgets it; the model is the one that never had it, byte for byte ({n} of {len(found)} texts)",
            f"with sources all of them: right of {min(says['places_found'] for says in found):.0%} of 8-word passages",
        ]
    return _markdown(HEADS, [ours, *SAID], "---")


# ---- what is said first


Sample = dict[str, Any]  # of samples.py


class Measure(NamedTuple):
    name: str
    of: Callable[[Row], float | None]
    form: Callable[[float], str]
    more_is_better: bool = False


SAMPLES = """
Each system wrote 2,000 symbols by itself, drawn from its whole distributions, behind a line end, all with seed 1; the
real text is the beginning of the validation text. *Known* words are in the training text, *copied* ones stand there in
a row of 8 and more, a *loop* is a row of 8 words that comes three times. PPMd of order 6 has read the training text,
and learns from the sample: more bits than for real text are more surprise, fewer are less. The beginnings follow as
they came.
"""

MEASURES = (
    Measure("static loss, nats", lambda row: row.last.nats, "{:.3f}".format),
    Measure("adaptive loss, nats", lambda row: row.last.adaptive, "{:.3f}".format),
    Measure("bytes, whatever the loss", lambda row: row.nbytes, lambda n: f"{n / 1e6:.2f} MB"),
    Measure("symbols scored a second", lambda row: row.speed, "{:,.0f}".format, more_is_better=True),
    Measure("CPU seconds of training, whatever the loss", lambda row: row.last.cpu_seconds, "{:.1f}".format),
)


def _defeats(rows: dict[str, Row]) -> Iterator[str]:
    """Where others are better than pylm, then where none is."""
    ours = rows.get("pylm")
    if ours is None:
        yield "pylm has not been run."
        return
    others = [row for row in rows.values() if not row.row.startswith("pylm")]
    lost: list[str] = []
    kept: list[str] = []
    for measure in MEASURES:
        better, sentence = _compared(measure, ours, others)
        (lost if better else kept).append(sentence)
    yield from lost
    yield _later([row for row in others if row.is_network])
    yield from kept


def _compared(measure: Measure, ours: Row, others: Sequence[Row]) -> tuple[bool, str]:
    """Whether others are better, and a sentence about it."""
    own = measure.of(ours)
    if own is None:
        return False, f"{measure.name}: not measured of pylm."
    sign = -1 if measure.more_is_better else 1
    found = [(row, value) for row in others if (value := measure.of(row)) is not None]
    better = [f"{row.name} ({measure.form(value)})" for row, value in found if sign * value < sign * own]
    unknown = [row.name for row in others if measure.of(row) is None]
    text = f"better are {', '.join(better)}" if better else "nothing measured here is better"
    text += f"; not measured of {', '.join(unknown)}" if unknown else ""
    return bool(better), f"{measure.name}: pylm {measure.form(own)}; {text}."


def _later(networks: Sequence[Row]) -> str:
    """What more time would do for the networks, as far as that is known."""
    if not networks:
        return "no network has been run on it yet."
    end = max(row.last.checkpoint for row in networks)
    falling = [f"{row.name} {won:.3f}" for row in networks if (won := _won(row)) is not None]
    text = (
        f"the networks' runs end at {end:g} CPU s. Static nats that they won since the checkpoint before that: "
        f"{', '.join(falling)}. What counts does not get better with time."
    )
    if end < max(protocol.CHECKPOINTS):
        text += " [README](../README.md) has what an LSTM reached after ten minutes, elsewhere."
    return text


def _won(row: Row) -> float | None:
    """Static nats since the checkpoint before the last one; below 0, it was lost."""
    before, now = (point.nats for point in row.points[-2:]) if len(row.points) > 1 else (None, None)
    return None if before is None or now is None else before - now


def _absent(texts: dict[str, dict[str, Row]]) -> Iterator[str]:
    """What the protocol asks for and FOLDER does not have."""
    yield "Not measured: " + "; ".join(protocol.NOT_MEASURED) + "."
    if missing := [name for name in protocol.TEXTS if name not in texts]:
        yield "Texts not run: " + ", ".join(missing) + "."
    for name, rows in texts.items():
        if left := [label for row, label in protocol.ROWS.items() if row not in rows]:
            yield f"{name}: not run: {', '.join(left)}."
        networks = [row for row in rows.values() if row.is_network]
        if not networks:
            continue
        seeds = min(len(row.runs) for row in networks)
        if seeds < len(protocol.SEEDS):
            yield f"{name}: {seeds} seed of {len(protocol.SEEDS)}; the differences between seeds are not known."
        end = min(row.last.checkpoint for row in networks)
        if end < max(protocol.CHECKPOINTS):
            yield f"{name}: the networks were trained for {end:g} CPU s of {max(protocol.CHECKPOINTS):,}."
        tuning = min(run["tuning"]["seconds"] for row in networks for run in row.runs)
        if tuning < protocol.TUNING:
            yield (
                f"{name}: learning rates were chosen after {tuning:g} CPU s each, not {protocol.TUNING}, which favours "
                "high ones."
            )
        if worse := [row.name for row in networks if (_won(row) or 0) < 0]:
            yield (
                f"{name}: worse at the last checkpoint than at the one before: {', '.join(worse)}. The recipe is not "
                "right for it yet, and its figures are no bound of what it can do."
            )
        if edge := [row.name for row in networks if _at_edge(row)]:
            yield f"{name}: the best of the learning rates tried was the first or the last one: {', '.join(edge)}."


def _at_edge(row: Row) -> bool:
    tuning = row.runs[0]["tuning"]
    rates = [rate for rate, _ in tuning["tried"]]
    return tuning["rate"] in (rates[0], rates[-1])


def _method() -> str:
    return METHOD.replace("\n", " ").strip()


# ---- a text


def _text(name: str, rows: dict[str, Row], plots: Path) -> Iterator[str]:
    about = next(iter(rows.values())).runs[0]
    yield f"## {name}"
    yield f"{about['valid_symbols']:,} symbols ({about['unit']}s) are scored, {about['valid_bytes']:,} bytes."
    yield _table(rows)
    if networks := [row for row in rows.values() if row.is_network]:
        yield "The networks at their checkpoints, static nats / adaptive where it was measured:"
        yield _checkpoints(networks)
        if small := [row for row in networks if "int8_nats" in row.runs[0]]:
            yield "Their matrices in 8 bits, a factor for each row; static nats beside those in float32:"
            yield _int8(small)
        yield "How they were tuned: CPU seconds of all of it, and losses by rate on what was left out."
        yield _tuning(networks)
    yield from _plots(name, list(rows.values()), plots)
    yield "Measured at: " + "; ".join(_places(rows.values())) + "."
    if loads := [run["load"] for row in rows.values() for run in row.runs if run.get("load") is not None]:
        yield (
            f"Processes that wanted a processor meanwhile: {min(loads)} to {max(loads)}, where it is known ("
            f"{len(loads)} of {sum(len(row.runs) for row in rows.values())} runs)."
        )


def _table(rows: dict[str, Row]) -> str:
    heads = [
        "system", "training, CPU s", "nats, static", "adaptive", "bits a byte", "adaptive", "parameters", "MB",
        "peak MB", "scored a second", "generated", "first symbol, ms",
        "calibration error, %",
    ]  # fmt: skip
    lines = []
    for row in sorted(rows.values(), key=lambda row: row.last.nats or row.last.adaptive or 0):
        last, run = row.last, row.runs[0]
        losses = last.nats, last.adaptive
        lines.append([
            row.name, f"{last.cpu_seconds:.1f}", *("" if nats is None else f"{nats:.4f}" for nats in losses),
            *("" if nats is None else f"{bits_per_byte(row, nats):.3f}" for nats in losses),
            f"{run['parameters']:,}" if "parameters" in run else "",
            "" if row.nbytes is None else f"{row.nbytes / 1e6:.2f}",
            "" if run["peak_bytes"] is None else f"{run['peak_bytes'] / 1e6:.0f}",
            "" if row.speed is None else f"{row.speed:,.0f}",
            f"{run['generated_per_cpu_second']:,.0f}" if "generated_per_cpu_second" in run else "",
            f"{run['first_symbol_ms']:.2f}" if "first_symbol_ms" in run else "",
            f"{100 * run['calibration_error']:.2f}" if "calibration_error" in run else "",
        ])  # fmt: skip
    return _markdown(heads, lines)


def _checkpoints(networks: Sequence[Row]) -> str:
    times = sorted({point.checkpoint for row in networks for point in row.points})
    lines = []
    for row in networks:
        at = {point.checkpoint: point for point in row.points}
        cells = []
        for seconds in times:
            point = at.get(seconds)
            adaptive = "" if point is None or point.adaptive is None else f" / {point.adaptive:.3f}"
            spread = f" ± {point.spread / 2:.3f}" if point and len(row.runs) > 1 else ""
            cells.append("" if point is None else f"{point.nats:.3f}{spread}{adaptive}")
        lines.append([row.name, *cells])
    return _markdown(["system", *(f"{seconds:g} s" for seconds in times)], lines)


def _int8(networks: Sequence[Row]) -> str:
    lines = [
        [row.name, f"{run['int8_bytes'] / 1e6:.2f}", f"{run['int8_nats']:.4f}", f"{run['points'][-1]['nats']:.4f}"]
        for row in networks
        for run in row.runs[:1]
    ]
    return _markdown(["system", "MB", "int8", "float32"], lines)


def _tuning(networks: Sequence[Row]) -> str:
    lines = []
    for row in networks:
        tuning = row.runs[0]["tuning"]
        cells = [
            ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in tuning[key]) for key in ("tried", "adaptive_tried")
        ]
        lines.append([row.name, f"{tuning['cpu_seconds']:.0f}", *cells])
    return _markdown(["system", "CPU s", "learning rate", "of dynamic evaluation"], lines)


def _samples(rows: dict[str, Row], real: Sample | None) -> Iterator[str]:
    """What the systems write, measured and shown."""
    found = {row.name: row.runs[0]["sample"] for row in rows.values() if "sample" in row.runs[0]}
    if not found:
        return
    yield SAMPLES.replace("\n", " ").strip()
    heads = ["what wrote it", "different words of 250", "known words, %", "copied, %", "loops", "bits a byte for PPMd"]
    measured = ({} if real is None else {"real text": real}) | found
    yield _markdown(heads, [_sampled(name, sample) for name, sample in measured.items()])
    for name, sample in found.items():
        yield f"<details><summary>{escape(name)}</summary>\n\n{_quoted(sample['shown'])}\n\n</details>"


def _sampled(name: str, sample: Sample) -> list[str]:
    bits = sample["judged_bits"]
    return [
        name, f"{sample['different']}", f"{100 * sample['known']:.1f}", f"{100 * sample['copied']:.1f}",
        "yes" if sample["loops"] else "none", "" if bits is None else f"{bits:.3f}",
    ]  # fmt: skip


def _quoted(text: str) -> str:
    """Indented, so that nothing in it is taken for Markdown; characters that cannot be seen are left out."""
    lines = "".join(c for c in text if c == "\n" or c.isprintable()).strip("\n").split("\n")
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _plots(name: str, rows: Sequence[Row], folder: Path) -> Iterator[str]:
    for kind in ("static", "adaptive"):
        for cost, label in (("cpu", "CPU seconds of training"), ("bytes", "bytes of the model")):
            series = [one for row in rows if (one := _series(row, kind, cost)).points]
            if not series:
                continue
            title = f"{name}: {kind} loss against {label}"
            file = folder / f"comparison-{name}-{kind}-{cost}.svg"
            file.write_text(plot(series, (label, f"{kind} nats a symbol"), title), "utf-8")
            yield f"![{title}]({file.name})"


def _series(row: Row, kind: str, cost: str) -> Series:
    points = [
        (point.cpu_seconds, loss)
        for point in row.points
        if (loss := point.nats if kind == "static" else point.adaptive) is not None
    ]
    colour = list(protocol.ROWS).index(row.row)
    if cost == "cpu":
        return Series(row.name, points, colour, flat=not row.is_network)
    return Series(row.name, [] if row.nbytes is None else [(row.nbytes, loss) for _, loss in points[-1:]], colour)


def _places(rows: Iterable[Row]) -> list[str]:
    """Commits, machines and days, each combination once."""
    found = {
        f"commit {run['commit']}, {run['machine']}{', PyTorch ' + run['torch'] if 'torch' in run else ''}, "
        f"{run['date'][:10]}"
        for row in rows
        for run in row.runs
    }
    return sorted(found)


def _markdown(heads: Sequence[str], lines: Iterable[Sequence[str]], rule: str = "---:") -> str:
    rules = ["---", *[rule] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rules, *lines])


if __name__ == "__main__":
    main()
