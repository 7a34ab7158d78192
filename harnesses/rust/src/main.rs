//! A harness over the `tokenizers` crate, without Python between.
//!
//!     cargo build --release --manifest-path harnesses/rust/Cargo.toml
//!     tokparity backends check 'command:harnesses/rust/target/release/tokparity-harness,model=DIR'
//!
//! Plain specials are `encode_special_tokens`. Offsets are in bytes, as the crate's `encode` has them.
//! It takes well-formed text. Streams are left out: the crate's DecodeStream is what `hf:` has too.

use serde_json::{json, Map, Value};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Write};
use std::path::Path;
use tokenizers::{Encoding, Tokenizer};

const CAPABILITIES: &str = "hello load encode encode_batch decode decode_batch vocabulary bye \
     specials:parse specials:plain specials:template skip_special:true skip_special:false";

type Answer = Result<Value, Problem>;

enum Problem {
    Unsupported(&'static str),
    Failed(&'static str, String),
}

/// One file, read twice: `plain` takes special tokens for text.
struct Loaded {
    parse: Tokenizer,
    plain: Tokenizer,
    declared: Map<String, Value>,
}

fn load(path: &str) -> Result<(Loaded, Value), Problem> {
    let inside = Path::new(path).join("tokenizer.json");
    let file = if inside.is_file() { inside } else { path.into() };
    let data = std::fs::read(file).map_err(|error| failed("IoError", error))?;
    let content: Value = serde_json::from_slice(&data).map_err(|error| failed("BadJson", error))?;
    let read = || Tokenizer::from_bytes(&data).map_err(|error| failed("Refused", error));
    let (parse, mut plain) = (read()?, read()?);
    plain.set_encode_special_tokens(true);
    let added = content["added_tokens"].as_array().into_iter().flatten();
    let declared = added.map(|t| (t["content"].as_str().unwrap_or("").into(), t["id"].clone())).collect();
    let digest = format!("{:x}", Sha256::digest(&data));
    Ok((Loaded { parse, plain, declared }, json!({"artefacts": {"tokenizer.json": digest}})))
}

impl Loaded {
    fn encode(&self, given: &Value, texts: &Value, batch: bool) -> Answer {
        let tokenizer = if given["specials"] == "plain" { &self.plain } else { &self.parse };
        let template = given["specials"] == "template";
        let told = |seen: &Encoding| match given["offsets"] == true {
            true => json!({"ids": seen.get_ids(), "offsets": seen.get_offsets()}),
            false => json!(seen.get_ids()),
        };
        if !batch {
            let seen = tokenizer.encode(text_of(texts)?, template).map_err(|e| failed("EncodeFailed", e))?;
            return Ok(told(&seen));
        }
        let texts = items(texts)?.iter().map(text_of).collect::<Result<Vec<_>, _>>()?;
        let seen = tokenizer.encode_batch(texts, template).map_err(|e| failed("EncodeFailed", e))?;
        Ok(seen.iter().map(told).collect())
    }

    fn decode(&self, given: &Value, ids: &Value, batch: bool) -> Answer {
        let skip = given["skip_special"] == true;
        if !batch {
            let text = self.parse.decode(&ids_of(ids)?, skip).map_err(|e| failed("DecodeFailed", e))?;
            return Ok(json!(text));
        }
        let lists = items(ids)?.iter().map(ids_of).collect::<Result<Vec<_>, _>>()?;
        let slices: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
        Ok(json!(self.parse.decode_batch(&slices, skip).map_err(|e| failed("DecodeFailed", e))?))
    }

    fn vocabulary(&self) -> Value {
        let names = self.parse.get_vocab(true).into_iter();
        let tokens: Map<String, Value> = names.map(|(token, id)| (id.to_string(), token.into())).collect();
        let added = self.parse.get_added_tokens_decoder().into_iter().map(|(id, token)| json!({
            "id": id, "content": token.content, "special": token.special, "lstrip": token.lstrip,
            "rstrip": token.rstrip, "single_word": token.single_word, "normalized": token.normalized,
        }));
        json!({"tokens": tokens, "added": added.collect::<Vec<_>>(), "declared": self.declared})
    }
}

fn answer(loaded: &mut Option<Loaded>, op: &str, given: &Value) -> Answer {
    match (op, &loaded) {
        ("hello", _) => Ok(json!({
            "protocol": 1, "name": "tokenizers-rust", "version": env!("CARGO_PKG_VERSION"),
            "language": "Rust", "offsets": "bytes",
            "capabilities": CAPABILITIES.split_whitespace().collect::<Vec<_>>(),
        })),
        ("load", _) => {
            let (found, told) = load(given["path"].as_str().unwrap_or(""))?;
            *loaded = Some(found);
            Ok(told)
        }
        ("bye", _) => Ok(Value::Null),
        ("encode", Some(it)) => each(&given["texts"], |text| it.encode(given, text, false)),
        ("encode_batch", Some(it)) => it.encode(given, &given["texts"], true),
        ("decode", Some(it)) => each(&given["ids"], |ids| it.decode(given, ids, false)),
        ("decode_batch", Some(it)) => it.decode(given, &given["ids"], true),
        ("vocabulary", Some(it)) => Ok(it.vocabulary()),
        _ => Err(Problem::Unsupported("no such op, or nothing is loaded")),
    }
}

/// Each item is a call of its own; one that fails says so in its place.
fn each(list: &Value, call: impl Fn(&Value) -> Answer) -> Answer {
    Ok(items(list)?.iter().map(|item| call(item).unwrap_or_else(Problem::told)).collect())
}

fn items(list: &Value) -> Result<&Vec<Value>, Problem> {
    list.as_array().ok_or_else(|| failed("BadRequest", "a list is wanted"))
}

fn text_of(text: &Value) -> Result<&str, Problem> {
    text.as_str().ok_or(Problem::Unsupported("text that is not well-formed"))
}

fn ids_of(ids: &Value) -> Result<Vec<u32>, Problem> {
    let narrow = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
    let found: Option<Vec<u32>> = items(ids)?.iter().map(narrow).collect();
    found.ok_or_else(|| failed("OverflowError", "an id has 32 bits and no sign"))
}

fn failed(kind: &'static str, error: impl ToString) -> Problem {
    Problem::Failed(kind, error.to_string())
}

impl Problem {
    fn told(self) -> Value {
        match self {
            Problem::Unsupported(what) => json!({"unsupported": what}),
            Problem::Failed(kind, message) => json!({"error": {"kind": kind, "message": message}}),
        }
    }
}

fn main() -> io::Result<()> {
    let mut loaded = None;
    for line in io::stdin().lock().lines() {
        let given: Value = serde_json::from_str(&line?)?;
        let op = given["op"].as_str().unwrap_or("");
        let mut reply = match answer(&mut loaded, op, &given) {
            Ok(result) => json!({"result": result}),
            Err(problem) => problem.told(),
        };
        reply["seq"] = given["seq"].clone();
        let mut out = io::stdout().lock();
        writeln!(out, "{reply}")?;
        out.flush()?;
        if op == "bye" {
            break;
        }
    }
    Ok(())
}
