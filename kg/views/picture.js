"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);

/* What is drawn: nodes by number, the most important first. */
const nodes = data.nodes;
const neighbours = nodes.map(() => new Map());
data.edges.forEach(({ from, to, relations }) => {
  for (const [one, other, forward] of [[from, to, true], [to, from, false]]) {
    const known = neighbours[one].get(other) || [];
    neighbours[one].set(other, [...known, ...relations.map((relation) => ({ relation, forward }))]);
  }
});
const days = nodes.map((_, number) => daysOf(number));
const mentions = collectMentions();
const whole = nodes.length + Object.values(data.left_out).reduce((sum, count) => sum + count, 0);
const state = { selected: null, hovered: null, hidden: new Set(), types: new Set(data.types), from: "", to: "" };
const order = (numbers) => [...numbers].sort((a, b) => a - b);
const plural = {
  paper: "papers", author: "authors", model: "models", method: "methods", dataset: "data sets",
  benchmark: "benchmarks", metric: "metrics", task: "tasks",
};
const singular = { dataset: "data set", openquestion: "open question" };

function summariesOf(number) { return data.papers[number] || []; }

function daysOf(number) {
  const papers = nodes[number].group === "paper" ? [number] : [...neighbours[number].keys()];
  return [...new Set(papers.flatMap((paper) => summariesOf(paper).map((summary) => summary.day)))].sort();
}

/* Thing → the places that name it, one a summary and field: the first. */
function collectMentions() {
  const found = new Map();
  for (const [paper, summaries] of Object.entries(data.papers)) {
    summaries.forEach((summary) => ["abstract", "title", "byline"].forEach((field) => {
      const seen = new Set();
      summary[field].forEach(([, thing], index) => {
        if (thing === undefined || thing === null || seen.has(thing)) return;
        seen.add(thing);
        if (!found.has(thing)) found.set(thing, []);
        found.get(thing).push({ paper: Number(paper), summary, field, index });
      });
    }));
  }
  return found;
}

function about(thing) {
  if (thing < nodes.length) return { label: nodes[thing].label, type: nodes[thing].group, drawn: true };
  return { ...data.others[thing - nodes.length], drawn: false };
}

function shortLabel(number) {
  const { label, group } = nodes[number];
  const name = group === "paper" ? label.split(/: | - | – | — /)[0] : label;
  const letters = [...name];
  return letters.length > 34 ? letters.slice(0, 32).join("").trimEnd() + "…" : name;
}

/* Colours, from the style sheet, so that light and dark are told in one place. */
const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of [...data.types, "back", "text", "soft", "edge", "accent"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}
readColours();

/* The picture. Labels and what lights up are drawn here, at the size of the screen. */
const place = nodes.map(({ x, y }) => ({ x, y }));
const labels = nodes.map((_, number) => shortLabel(number));
const dots = new vis.DataSet(nodes.map(({ id, x, y, size, shape, group }) => ({ id, x, y, size, shape, ...paint({ group }) })));
const lines = new vis.DataSet(data.edges.map(({ from, to }, id) => ({ id, from, to, ...paintLine(id) })));
const network = new vis.Network(element("picture"), { nodes: dots, edges: lines }, {
  physics: false,
  layout: { improvedLayout: false },
  nodes: { borderWidth: 1.5, shapeProperties: { interpolation: false }, chosen: false },
  edges: { smooth: false, arrows: { to: false }, width: 1, chosen: false, hoverWidth: 0, selectionWidth: 0 },
  interaction: { hover: true, tooltipDelay: 1e9, hoverConnectedEdges: false, selectConnectedEdges: false, keyboard: false },
});

function paint({ group }) {
  const colour = { background: colours[group], border: colours.back };
  return { color: { ...colour, highlight: colour, hover: colour } };
}

function paintLine(id) {
  const strong = data.edges[id].relations.includes("proposes");
  return { color: { color: colours.edge, opacity: strong ? 0.75 : 0.32, inherit: false }, width: strong ? 1.6 : 1 };
}

function focus() { return state.hovered ?? state.selected; }

function lit() {
  const centre = focus();
  return centre === null ? null : new Set([centre, ...neighbours[centre].keys()]);
}

