"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);

/* What is drawn: nodes by number, the most important first. */
const nodes = data.nodes;
const neighbours = nodes.map(() => new Map());
data.edges.forEach(({ from, to, relations }) => {
  neighbours[from].set(to, [...(neighbours[from].get(to) || []), ...relations]);
  neighbours[to].set(from, [...(neighbours[to].get(from) || []), ...relations.map(turned)]);
});
const days = nodes.map((_, number) => daysOf(number));
const mentions = collectMentions();
const whole = nodes.length + Object.values(data.left_out).reduce((sum, count) => sum + count, 0);
const state = { selected: null, hovered: null, hidden: new Set(), types: new Set(data.types), from: "", to: "" };
const plural = {
  paper: "papers", author: "authors", model: "models", method: "methods", dataset: "data sets",
  benchmark: "benchmarks", metric: "metrics", task: "tasks",
};
const singular = { dataset: "data set", openquestion: "open question" };

function turned(relation) {
  const back = {
    "by": "wrote", "version of": "has version", "measured on": "measures", "measured against": "baseline of",
    "proposes": "proposed by", "uses": "used by", "evaluates on": "evaluated on by",
    "compares with": "compared with by", "addresses": "addressed by", "mentions": "mentioned by",
  };
  return back[relation] || relation;
}

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
const dots = new vis.DataSet(nodes.map((node) => ({ ...node, ...paint(node), label: undefined })));
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
  if (shape === "square") context.rect(x - size, y - size, 2 * size, 2 * size);
  else if (shape === "diamond") polygon(context, [[x, y - size], [x + size, y], [x, y + size], [x - size, y]]);
  else if (shape === "triangle") {
    const top = y - size * 1.1, foot = y + size * 0.9;
    polygon(context, [[x, top], [x + size * 1.15, foot], [x - size * 1.15, foot]]);
  } else context.arc(x, y, size, 0, 2 * Math.PI);
  context.fillStyle = colours[group];
  context.fill();
  context.strokeStyle = ringed ? colours.text : colours.back;
  context.lineWidth = (ringed ? 2.5 : 1.5) / network.getScale();
  context.stroke();
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
  const order = shown === null ? [...nodes.keys()] : [centre, ...[...shown].filter((n) => n !== centre).sort((a, b) => a - b)];
  const onScreen = order.filter((number) => !state.hidden.has(number)).map(measure.bind(null, context)).filter(Boolean);
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
    const box = boxes.find((spot) => !discs.some((disc) => covers(spot, disc))) || (label.strong ? boxes[0] : undefined);
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
    (clientWidth - 2 * margin.side) / Math.max(right - left, 1),
    (clientHeight - margin.top - margin.bottom) / Math.max(bottom - top, 1), 1.6);
  const shift = (margin.top - margin.bottom) / 2 / scale;
  network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 - shift }, scale });
}

function zoom(factor) {
  network.moveTo({ scale: network.getScale() * factor, animation: { duration: 150, easingFunction: "easeOutQuad" } });
}
element("in").onclick = () => zoom(1.4);
element("out").onclick = () => zoom(1 / 1.4);
element("fit").onclick = fit;
addEventListener("resize", () => network.redraw());

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
  const form = { paper: "square", author: "triangle", dataset: "diamond", benchmark: "diamond" }[type] || "dot";
  return make("span", { className: `shape ${form}`, style: `--kind: var(--${type}, var(--soft))` });
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
        mark.onclick = () => select(thing);
      }
    }
    return mark;
  });
}

