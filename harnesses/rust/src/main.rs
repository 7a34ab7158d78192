//! A harness over the `tokenizers` crate, without Python between.
//!
//!     cargo build --release --manifest-path harnesses/rust/Cargo.toml
//!     tokparity backends check 'command:harnesses/rust/target/release/tokparity-harness,model=DIR'
//!
//! Plain specials are `encode_special_tokens`. Offsets are in bytes, as the crate's `encode` has them.
//! It takes well-formed text. The crate's batch calls, vocabulary and streams are left out: `hf:` has
//! the same ones.

use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Write};
use std::path::Path;
use tokenizers::Tokenizer;

const CAPABILITIES: &str = "hello load encode decode bye \
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
}

fn load(path: &str) -> Result<(Loaded, Value), Problem> {
    let inside = Path::new(path).join("tokenizer.json");
    let file = if inside.is_file() { inside } else { path.into() };
    let data = std::fs::read(file).map_err(|error| failed("IoError", error))?;
    let read = || Tokenizer::from_bytes(&data).map_err(|error| failed("Refused", error));
    let (parse, mut plain) = (read()?, read()?);
    plain.set_encode_special_tokens(true);
    let digest = format!("{:x}", Sha256::digest(&data));
    Ok((Loaded { parse, plain }, json!({"artefacts": {"tokenizer.json": digest}})))
}

impl Loaded {
    fn encode(&self, given: &Value, text: &Value) -> Answer {
        let tokenizer = if given["specials"] == "plain" { &self.plain } else { &self.parse };
        let text = text.as_str().ok_or(Problem::Unsupported("text that is not well-formed"))?;
        let seen = tokenizer.encode(text, given["specials"] == "template");
        let seen = seen.map_err(|error| failed("EncodeFailed", error))?;
        Ok(match given["offsets"] == true {
            true => json!({"ids": seen.get_ids(), "offsets": seen.get_offsets()}),
            false => json!(seen.get_ids()),
        })
    }

    fn decode(&self, given: &Value, ids: &Value) -> Answer {
        let narrow = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
        let ids: Option<Vec<u32>> = items(ids)?.iter().map(narrow).collect();
        let ids = ids.ok_or_else(|| failed("OverflowError", "an id has 32 bits and no sign"))?;
        let text = self.parse.decode(&ids, given["skip_special"] == true);
        Ok(json!(text.map_err(|error| failed("DecodeFailed", error))?))
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
        ("encode", Some(it)) => each(&given["texts"], |text| it.encode(given, text)),
        ("decode", Some(it)) => each(&given["ids"], |ids| it.decode(given, ids)),
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