network.on("afterDrawing", (context) => {
  const shown = lit();
  if (shown !== null) drawLit(context, shown);
  drawLabels(context, shown);
});

function drawLit(context, shown) {
  const { clientWidth, clientHeight } = element("picture");
  const corner = network.DOMtoCanvas({ x: 0, y: 0 });
  const end = network.DOMtoCanvas({ x: clientWidth, y: clientHeight });
  context.save();
  context.globalAlpha = 0.82;
  context.fillStyle = colours.back;
  context.fillRect(corner.x, corner.y, end.x - corner.x, end.y - corner.y);
  context.globalAlpha = 1;
  const centre = focus();
  context.lineWidth = 1.5 / network.getScale();
  for (const number of shown) {
    if (number === centre || state.hidden.has(number)) continue;
    context.strokeStyle = colours[nodes[number].group];
    context.globalAlpha = 0.6;
    context.beginPath();
    context.moveTo(place[centre].x, place[centre].y);
    context.lineTo(place[number].x, place[number].y);
    context.stroke();
  }
  context.globalAlpha = 1;
  for (const number of shown) if (!state.hidden.has(number)) drawNode(context, number, number === centre);
  context.restore();
}

function drawNode(context, number, ringed) {
  const { x, y } = place[number];
  const { size, shape, group } = nodes[number];
  context.beginPath();
  if (shape === "dot") context.arc(x, y, size, 0, 2 * Math.PI);
  else polygon(context, corners(shape).map(([across, down]) => [x + across * size, y + down * size]));
  context.fillStyle = colours[group];
  context.fill();
  context.strokeStyle = ringed ? colours.text : colours.back;
  context.lineWidth = (ringed ? 2.5 : 1.5) / network.getScale();
  context.stroke();
}

/* The corners of a shape around its centre, as vis-network draws it, for a size of one. */
function corners(shape) {
  const wide = 1.15, high = Math.sqrt(3) * wide - wide / Math.sqrt(3), low = wide / Math.sqrt(3), shift = 0.275 * wide;
  const around = (count, radii, turn = 0, down = 0) => [...Array(count).keys()].map((step) => {
    const angle = (2 * Math.PI * step) / count + turn, radius = radii[step % radii.length];
    return [radius * Math.sin(angle), down - radius * Math.cos(angle)];
  });
  return {
    square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
    diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
    triangle: [[0, shift - high], [wide, shift + low], [-wide, shift + low]],
    triangleDown: [[0, high - shift], [wide, -shift - low], [-wide, -shift - low]],
    star: around(10, [0.82 * 1.3, 0.82 * 0.5], 0, 0.082),
    hexagon: around(6, [1], Math.PI / 2),
  }[shape];
}

function polygon(context, points) {
  points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/* Labels in the order of importance, each where it covers no other, and no node if that can be. */
const widths = new Map();
const fonts = { true: "600 13px system-ui, sans-serif", false: "12px system-ui, sans-serif" };

function drawLabels(context, shown) {
  const centre = focus();
  const ranked = shown === null ? [...nodes.keys()] : [centre, ...order(shown).filter((number) => number !== centre)];
  const onScreen = ranked.filter((number) => !state.hidden.has(number)).map(measure.bind(null, context)).filter(Boolean);
  const frame = { right: element("picture").clientWidth, bottom: element("picture").clientHeight };
  const within = ({ left, right, top, bottom }) => left >= 0 && top >= 0 && right <= frame.right && bottom <= frame.bottom;
  const discs = onScreen.filter(({ radius }) => radius > 4).map(({ x, y, radius }) => square(x, y, radius - 2));
  const taken = ["legend", "days", "zoom"].map(placeOf);
  context.save();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const label of onScreen) {
    const boxes = spots(label).filter((box) => within(box) && !taken.some((other) => covers(box, other)));
    const box = boxes.find((spot) => !discs.some((disc) => covers(spot, disc))) || (label.strong || label.number < 12 ? boxes[0] : undefined);
    if (!box) continue;
    taken.push(box);
    writeLabel(context, label, box);
  }
  context.restore();
}

