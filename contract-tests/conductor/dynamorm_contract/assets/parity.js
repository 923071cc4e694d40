"use strict";
// Draws the page from its data. Everything that comes from a case or a run is put in as text, never as markup.

const MARKS = {
  pass: ["✓", "passes"], fail: ["✗", "fails"], error: ["✗", "error"], unexpected_pass: ["✗", "passes unexpectedly"],
  known_failure: ["◐", "known failure"], not_supported: ["—", "not supported"], untested: ["⚠", "no case"],
  reviewed: ["·", "held by review"],
};
const WORST = ["fail", "error", "unexpected_pass", "known_failure", "not_supported", "pass"];
const LINES_MAX = 1500;

let data, byCase, casesOf, resultsOf;
const filters = { search: "", family: "", status: "", tier: "" };

/** Make an element: `make("td", {class: "id"}, "text", child)`. */
function make(tag, members = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(members)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const replace = (target, ...children) => target.replaceChildren(...children.filter(Boolean));
const familyOf = (id) => id.split("-")[1];
const addressOf = (kind, id) => `#/${kind}/${encodeURIComponent(id)}`;

function worst(statuses) {
  return statuses.length === 0 ? "untested" : WORST.find((status) => statuses.includes(status)) ?? "pass";
}

function badge(status, language, more = "") {
  const [mark, words] = MARKS[status] ?? MARKS.error;
  const shown = make("span", { "aria-hidden": "true" }, `${mark}${more ? ` ${more}` : ""}`);
  return make("span", { class: `status ${status}`, "data-language": language, title: `${language} ${words}` }, shown, make("span", { class: "skip" }, `${language} ${words} ${more}`));
}

/** A sentence whose words in backticks are code. */
const sentence = (text) => text.split("`").map((part, position) => (position % 2 ? make("code", {}, part) : part));

async function unpack() {
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function index() {
  byCase = new Map(data.cases.map((one) => [one.id, one]));
  resultsOf = new Map();
  for (const result of data.results) {
    if (!resultsOf.has(result.case)) resultsOf.set(result.case, []);
    resultsOf.get(result.case).push(result);
  }
  for (const line of data.relay) {
    if (!resultsOf.has(line.id)) resultsOf.set(line.id, []);
  }
  casesOf = new Map();
  for (const one of data.cases) {
    for (const requirement of one.body.covers ?? []) {
      if (!casesOf.has(requirement)) casesOf.set(requirement, []);
      casesOf.get(requirement).push(one);
    }
  }
}

/** The statuses of some cases in one language, those of the relay pairs it took part in included. */
function statusesOf(cases, language) {
  return cases.flatMap(({ id }) => [
    ...(resultsOf.get(id) ?? []).filter((result) => result.language === language).map((result) => result.status),
    ...data.relay.filter((line) => line.id === id && line.pair.split(">").includes(language)).map((line) => line.status),
  ]);
}

// ---- the head

function drawHead() {
  const { commit = "", date = "" } = data.stamp;
  document.getElementById("stamp").textContent = `Commit ${commit.slice(0, 12)}, ${date.replace("T", " ").replace("Z", " UTC")}`;
  const tiers = [...new Set(data.cases.map(({ tier }) => tier))].sort();
  const rows = tiers.map((tier) => {
    const ours = data.results.filter(({ case: id }) => byCase.get(id).tier === tier && !byCase.get(id).foreign);
    return make("tr", {}, make("th", { scope: "row" }, tier), ...data.languages.map(({ key, name }) => {
      const statuses = ours.filter(({ language }) => language === key).map(({ status }) => status);
      const passed = statuses.filter((status) => status === "pass").length;
      return make("td", {}, badge(worst(statuses), name, `${passed} of ${statuses.length}`));
    }));
  });
  const heads = data.languages.map(({ name, version }) => make("th", { scope: "col" }, `${name} ${version}`));
  replace(document.getElementById("tiers"), make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Tier"), ...heads)), make("tbody", {}, ...rows)));
  const { requirements, relay, mutants, differential } = data.figures;
  const killed = Object.values(mutants?.killed ?? {});
  const figures = [
    ["Requirements proven", `${requirements.covered} of ${requirements.must}`],
    ["Templates", Object.entries(data.figures.templates).map(([tier, count]) => `${tier} ${count}`).join(", ")],
    ["Relay pairs", `${relay.passed} of ${relay.planned}`],
    killed.length ? ["Mutants killed", `${Math.min(...killed)} of ${mutants.planned} in every language`] : null,
    differential ? ["Wire differences", `${differential.different} of ${differential.compared}, ${differential.waived} waived`] : null,
    data.selftest ? ["Self-tests", data.selftest] : null,
  ].filter(Boolean);
  replace(document.getElementById("figures"), ...figures.map(([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, text))));
  for (const { name, problem } of data.languages) {
    if (problem) document.querySelector("header").append(make("p", { class: "note bad" }, `${name}: ${problem}`));
  }
}

// ---- lists

function bar(choices, draw) {
  const search = make("input", { type: "search", id: "search", placeholder: "Search IDs, sentences, titles", "aria-label": "Search", value: filters.search,
    oninput: (event) => { filters.search = event.target.value; draw(); } });
  const selects = choices.map(([name, label, values]) => {
    const select = make("select", { "aria-label": label, id: `filter-${name}`, onchange: (event) => { filters[name] = event.target.value; draw(); } },
      make("option", { value: "" }, label), ...values.map((value) => make("option", { value, selected: filters[name] === value }, value.replaceAll("_", " "))));
    return select;
  });
  return make("div", { class: "bar", role: "search" }, search, ...selects, make("span", { class: "soft", id: "count", role: "status" }));
}

function list(head, rows) {
  return make("div", { class: "scroll" }, make("table", { class: "list" }, make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...rows)));
}

const found = (...texts) => filters.search.toLowerCase().split(/\s+/).every((word) => texts.some((text) => text.toLowerCase().includes(word)));

function drawRequirements(main) {
  const families = [...new Set(data.requirements.map(({ id }) => familyOf(id)))].sort();
  const place = make("div");
  const draw = () => {
    const rows = data.requirements.map((one) => {
      const cases = casesOf.get(one.id) ?? [];
      const marks = data.languages.map(({ key }) => one.reviewed ? "reviewed" : worst(statusesOf(cases, key)));
      return { one, cases, marks };
    }).filter(({ one, cases, marks }) =>
      (!filters.family || familyOf(one.id) === filters.family) &&
      (!filters.status || marks.includes(filters.status)) &&
      (!filters.tier || cases.some(({ tier }) => tier === filters.tier)) &&
      found(one.id, one.text, cases.map(({ id }) => id).join(" ")));
    document.getElementById("count").textContent = `${rows.length} of ${data.requirements.length}`;
    replace(place, list(["Requirement", ...data.languages.map(({ name }) => name), "What it says"], rows.map(({ one, marks }) =>
      make("tr", {}, make("td", { class: "id" }, make("a", { href: addressOf("req", one.id) }, one.id)),
        ...marks.map((mark, position) => make("td", {}, badge(mark, data.languages[position].name))), make("td", { class: "wide" }, ...sentence(one.text))))));
  };
  replace(main, make("h2", { class: "skip" }, "Requirements"), bar([["family", "All families", families], ["status", "Any status", statusesThere()], ["tier", "All tiers", tiersThere()]], draw), place);
  draw();
}

const tiersThere = () => [...new Set(data.cases.map(({ tier }) => tier))].sort();
const statusesThere = () => [...new Set(["pass", "fail", "untested", ...data.results.map(({ status }) => status)])];

function drawCases(main) {
  const templates = new Map();
  for (const one of data.cases.filter(({ relay }) => !relay)) {
    if (!templates.has(one.template)) templates.set(one.template, []);
    templates.get(one.template).push(one);
  }
  const place = make("div");
  const draw = () => {
    const rows = [...templates].map(([name, cases]) => ({ name, cases, marks: data.languages.map(({ key }) => worst(statusesOf(cases, key))) }))
      .filter(({ name, cases, marks }) =>
        (!filters.family || cases[0].body.covers?.some((id) => familyOf(id) === filters.family)) &&
        (!filters.status || marks.includes(filters.status)) && (!filters.tier || cases[0].tier === filters.tier) &&
        found(name, cases[0].body.title, cases.map(({ id }) => id).join(" "), (cases[0].body.covers ?? []).join(" ")));
    document.getElementById("count").textContent = `${rows.length} of ${templates.size}`;
    replace(place, list(["Case", ...data.languages.map(({ name }) => name), "Rows", "Title"], rows.map(({ name, cases, marks }) => {
      const first = cases.find(({ id }) => (resultsOf.get(id) ?? []).some(({ status }) => status !== "pass")) ?? cases[0];
      return make("tr", {}, make("td", { class: "id" }, make("a", { href: addressOf("case", first.id) }, name)),
        ...marks.map((mark, position) => make("td", {}, badge(mark, data.languages[position].name))),
        make("td", { class: "soft" }, cases.length > 1 ? `${cases.length} rows` : ""), make("td", { class: "wide" }, cases[0].body.title));
    })));
  };
  const families = [...new Set(data.requirements.map(({ id }) => familyOf(id)))].sort();
  replace(main, make("h2", { class: "skip" }, "Cases"), bar([["family", "All families", families], ["status", "Any status", statusesThere()], ["tier", "All tiers", tiersThere()]], draw), place);
  draw();
}

function drawRelay(main) {
  const ids = [...new Set(data.relay.map(({ id }) => id))];
  const tables = ids.flatMap((id) => [
    make("h3", {}, make("a", { href: addressOf("case", id) }, id)),
    make("p", { class: "soft" }, byCase.get(id)?.body.title ?? ""),
    make("div", { class: "scroll" }, make("table", { class: "grid" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "first ↓ second →"), ...data.languages.map(({ name }) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...data.languages.map((first) => make("tr", {}, make("th", { scope: "row" }, first.name), ...data.languages.map((second) => {
        const line = data.relay.find((one) => one.id === id && one.pair === `${first.key}>${second.key}`);
        return make("td", {}, badge(line?.status ?? "untested", `${first.name}, then ${second.name}`));
      })))))),
  ]);
  replace(main, make("h2", {}, "What one language wrote and another read"), ...(tables.length ? tables : [make("p", {}, "No relay case ran.")]));
}

// ---- one requirement, one case

function drawRequirement(main, id) {
  const one = data.requirements.find((requirement) => requirement.id === id);
  if (!one) return drawUnknown(main, id);
  const cases = casesOf.get(id) ?? [];
  replace(main, back("#/", "Requirements"), make("h2", { tabindex: "-1" }, id), make("p", {}, ...sentence(one.text)), make("p", { class: "soft" }, one.level + (one.reviewed ? ", held by review" : "")),
    make("h3", {}, `${cases.length} ${cases.length === 1 ? "case" : "cases"}`),
    list(["Case", ...data.languages.map(({ name }) => name), "Title"], cases.map((found) => make("tr", {}, make("td", { class: "id" }, make("a", { href: addressOf("case", found.id) }, found.id)),
      ...data.languages.map(({ key, name }) => make("td", {}, badge(worst(statusesOf([found], key)), name))), make("td", { class: "wide" }, found.body.title)))));
}

const back = (href, text) => make("p", {}, make("a", { href, id: "back" }, `← ${text}`));

function drawUnknown(main, id) {
  replace(main, back("#/", "Requirements"), make("h2", { tabindex: "-1" }, "Nothing here"), make("p", {}, `${id} is not in this run.`));
}

function drawCase(main, id) {
  const one = byCase.get(id);
  if (!one) return drawUnknown(main, id);
  const siblings = data.cases.filter(({ template }) => template === one.template);
  const rows = siblings.length > 1 ? make("select", { id: "row", "aria-label": "Row", onchange: (event) => { location.hash = addressOf("case", event.target.value); } },
    ...siblings.map((sibling) => make("option", { value: sibling.id, selected: sibling.id === id }, rowText(sibling)))) : null;
  const results = resultsOf.get(id) ?? [];
  const targets = [...new Set(results.map(({ target }) => target))];
  replace(main, back("#/cases", "Cases"), make("h2", { tabindex: "-1" }, id), make("p", {}, one.body.title),
    make("ul", { class: "chips", "aria-label": "Requirements" }, ...(one.body.covers ?? []).map((covered) => make("li", {}, make("a", { href: addressOf("req", covered) }, covered)))),
    rows ? make("p", {}, make("label", { for: "row" }, "Row "), rows) : null,
    one.relay ? relayOf(one) : make("div", { class: "scroll" }, make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Target"), ...data.languages.map(({ name }) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...targets.map((target) => make("tr", {}, make("th", { scope: "row" }, target), ...data.languages.map(({ key, name }) => {
        const result = results.find((row) => row.target === target && row.language === key);
        return make("td", {}, badge(result?.status ?? "untested", name), result ? make("span", { class: "soft" }, ` ${result.ms} ms`) : null);
      })))))),
    ...failuresOf(results), make("div", { id: "sides" }),
    make("details", {}, make("summary", {}, "The case as it was run"), block(pretty(one.body))));
  drawSides(one, results);
}