function excerpt({ summary, field, index }, thing) {
  const segments = summary[field];
  const before = segments.slice(0, index).map(([words]) => words).join("");
  const cut = before.length > 90 ? "… " + before.slice(-90).replace(/^\S*\s/, "") : before;
  const after = segments.slice(index + 1).map(([words]) => words).join("");
  const rest = after.length > 110 ? after.slice(0, 110).replace(/\s\S*$/, "") + " …" : after;
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
  const [from, to] = result.said;
  return make("li", { className: "item" },
    make("div", { className: "score" }, make("b", {}, result.value), make("span", { className: "does" }, result.kind)),
    make("div", {}, ...what.filter((part) => part !== null)),
    make("p", { className: "quote", dir: "auto" }, ...highlight(summary.abstract.slice(from, to), current)),
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
  const groups = new Map();
  for (const [other, relations] of neighbours[number]) {
    for (const relation of relations) groups.set(relation, [...(groups.get(relation) || []), other]);
  }
  groups.delete("by");
  return [
    make("p", { className: "soft" }, `${id} · ${summaries.map(({ day }) => day).join(", ")} · `,
      ...pages.flatMap(([name, href], index) => [index ? " · " : "", make("a", { href, rel: "noreferrer noopener", target: "_blank" }, name)])),
    ...summaries.flatMap((summary) => [
      ...(summary.byline.length ? [make("p", { className: "soft", dir: "auto" }, ...highlight(summary.byline, number))] : []),
      ...section(summaries.length > 1 ? `Summary of ${summary.day}` : "Summary", [
        make("p", { className: "text", dir: "auto" }, ...highlight(summary.abstract, number))]),
    ]),
    ...[...groups].flatMap(([relation, things]) => section(relation, [chips(things.sort((a, b) => a - b))])),
    ...section("Results", list(summaries.flatMap((summary) => summary.results.map((result) => resultItem(number, summary, result, number))))),
  ];
}

function list(items) { return items.length ? [make("ul", {}, ...items)] : []; }

function thingPanel(number) {
  const card = data.things[number];
  const facts = card.facts.map(([name, value]) =>
    make("tr", {}, make("td", {}, name), make("td", {}, typeof value === "number" ? named(value, number) : value)));
  if (card.forms) facts.push(make("tr", {}, make("td", {}, "also written"), make("td", { dir: "auto" }, card.forms.join(" · "))));
  const places = new Map();
  for (const found of mentions.get(number) || []) if (!places.has(found.paper)) places.set(found.paper, found);
  const others = [...neighbours[number]].filter(([other]) => nodes[other].group !== "paper");
  return [
    facts.length ? make("table", {}, make("tbody", {}, ...facts)) : null,
    ...section(nodes[number].papers > places.size ? `Papers, ${places.size} of ${nodes[number].papers} drawn` : "Papers", list([...places].map(([paper, found]) => make("li", { className: "item" },
      make("div", { className: "does" }, `${(neighbours[number].get(paper) || ["named in"]).join(", ")} · ${found.summary.day}`),
      link(paper),
      found.field === "abstract" ? excerpt(found, number) : null)))),
    ...section("Results", list(resultsAbout(number))),
    ...section("Joined to", others.length ? [chips(others.map(([other]) => other).sort((a, b) => a - b))] : []),
  ];
}

function authorPanel(number) {
  const papers = [...neighbours[number].keys()].sort((a, b) => a - b);
  const others = [...new Set(papers.flatMap((paper) => [...neighbours[paper].keys()]))]
    .filter((other) => nodes[other].group === "author" && other !== number).sort((a, b) => a - b);
  return [
    ...section(nodes[number].papers > papers.length ? `Papers, ${papers.length} of ${nodes[number].papers} drawn` : "Papers", list(papers.map((paper) => make("li", { className: "item" }, link(paper), make("div", { className: "does" }, days[paper].join(", ")))))),
    ...section("Writes with", others.length ? [chips(others)] : []),
  ];
}

function openingPanel() {
  const left = Object.entries(data.left_out);
  return [
    make("h2", {}, data.around.length ? `Around ${data.around.join(", ")}` : "What the papers say"),
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
    make("h2", { dir: "auto" }, nodes[number].label),
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
  go(number);
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

/* Filters: a node is shown by its type, and by the days of the papers that it is in. */
function filter() {
  nodes.forEach(({ group }, number) => {
    const timely = !days[number].length || days[number].some((day) => (!state.from || day >= state.from) && (!state.to || day <= state.to));
    if (timely && state.types.has(group)) state.hidden.delete(number);
    else state.hidden.add(number);
  });
  dots.update(nodes.map((_, id) => ({ id, hidden: state.hidden.has(id) })));
  network.redraw();
  summarise();
}

function summarise() {
  const all = [...new Set(days.flat())].sort();
  const span = all.length > 1 ? `${all[0]} to ${all[all.length - 1]}` : all[0] || "";
  const shown = nodes.length - state.hidden.size;
  const papers = nodes.filter(({ group }, number) => group === "paper" && !state.hidden.has(number)).length;
  const part = shown < whole ? ` of ${whole.toLocaleString("en")}` : "";
  element("summary").textContent = `${shown.toLocaleString("en")}${part} nodes · ${papers.toLocaleString("en")} ${papers === 1 ? "paper" : "papers"} · ${span}`;
}

function makeLegend() {
  for (const type of data.types) {
    const count = nodes.filter(({ group }) => group === type).length;
    if (!count) continue;
    const button = make("button", { type: "button" }, shape(type), plural[type], make("span", { className: "count" }, String(count)));
    button.setAttribute("aria-pressed", "true");
    button.onclick = () => {
      const on = !state.types.has(type);
      if (on) state.types.add(type); else state.types.delete(type);
      button.setAttribute("aria-pressed", String(on));
      filter();
    };
    element("legend").append(button);
  }
}

function makeDays() {
  const all = [...new Set(days.flat())].sort();
  if (all.length < 2) return;
  element("days").hidden = false;
  for (const [name, value] of [["from", all[0]], ["to", all[all.length - 1]]]) {
    const input = element(name);
    Object.assign(input, { min: all[0], max: all[all.length - 1], value });
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
    .sort(([a, one], [b, other]) => a - b || one - other).slice(0, 12).map(([, number]) => number);
}

function showFinds() {
  const found = matches(search.value);
  finds.hidden = !search.value.trim();
  finds.replaceChildren(...(found.length ? found.map((number, index) => make("li", { "aria-selected": String(index === chosen) },
    make("button", { type: "button", onclick: () => pick(number) }, shape(nodes[number].group), " ", make("span", { dir: "auto" }, nodes[number].label))))
    : [make("p", {}, "Nothing drawn has such a name.")]));
}

function pick(number) {
  finds.hidden = true;
  search.value = "";
  select(number);
}

search.oninput = () => { chosen = 0; showFinds(); };
search.onkeydown = (event) => {
  const found = matches(search.value);
  if (event.key === "Escape") { search.value = ""; finds.hidden = true; }
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