/* A node on the screen, in pixels, with the width of its label. */
function measure(context, number) {
  const scale = network.getScale();
  const { clientWidth, clientHeight } = element("picture");
  const { x, y } = network.canvasToDOM(place[number]);
  if (x < -60 || y < -30 || x > clientWidth + 60 || y > clientHeight + 30) return null;
  const strong = number === focus() || nodes[number].size > 14;
  const key = `${strong}${number}`;
  if (!widths.has(key)) {
    context.save();
    context.font = fonts[strong];
    widths.set(key, context.measureText(labels[number]).width);
    context.restore();
  }
  return { number, strong, x, y, width: widths.get(key), radius: nodes[number].size * scale };
}

/* Where a label may stand: below its node, above, right or left of it. */
function spots({ x, y, width, radius }) {
  const across = radius + width / 2 + 6, along = radius + 10;
  return [[x, y + along], [x, y - along], [x + across, y], [x - across, y]].map(([middle, line]) => (
    { left: middle - width / 2 - 3, right: middle + width / 2 + 3, top: line - 8, bottom: line + 8 }));
}

/* Where a part of the page covers the picture. */
function placeOf(id) {
  const picture = element("picture").getBoundingClientRect(), { left, right, top, bottom } = element(id).getBoundingClientRect();
  return { left: left - picture.left, right: right - picture.left, top: top - picture.top, bottom: bottom - picture.top };
}

function square(x, y, radius) {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

function covers(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function writeLabel(context, { number, strong }, { left, right, top, bottom }) {
  const { x, y } = network.DOMtoCanvas({ x: (left + right) / 2, y: (top + bottom) / 2 });
  const scale = network.getScale();
  context.save();
  context.translate(x, y);
  context.scale(1 / scale, 1 / scale);
  context.font = fonts[strong];
  context.lineWidth = 4;
  context.strokeStyle = colours.back;
  context.strokeText(labels[number], 0, 0);
  context.fillStyle = colours.text;
  context.fillText(labels[number], 0, 0);
  context.restore();
}

network.on("hoverNode", ({ node }) => { state.hovered = node; element("picture").style.cursor = "pointer"; network.redraw(); });
network.on("blurNode", () => { state.hovered = null; element("picture").style.cursor = ""; network.redraw(); });
network.on("click", ({ nodes: [node] }) => select(node ?? null));
network.on("dragging", movePlaces);
network.on("dragEnd", movePlaces);

function movePlaces({ nodes: moved }) {
  for (const [number, position] of Object.entries(network.getPositions(moved))) place[number] = position;
}

function fit() {
  const seen = nodes.map((_, number) => number).filter((number) => !state.hidden.has(number));
  if (!seen.length) return;
  const { clientWidth, clientHeight } = element("picture");
  const xs = seen.map((n) => place[n].x), ys = seen.map((n) => place[n].y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const margin = { side: 50, top: element("filters").offsetHeight + 36, bottom: 36 };
  const scale = Math.min(
    Math.max(clientWidth - 2 * margin.side, clientWidth / 2, 1) / Math.max(right - left, 1),
    Math.max(clientHeight - margin.top - margin.bottom, clientHeight / 2, 1) / Math.max(bottom - top, 1), 1.6);
  const shift = (margin.top - margin.bottom) / 2 / scale;
  network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 - shift }, scale });
}

function zoom(factor) {
  network.moveTo({ scale: network.getScale() * factor, animation: { duration: 150, easingFunction: "easeOutQuad" } });
}
element("in").onclick = () => zoom(1.4);
element("out").onclick = () => zoom(1 / 1.4);
element("fit").onclick = fit;
addEventListener("resize", fit);

/* Words. All text comes in as text. */
function make(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name === "style") node.style.cssText = value;
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function shape(type) {
  return make("span", { className: `shape ${data.shapes[type] || "dot"}`, style: `--kind: var(--${type}, var(--soft))` });
}

function link(number, text) {
  return make("button", { className: "link", type: "button", dir: "auto", onclick: () => select(number) }, text ?? nodes[number].label);
}