function rowText(one) {
  const bad = (resultsOf.get(one.id) ?? []).some(({ status }) => status !== "pass");
  return `${one.id.slice(one.template.length + 1) || one.id}${bad ? " ✗" : ""}`;
}

function relayOf(one) {
  const lines = data.relay.filter(({ id }) => id === one.id);
  return make("ul", { class: "chips", "aria-label": "Pairs" }, ...lines.map((line) => make("li", {}, badge(line.status, line.pair, line.pair))));
}

function failuresOf(results) {
  return results.filter(({ status }) => status !== "pass" && status !== "not_supported").map((result) => {
    const name = data.languages.find(({ key }) => key === result.language).name;
    return make("p", { class: "note bad" }, make("strong", {}, `${name}, ${result.target}: ${result.code} `), make("code", {}, `at ${result.at}`), ` ${result.message ?? ""}`);
  });
}

/** Everything that ran the case on one target: each language's typed and dynamic table, or each pair of a relay. */
function sidesOf(one, results) {
  const sides = results.flatMap((result) => Object.entries(result.transcripts).map(([variant, transcript]) => {
    const { name } = data.languages.find(({ key }) => key === result.language);
    return { label: `${name}, ${result.target}${variant === "typed" ? "" : `, ${variant}`}`, target: result.target, transcript, result };
  }));
  return [...sides, ...data.relay.filter(({ id }) => id === one.id).map((line) => ({ label: line.pair, target: "live", transcript: line.transcript, result: line }))];
}

