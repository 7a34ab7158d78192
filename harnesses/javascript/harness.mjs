#!/usr/bin/env node
// A harness over @huggingface/tokenizers: tokenizer.json in JavaScript, no compiled code.
//
//     npm install --prefix .parity/packages @huggingface/tokenizers@0.2.0
//     tokparity backends check \
//       'command:node harnesses/javascript/harness.mjs --packages .parity/packages,model=DIR'
//
// The package has no offsets, no batch calls, no plain mode and no streams; they are `unsupported`.
// What it is given is well-formed text. Without --packages it is looked for from here, as node does.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const asked = process.argv.indexOf("--packages");
const home = asked > 0 ? pathToFileURL(resolve(process.argv[asked + 1], "x.js")) : import.meta.url;
const require = createRequire(home);
const entry = require.resolve("@huggingface/tokenizers");
const { Tokenizer } = require("@huggingface/tokenizers");
const about = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json")));

class Unsupported extends Error {}
let tokenizer, file;

const ops = {
  hello: () => ({
    protocol: 1,
    name: "huggingface-tokenizers-js",
    version: about.version,
    language: "JavaScript",
    capabilities: [
      ...Object.keys(ops),
      ..."specials:parse specials:template skip_special:true skip_special:false".split(" "),
    ],
    offsets: "none",
    native: `Tokenizer of ${basename(entry)}`,
    packages: { [about.name]: about.version, node: process.version },
    facts: { unicode: process.versions.unicode, icu: process.versions.icu },
  }),
  load({ path }) {
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    const main = folder === path ? join(path, "tokenizer.json") : path;
    const config = join(folder, "tokenizer_config.json");
    const files = [main, ...(existsSync(config) ? [config] : [])];
    const read = files.map((name) => readFileSync(name));
    file = JSON.parse(read[0]);
    tokenizer = new Tokenizer(file, read[1] ? JSON.parse(read[1]) : {});
    const digest = (data) => createHash("sha256").update(data).digest("hex");
    return { artefacts: Object.fromEntries(files.map((n, i) => [basename(n), digest(read[i])])) };
  },
  encode: ({ texts, specials }) => texts.map((text) => item(() => encode(text, specials))),
  decode: ({ ids, skip_special }) =>
    ids.map((row) => item(() => tokenizer.decode(row, { skip_special_tokens: skip_special }))),
  vocabulary() {
    const names = [...tokenizer.get_vocab(true)].map(([token, id]) => [id, token]);
    const added = [...tokenizer.get_added_tokens_decoder().values()].map(
      ({ id, content, special, single_word, lstrip, rstrip, normalized }) =>
        ({ id, content, special, single_word, lstrip, rstrip, normalized }));
    const declared = (file.added_tokens ?? []).map(({ content, id }) => [content, id]);
    return { tokens: Object.fromEntries(names), added, declared: Object.fromEntries(declared) };
  },
  bye: () => null,
};

function encode(text, specials) {
  if (typeof text !== "string") throw new Unsupported("text that is not well-formed");
  if (specials === "plain") throw new Unsupported("a mode where special tokens are text");
  return tokenizer.encode(text, { add_special_tokens: specials === "template" }).ids;
}

function item(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    return { error: { kind: error?.name ?? "Error", message: String(error?.message ?? error) } };
  }
}

function answer(line) {
  const { seq, op, ...given } = JSON.parse(line);
  const reply = Object.hasOwn(ops, op)
    ? item(() => ({ result: ops[op](given) }))
    : { unsupported: `no ${op}` };
  process.stdout.write(JSON.stringify({ seq, ...reply }) + "\n");
  if (op === "bye") process.exit(0);
}

let rest = Buffer.alloc(0); // node's readline cuts at U+2028 too, which is no end of a line here
process.stdin.on("data", (part) => {
  rest = Buffer.concat([rest, part]);
  for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1))
    answer(rest.toString("utf8", 0, end));
});