function chip(thing) {
  const { label, type, drawn } = about(thing);
  const inside = [shape(type), make("span", { dir: "auto" }, drawn ? labels[thing] : label)];
  const style = `--kind: var(--${type}, var(--soft))`;
  return drawn
    ? make("button", { className: "chip", type: "button", style, onclick: () => select(thing) }, ...inside)
    : make("span", { className: "chip", style, title: "not drawn" }, ...inside);
}

function chips(things) { return make("div", { className: "chips" }, ...things.map(chip)); }

function section(title, ...content) {
  return content.flat().length ? [make("h3", {}, title), ...content.flat()] : [];
}

/* A text with its evidence: things in their colours, results and their numbers on a ground of their own. */
function highlight(segments, current) {
  return segments.map(([words, thing, marks]) => {
    if (marks === undefined) return words;
    const named = thing === null ? null : about(thing);
    const names = [...marks, ...(named ? ["thing"] : []), ...(thing !== null && thing === current ? ["this"] : [])];
    const mark = make("mark", { className: names.join(" ") }, words);
    if (named) {
      mark.style.setProperty("--kind", `var(--${named.type}, var(--soft))`);
      mark.title = `${singular[named.type] || named.type}: ${named.label}`;
      if (named.drawn && thing !== current) {
        mark.setAttribute("role", "link");
        mark.tabIndex = 0;
        mark.onclick = () => select(thing);
        mark.onkeydown = ({ key }) => { if (key === "Enter") select(thing); };
      }
    }
    return mark;
  });
}

function excerpt({ summary, field, index }, thing) {
  const segments = summary[field];
  const before = [...segments.slice(0, index).map(([words]) => words).join("")];
  const cut = before.length > 90 ? "… " + before.slice(-90).join("").replace(/^\S*\s/, "") : before.join("");
  const after = [...segments.slice(index + 1).map(([words]) => words).join("")];
  const rest = after.length > 110 ? after.slice(0, 110).join("").replace(/\s\S*$/, "") + " …" : after.join("");
  return make("p", { className: "quote", dir: "auto" }, cut, ...highlight([segments[index]], thing), rest);
}

function resultItem(paper, summary, result, current) {
  const against = result.against === undefined ? [] : [" against ", named(result.against, current)];
  const level = result.at === undefined ? [] : [against.length ? ` at ${result.at}` : ` against ${result.at}`];
  const what = [
    result.metric === undefined ? null : named(result.metric, current),
    ...(result.on === undefined ? [] : [" on ", named(result.on, current)]),
    ...(result.subject === undefined ? [] : [" by ", named(result.subject, current)]),
    ...against, ...level,
  ];
  const [field, from, to] = result.said;
  return make("li", { className: "item" },
    make("div", { className: "score" }, make("b", {}, result.value), make("span", { className: "does" }, result.kind)),
    make("div", {}, ...what.filter((part) => part !== null)),
    make("p", { className: "quote", dir: "auto" }, ...highlight(summary[field].slice(from, to), current)),
    paper === current ? null : make("p", { className: "soft" }, link(paper), ` ${summary.day}`));
}

function named(thing, current) {
  const { label, drawn } = about(thing);
  return drawn && thing !== current ? link(thing) : make("span", { dir: "auto" }, label);
}

function resultsAbout(thing) {
  return Object.entries(data.papers).flatMap(([paper, summaries]) => summaries.flatMap((summary) =>
    summary.results
      .filter((result) => [result.subject, result.on, result.metric, result.against].includes(thing))
      .map((result) => resultItem(Number(paper), summary, result, thing))));
}

function paperPanel(number) {
  const summaries = summariesOf(number);
  const id = data.things[number].arxiv;
  const pages = [["arXiv", `https://arxiv.org/abs/${id}`], ["Hugging Face", `https://huggingface.co/papers/${id}`]];
  const groups = joined(number);
  groups.delete("by");
  const questions = summaries.flatMap(({ abstract }) => questionsIn(abstract));
  return [
    make("p", { className: "soft" }, `${id} · ${summaries.map(({ day }) => day).join(", ")} · `,
      ...pages.flatMap(([name, href], index) => [index ? " · " : "", make("a", { href, rel: "noreferrer noopener", target: "_blank" }, name)])),
    ...summaries.flatMap((summary) => [
      ...(summary.byline.length ? [make("p", { className: "soft", dir: "auto" }, ...highlight(summary.byline, number))] : []),
      ...section(summaries.length > 1 ? `Summary of ${summary.day}` : "Summary", [
        make("p", { className: "text", dir: "auto" }, ...highlight(summary.abstract, number))]),
    ]),
    ...[...groups].flatMap(([relation, things]) => section(relation, [chips(things)])),
    ...section("Results", list(summaries.flatMap((summary) => summary.results.map((result) => resultItem(number, summary, result, number))))),
    ...section("Leaves open", list(questions.map((question) => make("li", { className: "item", dir: "auto" }, question)))),
  ];
}