function drawSides(one, results) {
  const place = document.getElementById("sides");
  const sides = sidesOf(one, results);
  if (sides.length === 0) return;
  const first = sides.find(({ result }) => result.status !== "pass") ?? sides[0];
  const other = sides.find((side) => side.target === first.target && side.transcript !== first.transcript) ?? sides.find((side) => side !== first && side.target === first.target) ?? first;
  const peers = new Map();
  for (const side of sides) peers.set(side.target, (peers.get(side.target) ?? new Set()).add(side.transcript));
  const apart = [...peers].filter(([, seen]) => seen.size > 1).map(([target]) => target);
  const option = (chosen) => sides.map((side, position) => make("option", { value: position, selected: side === chosen }, side.label));
  const steps = make("div"), wires = make("div", { id: "wire-difference" });
  const pick = make("select", { id: "side", "aria-label": "Run shown", onchange: (event) => drawSteps(steps, one, sides[event.target.value]) }, ...option(first));
  const left = make("select", { id: "left", "aria-label": "Left run", onchange: () => drawWires() }, ...option(first));
  const right = make("select", { id: "right", "aria-label": "Right run", onchange: () => drawWires() }, ...option(other));
  const drawWires = () => drawDifference(wires, sides[left.value].transcript, sides[right.value].transcript);
  replace(place, make("h3", {}, "Expected and actual"), make("p", {}, make("label", { for: "side" }, "Run "), pick), steps,
    make("h3", {}, "Wire difference between languages"),
    make("p", { class: `note ${apart.length ? "bad" : "good"}` }, apart.length ? `The runs differ on: ${apart.join(", ")}.` : "Equal in all languages, typed and dynamic, on every target."),
    make("div", { class: "bar" }, left, right), wires);
  drawSteps(steps, one, first);
  drawWires();
}

