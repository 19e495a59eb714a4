// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the pylm authors
//
// Shows what a token's probability is made of when it is pointed at or has the focus; arrow keys go from token to
// token. Everything is made as text nodes, so that nothing in a text can be taken for a part of the page.
"use strict";
const { tokens, names, kernel } = JSON.parse(document.getElementById("data").textContent);
const text = document.getElementById("text");
const options = [...text.querySelectorAll("[role=option]")];
const detail = document.getElementById("detail");
const HEADS = [
    [kernel ? "share" : "bits", ""], ["", "wide"], ["because of", "name"], ["seen", ""],
    [kernel ? "distance" : "log-odds", "wide"], ["weight", "wide"],
];
let current = 0; // has the focus, when one has
let shown = 0;   // is explained
let marked = []; // made its topic

function make(tag, content, className) {
    const element = document.createElement(tag);
    element.textContent = content;
    if (className) element.className = className;
    return element;
}

const signed = (x, digits) => (x < 0 ? "\u2212" : "+") + Math.abs(x).toFixed(digits);

// The numbers of a part: bits, log-odds and weight; of a kernel share, distance and weight.
const figures = kernel
    ? [x => (100 * x).toFixed(1) + " %", x => x.toFixed(2), x => x.toExponential(1).replace("-", "\u2212")]
    : [x => signed(x, 2), x => signed(x, 1), x => x.toFixed(2).replace("-", "\u2212")];

function bar(bits, most) {
    const cell = make("td", "", "bar wide");
    const half = 50 * Math.abs(bits) / most;
    const mark = make("span", "", bits > 0 ? "for" : "against");
    mark.style.width = half + "%";
    mark.style.left = (bits > 0 ? 50 : 50 - half) + "%";
    cell.append(mark);
    return cell;
}

function row(part, most) {
    const [name, bits, seen, logOdds, weight] = part;
    const line = document.createElement("tr");
    line.append(make("td", figures[0](bits)), most ? bar(bits, most) : make("td", "", "bar wide"),
        make("td", names[name], "name"), make("td", seen),
        make("td", logOdds === null ? "" : figures[1](logOdds), "wide"),
        make("td", weight === null ? "" : figures[2](weight), "wide"));
    return line;
}

function show(i) {
    const [token, probability, bits, parts, next, [notes, marks]] = tokens[i];
    const others = kernel ? parts : parts.slice(1); // the first are even decisions
    const most = Math.max(...others.map(part => Math.abs(part[1])), 0.01);
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const [label, kind] of HEADS) {
        const cell = make("th", label, kind);
        cell.scope = "col";
        head.append(cell);
    }
    const body = table.createTBody();
    if (!kernel) body.append(row(parts[0], 0));
    body.append(...others.map(part => row(part, most)));
    const foot = table.createTFoot();
    foot.append(row([names.length - 1, kernel ? 1 : -bits, "", null, null], 0));
    const best = make("ul", "");
    best.id = "next";
    for (const [other, p] of next) {
        const item = make("li", p + " ");
        item.append(make("b", other));
        best.append(item);
    }
    const title = make("h2", token);
    const odds = make("p", probability + " probable, " + bits.toFixed(2) + " bits", "faint");
    const close = make("p", "Most probable here", "faint");
    close.style.margin = "1rem 0 0";
    detail.replaceChildren(title, odds, table);
    for (const note of notes) detail.append(make("p", note, "faint"));
    detail.append(close, best);
    options[shown].setAttribute("aria-selected", "false");
    options[i].setAttribute("aria-selected", "true");
    for (const option of marked) option.classList.remove("topic-for", "topic-against");
    marked = marks.map(back => options[i - Math.abs(back)]);
    marked.forEach((option, k) => option.classList.add(marks[k] > 0 ? "topic-for" : "topic-against"));
    shown = i;
}

function go(i) {
    options[current].tabIndex = -1;
    current = Math.min(Math.max(i, 0), options.length - 1);
    options[current].tabIndex = 0;
    options[current].focus();
}

// The token in the next line down (1) or up (-1) that is nearest to the present one.
function line(direction) {
    const here = options[current].getBoundingClientRect();
    let best = current, nearest = Infinity, top = null;
    for (let i = current + direction; i >= 0 && i < options.length; i += direction) {
        const there = options[i].getBoundingClientRect();
        if (Math.abs(there.top - here.top) < here.height / 2) continue;
        if (top !== null && Math.abs(there.top - top) > here.height / 2) break;
        top = there.top;
        const distance = Math.abs(there.left - here.left);
        if (distance < nearest) [best, nearest] = [i, distance];
    }
    return best;
}

const index = new Map(options.map((option, i) => [option, i]));
const at = event => index.get(event.target.closest("[role=option]"));

text.addEventListener("pointerover", event => { if (at(event) !== undefined) show(at(event)); });
text.addEventListener("pointerleave", () => show(current));
text.addEventListener("click", event => { if (at(event) !== undefined) go(at(event)); });
text.addEventListener("focusin", event => {
    if (at(event) === undefined) return;
    options[current].tabIndex = -1;
    current = at(event);
    options[current].tabIndex = 0;
    show(current);
});
text.addEventListener("keydown", event => {
    const moves = {
        ArrowRight: () => current + 1, ArrowLeft: () => current - 1,
        ArrowDown: () => line(1), ArrowUp: () => line(-1), Home: () => 0, End: () => options.length - 1,
    };
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    go(moves[event.key]());
});
show(0);