/* What a node is joined to, by how: the relation as it goes out, or its other side. */
function joined(number) {
  const back = { "version of": "versions", "measured on": "measured here", "measured against": "a baseline of" };
  const groups = new Map();
  for (const other of order(neighbours[number].keys())) {
    for (const { relation, forward } of neighbours[number].get(other)) {
      const name = forward ? relation : back[relation] || relation;
      groups.set(name, [...(groups.get(name) || []), other]);
    }
  }
  return groups;
}

function questionsIn(segments) {
  const found = [];
  segments.forEach(([words, , marks], index) => {
    if (!marks?.includes("question")) return;
    const goesOn = segments[index - 1]?.[2]?.includes("question");
    if (goesOn) found[found.length - 1] += words;
    else found.push(words);
  });
  return found;
}

function list(items) { return items.length ? [make("ul", {}, ...items)] : []; }

function factsOf(number) {
  const { facts, forms } = data.things[number];
  const rows = facts.map(([name, value]) => [name, typeof value === "number" ? named(value, number) : value]);
  if (forms) rows.push(["also written", forms.join(" · ")]);
  return rows.length ? make("table", {}, make("tbody", {}, ...rows.map(([name, value]) =>
    make("tr", {}, make("td", {}, name), make("td", { dir: "auto" }, value))))) : null;
}

function papersHeading(number, drawn) {
  return nodes[number].papers > drawn ? `Papers, ${drawn} of ${nodes[number].papers} drawn` : "Papers";
}

/* The newest first. */
function byDay(papers) {
  return [...papers].sort((one, other) => days[other].join().localeCompare(days[one].join()) || one - other);
}

function thingPanel(number) {
  const places = new Map();
  for (const found of mentions.get(number) || []) if (!places.has(found.paper)) places.set(found.paper, found);
  const does = (paper) => (neighbours[number].get(paper) || []).map(({ relation }) => `${relation} it`).join(", ") || "names it";
  const groups = [...joined(number)]
    .map(([name, others]) => [name, others.filter((other) => nodes[other].group !== "paper")])
    .filter(([, others]) => others.length);
  return [
    factsOf(number),
    ...section(papersHeading(number, places.size), list(byDay(places.keys()).map((paper) => make("li", { className: "item" },
      make("div", { className: "does" }, `${does(paper)} · ${days[paper].join(", ")}`),
      link(paper),
      places.get(paper).field === "abstract" ? excerpt(places.get(paper), number) : null)))),
    ...section("Results", list(resultsAbout(number))),
    ...groups.flatMap(([name, others]) => section(name, [chips(others)])),
  ];
}

function authorPanel(number) {
  const papers = byDay(neighbours[number].keys());
  const others = order(new Set(papers.flatMap((paper) => [...neighbours[paper].keys()])))
    .filter((other) => nodes[other].group === "author" && other !== number);
  return [
    factsOf(number),
    ...section(papersHeading(number, papers.length), list(papers.map((paper) => make("li", { className: "item" }, link(paper), make("div", { className: "does" }, days[paper].join(", ")))))),
    ...section("Writes with", others.length ? [chips(others)] : []),
  ];
}

