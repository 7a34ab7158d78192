// @huggingface/jinja under node, as a worker: JSON lines in, JSON lines out.
//
//     node huggingface_jinja.mjs '{"packages": FOLDER, "trim": true, "lstrip": true, "clock": TIME}'
//
// FOLDER is the one that has node_modules (`npm install --prefix FOLDER @huggingface/jinja`); TIME
// is as in 2025-01-02T03:04:05. The first line out is {"versions", "files"}. Then each line in,
// {"source", "variables"}, gets one line: {"text"}, or {"error": KIND, "message"}, with "after" where
// rendering changed the variables.
//
// The way is that of transformers.js: `new Template(source)`, kept by source, and
// `.render(variables)`; its apply_chat_template hands over no globals and no filters, so
// raise_exception, strftime_now, range, namespace and tojson are the package's own, and `tojson` of
// the settings changes nothing. What transformers.js adds to the variables itself (tools and
// documents null, add_generation_prompt false, the special tokens) is for the parent to send.
// `trim` and `lstrip` are true where nobody says: the package's Template always has them. Only for
// other values are its exported tokenize and parse called in the place of that constructor.
//
// What JavaScript does to variables before the engine sees them: 1.0 is the integer 1, an integer
// above 2^53 loses digits, and keys that look like small integers come first in an object.
// Months of strftime_now are in the locale that `versions` tells.
//
// KINDs: the package throws a plain Error for everything. Raised is told by the place in its code
// where raise_exception throws, which is found by letting it throw once; Undefined by its messages.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = "@huggingface/jinja";
const KEPT = 1024; // compiled templates: a fuzzer's are new each time, and nothing else bounds them
const LONGEST = 1 << 22; // characters of a text, at most: 4 Mi
const SAID = 2000; // characters of what an error says, at most
const UNDEFINED = /\bUndefinedValue\b|\bundefined values$/;

const settings = JSON.parse(process.argv[2] ?? "{}");
const folder = join(settings.packages ?? process.cwd(), "node_modules", ...PACKAGE.split("/"));
const about = packageJson();
const file = join(folder, about.exports["."].import);
const { Template, tokenize, parse } = await import(pathToFileURL(file));

if (settings.clock) stopClock(settings.clock);
const blocks = { trim_blocks: settings.trim ?? true, lstrip_blocks: settings.lstrip ?? true };
const raisedAt = placeOfRaise();
const compiled = new Map();

function packageJson() {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch (error) {
    console.error(`${error.message}\n${PACKAGE} is wanted: npm install --prefix FOLDER ${PACKAGE}`);
    process.exit(1);
  }
}

/** Make every `new Date()` of this process one moment, told in local time. */
function stopClock(moment) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [moment]));
    }
    static now() {
      return new RealDate(moment).getTime();
    }
  };
}

/** Where an error was thrown: file, line and column, whatever its message holds. */
function thrownAt(error) {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_, [first]) =>
    first ? [first.getFileName(), first.getLineNumber(), first.getColumnNumber()].join(":") : "";
  try {
    return error.stack; // made when it is first asked for
  } finally {
    Error.prepareStackTrace = before;
  }
}

function placeOfRaise() {
  try {
    new Template("{{ raise_exception('') }}").render({});
  } catch (error) {
    return thrownAt(error);
  }
  return null;
}

function compile(source) {
  const known = compiled.get(source);
  if (known) return known;
  const asPackaged = blocks.trim_blocks && blocks.lstrip_blocks;
  const template = new Template(asPackaged ? source : "");
  if (!asPackaged) template.parsed = parse(tokenize(source, blocks));
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(source, template);
  return template;
}

/** The text of whatever was thrown. */
function textOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "(an error that has no text)";
  }
}

/** A stack overflow, or a text that is too long, is no fault of the template's syntax. */
function failure(error, otherwise) {
  const message = textOf(error);
  let kind = otherwise;
  if (error instanceof RangeError) kind = "RenderFailed";
  else if (otherwise === "RenderFailed") {
    const raised = error instanceof Error && raisedAt !== null && thrownAt(error) === raisedAt;
    if (raised) kind = "Raised";
    else if (UNDEFINED.test(message)) kind = "Undefined";
  }
  return { error: kind, message: message.slice(0, SAID) };
}

function render(source, variables) {
  let template;
  try {
    template = compile(source);
  } catch (error) {
    return failure(error, "BadTemplate");
  }
  try {
    const text = template.render(variables);
    if (typeof text !== "string") throw new Error(`what was rendered is ${typeof text}, no text`);
    if (text.length > LONGEST) {
      return { error: "OutOfBounds", message: `more than ${LONGEST} characters` };
    }
    return { text };
  } catch (error) {
    return failure(error, "RenderFailed");
  }
}

function answer(line) {
  try {
    const { source, variables } = JSON.parse(line);
    if (typeof source !== "string") throw new Error("a line wants a source, a string");
    const before = JSON.stringify(variables);
    const found = render(source, variables);
    const after = JSON.stringify(variables);
    if (after === before) return ascii(found);
    return ascii({ ...found, after: after.length > LONGEST ? null : variables });
  } catch (error) {
    return ascii(failure(error, "RenderFailed"));
  }
}

/** JSON in ASCII; JSON.stringify has escaped lone surrogates already. */
function ascii(value) {
  const escaped = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

say(
  ascii({
    versions: {
      node: process.versions.node,
      [PACKAGE]: about.version,
      locale: new Intl.DateTimeFormat().resolvedOptions().locale,
    },
    files: [file, fileURLToPath(import.meta.url)],
  }),
);
let rest = "";
process.stdin.setEncoding("utf8");
for await (const chunk of process.stdin) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) say(answer(line));
}
if (rest) say(answer(rest));