function drawSteps(place, one, side) {
  const actual = data.transcripts[side.transcript];
  const at = side.result.at;
  replace(place, ...(one.body.steps ?? []).map((step, position) => {
    const { wire, expect, ...call } = step;
    const done = actual[position];
    const base = `/steps/${position}`;
    return make("section", { class: "step", "aria-label": `Step ${position + 1}` },
      make("h4", {}, `Step ${position + 1}: ${step.do ?? "race"}${step.on ? ` on ${step.on}` : ""}`),
      make("details", {}, make("summary", {}, "Call"), block(pretty(call))),
      make("div", { class: "pair" },
        column("Expected on the wire", wire === undefined ? "not asserted" : pretty(wire), base + "/wire", at), column("Actual requests", done ? pretty(done.wire ?? []) : "not reached", base + "/wire", at),
        column("Expected answer", pretty(expect ?? null), base + "/expect", at), column("Actual answer", done ? pretty(done.answer ?? done) : "not reached", base + "/expect", at)));
  }), one.body.outcome === undefined ? null : make("section", { class: "step" }, make("h4", {}, "Expected tables afterwards"), column("Outcome", pretty(one.body.outcome), "/outcome", at)));
}

/** Show a value; where the failure lies in it, the line that names the member is marked. */
function column(title, text, base, at) {
  const inside = at?.startsWith(base) ? at.slice(base.length).split("/").filter((part) => part && !/^\d+$/.test(part)) : null;
  const name = inside?.at(-1);
  const lines = text.split("\n");
  const marked = name === undefined ? -1 : lines.findIndex((line) => line.includes(`${JSON.stringify(name)}:`));
  return make("section", {}, make("h4", {}, title), make("pre", { tabindex: "0" }, ...lines.map((line, position) => make("span", { class: `line${position === marked ? " here" : ""}` }, line))));
}