function openingPanel() {
  const left = Object.entries(data.left_out);
  return [
    make("h2", { id: "heading" }, data.around.length ? `Around ${data.around.join(", ")}` : "What the papers say"),
    make("p", {}, "Each node is a paper, an author or a thing that papers name; a line joins what a summary joins. Select one to read its facts, and the words that say so."),
    ...(left.length ? [
      make("p", { className: "soft" }, `Drawn: the ${nodes.length.toLocaleString("en")} ${data.around.length ? "nearest" : "most connected"} of ${whole.toLocaleString("en")} nodes. Left out: `
        + left.map(([type, count]) => `${count.toLocaleString("en")} ${count === 1 ? singular[type] || type : plural[type]}`).join(", ") + ". ",
      make("code", {}, "kg view NAME"), " draws around a thing.")] : []),
    ...section(data.around.length ? "Nearest" : "Most connected", [chips([...nodes.keys()].slice(0, 16))]),
  ];
}

function show(number) {
  const panel = element("panel");
  const content = number === null ? openingPanel() : [
    make("div", { className: "kind" }, shape(nodes[number].group), singular[nodes[number].group] || nodes[number].group,
      make("button", { className: "close", type: "button", ariaLabel: "Close", onclick: () => select(null) }, "×")),
    make("h2", { id: "heading", dir: "auto", className: nodes[number].label.length > 160 ? "long" : "" }, nodes[number].label),
    ...({ paper: paperPanel, author: authorPanel }[nodes[number].group] || thingPanel)(number),
  ];
  panel.replaceChildren(...content.filter((part) => part !== null));
  panel.scrollTop = 0;
}

/* What is selected stands in the address, so that back and forward go between panels. */
function select(number) {
  const hash = number === null ? "" : "#" + encodeURIComponent(data.keys[number]);
  try {
    if (hash !== location.hash) history.pushState(null, "", hash || location.pathname + location.search);
  } catch { /* a notebook's frame has no address of its own */ }
  if (number !== null) reveal(number);
  go(number);
  element("panel").focus({ preventScroll: true });
}

/* What one asks for is shown, whatever the filters say. */
function reveal(number) {
  if (!state.hidden.has(number)) return;
  state.types.add(nodes[number].group);
  filter();
  if (!state.hidden.has(number)) return;
  for (const name of ["from", "to"]) element(name).value = state[name] = "";
  filter();
}

function follow() {
  let key = "";
  try { key = decodeURIComponent(location.hash.slice(1)); } catch { /* no key is written so */ }
  const number = data.keys.indexOf(key);
  go(number < 0 ? null : number);
}

function begin() {
  if (data.around.length && !location.hash) go(0);
  else follow();
}

function go(number) {
  state.selected = number;
  state.hovered = null;
  show(number);
  if (number !== null) bringIntoView(number);
  network.redraw();
}

function bringIntoView(number) {
  const { clientWidth, clientHeight } = element("picture");
  const at = network.canvasToDOM(place[number]);
  if (at.x > 40 && at.x < clientWidth - 40 && at.y > 60 && at.y < clientHeight - 40) return;
  network.moveTo({ position: place[number] });
}
addEventListener("popstate", follow);

/* Filters: a node is shown by its type, and by the days of its papers, or of the papers of what it is joined to. */
function filter() {
  const within = (day) => (!state.from || day >= state.from) && (!state.to || day <= state.to);
  const timely = days.map((own) => own.some(within));
  nodes.forEach(({ group }, number) => {
    const joinedInTime = !days[number].length && [...neighbours[number].keys()].some((other) => timely[other]);
    if (state.types.has(group) && (timely[number] || joinedInTime || !neighbours[number].size)) state.hidden.delete(number);
    else state.hidden.add(number);
  });
  dots.update(nodes.map((_, id) => ({ id, hidden: state.hidden.has(id) })));
  network.redraw();
  summarise(timely);
}

function summarise(timely) {
  const seen = [...nodes.keys()].filter((number) => !state.hidden.has(number));
  const papers = seen.filter((number) => nodes[number].group === "paper").length;
  const all = allDays().filter((day) => (!state.from || day >= state.from) && (!state.to || day <= state.to));
  const span = all.length > 1 ? `${all[0]} to ${all[all.length - 1]}` : all[0] || "no day";
  const part = seen.length < whole ? ` of ${whole.toLocaleString("en")}` : "";
  element("summary").textContent = `${seen.length.toLocaleString("en")}${part} nodes · ${papers.toLocaleString("en")} ${papers === 1 ? "paper" : "papers"} · ${span}`;
  for (const button of element("legend").children) {
    const count = nodes.filter(({ group }, number) => group === button.dataset.type && (!timely || timely[number] || !days[number].length)).length;
    button.querySelector(".count").textContent = count.toLocaleString("en");
    button.setAttribute("aria-pressed", String(state.types.has(button.dataset.type)));
  }
}

