// Draws the API's reference from /openapi.json. Only textContent is ever filled: nothing of the document is run.
"use strict";

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
};

const resolve = (schema, api) =>
  schema && schema.$ref ? api.components.schemas[schema.$ref.split("/").pop()] ?? {} : schema ?? {};

const nameOf = (schema) => (schema?.$ref ? schema.$ref.split("/").pop() : null);

function typeOf(schema, api) {
  if (!schema) return "anything";
  if (schema.$ref) {
    const target = resolve(schema, api);
    return target.enum ? target.enum.map((one) => JSON.stringify(one)).join(" | ") : nameOf(schema);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((one) => typeOf(one, api)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items, api)}`;
  if (schema.type === "object" && schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties, api)}`;
  return [schema.type ?? "anything", schema.format].filter(Boolean).join(" · ");
}

function limits(schema) {
  const said = [];
  for (const [key, sign] of [["minimum", "≥"], ["maximum", "≤"], ["exclusiveMinimum", ">"], ["exclusiveMaximum", "<"]])
    if (schema[key] !== undefined) said.push(`${sign} ${schema[key]}`);
  if (schema.minLength !== undefined) said.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) said.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined) said.push(`default ${JSON.stringify(schema.default)}`);
  return said.join(", ");
}

function example(schema, api, depth = 0) {
  if (schema?.examples?.length) return schema.examples[0];
  const known = resolve(schema, api);
  if (known.examples?.length) return known.examples[0];
  if (known.default !== undefined) return known.default;
  if (known.const !== undefined) return known.const;
  if (known.enum) return known.enum[0];
  const choices = known.anyOf ?? known.oneOf;
  if (choices) return example(choices.find((one) => one.type !== "null") ?? choices[0], api, depth);
  if (known.type === "array") return depth > 4 ? [] : [example(known.items, api, depth + 1)];
  if (known.type === "object" || known.properties) {
    if (depth > 4) return {};
    return Object.fromEntries(Object.entries(known.properties ?? {}).map(([key, one]) => [key, example(one, api, depth + 1)]));
  }
  if (known.type === "integer" || known.type === "number") return known.minimum ?? 1;
  if (known.type === "boolean") return true;
  if (known.format === "uuid") return "01939f7e-5b60-7cc3-98c4-dc0c0c07398f";
  if (known.format === "date-time") return "2026-11-21T14:02:09.120Z";
  return known.type === "null" ? null : "text";
}

function table(rows) {
  const head = make("tr", {}, ...["Name", "Type", "Meaning"].map((text) => make("th", { scope: "col" }, text)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function row(name, required, schema, meaning, api) {
  const label = make("td", {}, make("code", {}, name));
  if (required) label.append(" ", make("span", { class: "must", title: "required" }, "required"));
  const said = [meaning ?? schema.description ?? resolve(schema, api).description ?? "", limits(schema)].filter(Boolean).join(" · ");
  return make("tr", {}, label, make("td", {}, make("code", {}, typeOf(schema, api))), make("td", {}, said));
}

function schemaBlock(schema, api, seen = new Set()) {
  const block = make("div");
  const known = resolve(schema, api);
  const name = nameOf(schema);
  if (name) seen.add(name);
  const required = new Set(known.required ?? []);
  const properties = Object.entries(known.properties ?? {});
  if (properties.length) block.append(table(properties.map(([key, one]) => row(key, required.has(key), one, null, api))));
  for (const inner of innerNames(known)) {
    if (seen.has(inner) || !api.components.schemas[inner]?.properties) continue;
    block.append(make("h4", {}, inner), schemaBlock({ $ref: `#/components/schemas/${inner}` }, api, seen));
  }
  return block;
}

function innerNames(value, found = new Set()) {
  if (Array.isArray(value)) value.forEach((one) => innerNames(one, found));
  else if (value && typeof value === "object") {
    if (typeof value.$ref === "string") found.add(nameOf(value));
    Object.values(value).forEach((one) => innerNames(one, found));
  }
  return found;
}

const json = (value) => make("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));

function contentBlock(content, api) {
  const parts = [];
  for (const [kind, { schema }] of Object.entries(content ?? {})) {
    parts.push(make("p", { class: "about" }, kind));
    if (schema) parts.push(schemaBlock(schema, api), json(example(schema, api)));
  }
  return parts;
}

function routeCard(path, verb, operation, api) {
  const permission = operation["x-permission"];
  const key = permission === "signed_in" ? "signed in" : permission ?? "public";
  const summary = make("summary", {},
    make("span", { class: `verb ${verb}` }, verb.toUpperCase()),
    make("span", { class: "path" }, path),
    make("span", { class: "about" }, operation.summary ?? ""),
    make("span", { class: "key", title: "permission" }, key));
  const inside = make("div", { class: "inside" });
  if (operation.description) inside.append(make("p", {}, operation.description));
  if (operation.parameters?.length)
    inside.append(make("h4", {}, "Parameters"), table(operation.parameters.map((one) =>
      row(`${one.name} (${one.in})`, one.required, one.schema ?? {}, one.description, api))));
  if (operation.requestBody) inside.append(make("h4", {}, "Body"), ...contentBlock(operation.requestBody.content, api));
  inside.append(make("h4", {}, "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const failed = status === "default" || Number(status) >= 400;
    const line = make("p", {}, make("code", {}, status), " ", answer.description.replaceAll("`", ""));
    inside.append(line, ...(failed ? [] : contentBlock(answer.content, api)));
  }
  const card = make("article", { id: operation.operationId }, make("details", {}, summary, inside));
  card.dataset.words = `${verb} ${path} ${operation.summary} ${operation.description} ${key}`.toLowerCase();
  return card;
}

function draw(api) {
  document.getElementById("version").textContent = api.info.version;
  const main = document.getElementById("main");
  const nav = document.getElementById("nav");
  document.getElementById("intro").textContent = api.info.description.replaceAll("`", "");
  for (const { name } of api.tags) {
    const section = make("section", {}, make("h2", {}, name));
    const links = make("div", {}, make("h2", {}, name));
    for (const [path, verbs] of Object.entries(api.paths))
      for (const [verb, operation] of Object.entries(verbs)) {
        if (operation.tags[0] !== name) continue;
        section.append(routeCard(path, verb, operation, api));
        links.append(make("a", { href: `#${operation.operationId}` }, operation.summary || path));
      }
    main.append(section);
    nav.append(links);
  }
  const problem = { $ref: "#/components/schemas/Problem" };
  main.append(make("section", {}, make("h2", {}, "Errors"), make("article", {}, make("div", { class: "inside" }, schemaBlock(problem, api)))));
  openTarget();
}

function openTarget() {
  const card = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = card && card.querySelector("details");
  if (details) {
    details.open = true;
    card.scrollIntoView();
  }
}

function find(event) {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of document.querySelectorAll("article[id]"))
    card.hidden = !words.every((word) => card.dataset.words.includes(word));
  for (const section of document.querySelectorAll("main > section"))
    section.hidden = words.length > 0 && !section.querySelector("article[id]:not([hidden])");
}

document.getElementById("find").addEventListener("input", find);
addEventListener("hashchange", openTarget);
fetch("/openapi.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`HTTP ${answer.status}`))))
  .then(draw)
  .catch((error) => { document.getElementById("intro").textContent = `The document could not be read: ${error.message}`; });