const pretty = (value) => JSON.stringify(value, null, 2) ?? "nothing";

function block(text) {
  return make("pre", { tabindex: "0" }, ...text.split("\n").map((line) => make("span", { class: "line" }, line)));
}

function drawDifference(place, left, right) {
  const rows = differenceOf(pretty(data.transcripts[left]).split("\n"), pretty(data.transcripts[right]).split("\n"));
  const side = (kind) => make("section", {}, make("h4", {}, kind === "removed" ? "Left" : "Right"), make("pre", { tabindex: "0" },
    ...rows.filter((row) => row.kind === "same" || row.kind === kind).map((row) => make("span", { class: `line ${row.kind === "same" ? "" : kind}` }, row.text))));
  const alike = rows.every(({ kind }) => kind === "same");
  // Transcripts are told apart before long texts are cut: two that look alike may still be two.
  const summary = left === right ? "Both are equal" : "They differ in what is cut here; build/contract/transcripts-*.json has all of it";
  replace(place, alike ? make("details", {}, make("summary", {}, summary), side("removed")) : make("div", { class: "pair" }, side("removed"), side("added")));
}

/** Lines that only one side has, by the longest common subsequence. */
function differenceOf(left, right) {
  if (left.length > LINES_MAX || right.length > LINES_MAX) {
    const others = new Set(right), mine = new Set(left);
    return [...left.map((text) => ({ kind: others.has(text) ? "same" : "removed", text })), ...right.filter((text) => !mine.has(text)).map((text) => ({ kind: "added", text }))];
  }
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = left[i] === right[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const rows = [];
  let i = 0, j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) { rows.push({ kind: "same", text: left[i] }); i += 1; j += 1; }
    else if (j < right.length && (i === left.length || lengths[i][j + 1] > lengths[i + 1][j])) { rows.push({ kind: "added", text: right[j] }); j += 1; }
    else { rows.push({ kind: "removed", text: left[i] }); i += 1; }
  }
  return rows;
}

// ---- addresses and keys

function draw() {
  const main = document.getElementById("main");
  const [, kind = "", ...rest] = location.hash.split("/");
  const id = decodeURIComponent(rest.join("/"));
  for (const link of document.querySelectorAll("nav a")) {
    const mine = { "#/": ["", "req"], "#/cases": ["cases", "case"], "#/relay": ["relay"] }[link.getAttribute("href")];
    if (mine.includes(kind)) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  const views = { req: () => drawRequirement(main, id), case: () => drawCase(main, id), cases: () => drawCases(main), relay: () => drawRelay(main) };
  (views[kind] ?? (() => drawRequirements(main)))();
  if (id) { window.scrollTo(0, 0); main.querySelector("h2")?.focus(); }
  document.title = `${id || "DynamORM parity"}`;
}

function move(by) {
  const links = [...document.querySelectorAll("main .list tbody a")];
  const position = links.indexOf(document.activeElement);
  const next = links[position === -1 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, position + by))];
  next?.focus();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName);
  const search = document.getElementById("search");
  if (event.key === "Escape") {
    if (typing && search === document.activeElement && search.value) { filters.search = ""; draw(); document.getElementById("search").focus(); }
    else if (typing) document.activeElement.blur();
    else if (document.getElementById("back")) location.hash = document.getElementById("back").getAttribute("href");
    return;
  }
  const scrolls = document.activeElement?.tagName === "PRE";
  if (event.key === "ArrowDown" && document.activeElement === search) { event.preventDefault(); move(1); return; }
  if (typing || scrolls) return;
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
  else if (event.key === "j" || event.key === "ArrowDown") { if (document.querySelector("main .list")) { event.preventDefault(); move(1); } }
  else if (event.key === "k" || event.key === "ArrowUp") { if (document.querySelector("main .list")) { event.preventDefault(); move(-1); } }
}

unpack().then((content) => {
  data = content;
  index();
  drawHead();
  draw();
  addEventListener("hashchange", draw);
  addEventListener("keydown", onKey);
  document.documentElement.dataset.ready = "true";
}).catch((error) => {
  document.getElementById("main").textContent = `The data of this page cannot be read: ${error}`;
});