function allDays() { return [...new Set(days.flat())].sort(); }

function makeLegend() {
  for (const type of data.types.filter((each) => nodes.some(({ group }) => group === each))) {
    const button = make("button", { type: "button" }, shape(type), plural[type], make("span", { className: "count" }));
    button.dataset.type = type;
    button.onclick = () => {
      if (!state.types.delete(type)) state.types.add(type);
      filter();
    };
    element("legend").append(button);
  }
}

function makeDays() {
  const all = allDays();
  if (all.length < 2) return;
  element("days").hidden = false;
  for (const name of ["from", "to"]) {
    const input = element(name);
    Object.assign(input, { min: all[0], max: all[all.length - 1], value: name === "from" ? all[0] : all[all.length - 1] });
    input.onchange = () => { state[name] = input.value; filter(); };
  }
}

/* Search among what is drawn. */
const search = element("search");
const finds = element("finds");
let chosen = 0;

function matches(words) {
  const wanted = words.toLowerCase().trim();
  if (!wanted) return [];
  const rank = (number) => {
    const names = [nodes[number].label, ...(data.things[number].forms || []), data.things[number].arxiv || ""].map((name) => name.toLowerCase());
    if (names.includes(wanted)) return 0;
    if (names.some((name) => name.startsWith(wanted))) return 1;
    return names.some((name) => name.includes(wanted)) ? 2 : 3;
  };
  return [...nodes.keys()].map((number) => [rank(number), number]).filter(([how]) => how < 3)
    .sort(([a, one], [b, other]) => a - b || nodes[other].papers - nodes[one].papers || one - other).slice(0, 12).map(([, number]) => number);
}

function showFinds() {
  const found = matches(search.value);
  finds.hidden = !search.value.trim();
  search.setAttribute("aria-expanded", String(!finds.hidden));
  search.setAttribute("aria-activedescendant", found.length ? `find-${chosen}` : "");
  const told = (number) => {
    const { group, papers } = nodes[number];
    return group === "paper" ? days[number].join(", ") : `${singular[group] || group}, ${papers} ${papers === 1 ? "paper" : "papers"}`;
  };
  finds.replaceChildren(...(found.length ? found.map((number, index) => make("li",
    { id: `find-${index}`, role: "option", "aria-selected": String(index === chosen), onclick: () => pick(number) },
    shape(nodes[number].group), make("span", { className: "name", dir: "auto" }, nodes[number].label), make("span", { className: "soft" }, told(number))))
    : [make("li", { className: "none" }, whole > nodes.length
      ? "Nothing drawn has such a name. It may be left out: kg view NAME draws around it."
      : "Nothing has such a name.")]));
}

function pick(number) {
  search.value = "";
  showFinds();
  select(number);
}

search.oninput = () => { chosen = 0; showFinds(); };
search.onkeydown = (event) => {
  const found = matches(search.value);
  if (event.key === "Escape" && !search.value) select(null);
  else if (event.key === "Escape") { search.value = ""; showFinds(); }
  else if (event.key === "Enter" && found.length) pick(found[chosen]);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    chosen = Math.max(0, Math.min(found.length - 1, chosen + (event.key === "ArrowDown" ? 1 : -1)));
    showFinds();
  }
};
document.addEventListener("click", (event) => { if (!element("find").contains(event.target)) finds.hidden = true; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && event.target !== search) select(null); });

/* Light and dark. */
const dark = matchMedia("(prefers-color-scheme: dark)");
function repaint() {
  readColours();
  dots.update(nodes.map((node, id) => ({ id, ...paint(node) })));
  lines.update(data.edges.map((_, id) => ({ id, ...paintLine(id) })));
  network.redraw();
}
element("theme").onclick = () => {
  const now = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  repaint();
};
dark.addEventListener("change", repaint);

makeLegend();
makeDays();
summarise();
fit();
begin();
