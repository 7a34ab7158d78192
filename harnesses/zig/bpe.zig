//! A byte-level BPE of our own in Zig, of the standard library alone: vocabulary and merges of a
//! tokenizer.json, applied to a whole text at once. Built by Zig 0.17:
//!
//!     pip install ziglang==0.17.1
//!     python -m ziglang build-exe -O ReleaseSafe -femit-bin=/tmp/bpe harnesses/zig/bpe.zig
//!     tokparity backends check 'command:/tmp/bpe,model=DIR'
//!
//! What it does not: it cuts no text beforehand (the pre-tokenizer must be ByteLevel, `use_regex`
//! and `add_prefix_space` false), and has no normalizer, added tokens, template or post-processor; a
//! file that asks for one is Refused. A batch is one text after another. Offsets are in bytes.

const std = @import("std");
const json = std.json;
const Allocator = std.mem.Allocator;
const Text = []const u8;
const Merge = struct { rank: u32, id: u32 };
const Next = struct { rank: u32, place: u32, id: u32 };
const Symbol = struct { id: u32, start: u32, end: u32, before: u32, after: u32 };
const Queue = std.PriorityQueue(Next, void, sooner);
const none = std.math.maxInt(u32);

var io: std.Io = undefined;
var lasting: Allocator = undefined; // what a file needs
var brief: Allocator = undefined; // what a reply needs
var vocab: json.ObjectMap = undefined;
var merges: std.AutoHashMapUnmanaged([2]u32, Merge) = .empty;
var tokens: std.AutoHashMapUnmanaged(u32, Text) = .empty; // the bytes of each
var alone: [256]u32 = undefined; // the token of each byte

fn load(path: Text) !Text {
    const inside = try std.fs.path.join(lasting, &.{ path, "tokenizer.json" });
    const folder = std.Io.Dir.cwd();
    const data = folder.readFileAlloc(io, inside, lasting, .unlimited) catch
        try folder.readFileAlloc(io, path, lasting, .unlimited);
    const file = (try json.parseFromSliceLeaky(json.Value, lasting, data, .{})).object;
    for ([_]Text{ "normalizer", "post_processor", "truncation", "padding" }) |part|
        if ((file.get(part) orelse .null) != .null) return error.Refused;
    const cut, const model = .{ file.get("pre_tokenizer").?.object, file.get("model").?.object };
    if (!is(cut.get("type"), "ByteLevel") or !is(model.get("type"), "BPE")) return error.Refused;
    if (cut.get("use_regex").?.bool or cut.get("add_prefix_space").?.bool) return error.Refused;
    if (file.get("added_tokens").?.array.items.len > 0) return error.Refused;
    vocab = model.get("vocab").?.object;
    merges.clearRetainingCapacity();
    tokens.clearRetainingCapacity();
    alone = @splat(none);
    for (vocab.keys()) |token| {
        const spelled = try bytesOf(token);
        try tokens.put(lasting, idOf(token), spelled);
        if (spelled.len == 1) alone[spelled[0]] = idOf(token);
    }
    for (model.get("merges").?.array.items, 0..) |pair, rank| {
        const left, const right = .{ pair.array.items[0].string, pair.array.items[1].string };
        const id = idOf(try std.mem.concat(lasting, u8, &.{ left, right }));
        try merges.put(lasting, .{ idOf(left), idOf(right) }, .{ .rank = @intCast(rank), .id = id });
    }
    var digest: [32]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash(data, &digest, .{});
    return say(.{ .artefacts = .{ .@"tokenizer.json" = std.fmt.bytesToHex(digest, .lower) } });
}

fn idOf(token: Text) u32 {
    return @intCast(vocab.get(token).?.integer);
}

/// The bytes of a token, which is written in GPT-2's alphabet: the 68 bytes that cannot be seen are
/// U+0100 and up, in order.
fn bytesOf(token: Text) !Text {
    var found: std.ArrayList(u8) = .empty;
    var each = (try std.unicode.Utf8View.init(token)).iterator();
    while (each.nextCodepoint()) |point| try found.append(lasting, @intCast(switch (point) {
        0x100...0x120 => point - 0x100,
        0x121...0x142 => point - 0x121 + 0x7F,
        0x143 => 0xAD,
        else => point,
    }));
    return found.items;
}

/// The lowest merge comes first, the leftmost of those; a symbol that was merged away has no id.
fn encode(text: Text) ![]Symbol {
    const symbols = try brief.alloc(Symbol, text.len);
    var queue: Queue = .empty;
    for (symbols, text, 0..) |*symbol, byte, place| {
        const at: u32 = @intCast(place);
        const after = if (place + 1 < text.len) at + 1 else none;
        if (alone[byte] == none) return error.UnknownByte;
        symbol.* = .{ .id = alone[byte], .start = at, .end = at + 1, .before = at -% 1, .after = after };
    }
    for (0..text.len) |place| try offer(&queue, symbols, @intCast(place));
    while (queue.pop()) |next| {
        const left = &symbols[next.place];
        if (left.id == none or left.after == none) continue;
        const right = &symbols[left.after];
        const merge = merges.get(.{ left.id, right.id }) orelse continue;
        if (merge.id != next.id) continue; // what stood here has changed since
        left.id, left.end, left.after = .{ merge.id, right.end, right.after };
        right.id = none;
        if (left.after != none) symbols[left.after].before = next.place;
        try offer(&queue, symbols, left.before);
        try offer(&queue, symbols, next.place);
    }
    return symbols;
}

fn offer(queue: *Queue, symbols: []Symbol, place: u32) !void {
    if (place == none or symbols[place].after == none) return;
    const pair = .{ symbols[place].id, symbols[symbols[place].after].id };
    const merge = merges.get(pair) orelse return;
    try queue.push(brief, .{ .rank = merge.rank, .place = place, .id = merge.id });
}

fn sooner(_: void, one: Next, other: Next) std.math.Order {
    const ranks = std.math.order(one.rank, other.rank);
    return if (ranks == .eq) std.math.order(one.place, other.place) else ranks;
}

fn encoded(given: json.ObjectMap, text: json.Value) !Text {
    if (text != .string or is(given.get("specials"), "template")) return error.Unsupported;
    var ids: std.ArrayList(u32) = .empty;
    var offsets: std.ArrayList([2]u32) = .empty;
    for (try encode(text.string)) |symbol| if (symbol.id != none) {
        try ids.append(brief, symbol.id);
        try offsets.append(brief, .{ symbol.start, symbol.end });
    };
    if (!given.get("offsets").?.bool) return say(ids.items);
    return say(.{ .ids = ids.items, .offsets = offsets.items });
}

/// What is no UTF-8 becomes U+FFFD, one for each longest beginning of a character; an id that no
/// token has is left out, one of more than 32 bits is an error: as tokenizers has it.
fn decoded(_: json.ObjectMap, ids: json.Value) !Text {
    var found: std.ArrayList(u8) = .empty;
    for (ids.array.items) |id| {
        if (id != .integer) return error.OverflowError;
        const known = std.math.cast(u32, id.integer) orelse return error.OverflowError;
        try found.appendSlice(brief, tokens.get(known) orelse "");
    }
    return say(try std.fmt.allocPrint(brief, "{f}", .{std.unicode.fmtUtf8(found.items)}));
}

fn vocabulary() !Text {
    var names: json.ArrayHashMap(Text) = .{};
    for (vocab.keys()) |token|
        try names.map.put(brief, try std.fmt.allocPrint(brief, "{d}", .{idOf(token)}), token);
    return say(.{ .tokens = names, .added = [0]u32{}, .declared = json.ArrayHashMap(u32){} });
}

fn result(op: Text, given: json.ObjectMap) !Text {
    const same = std.mem.eql;
    if (same(u8, op, "hello")) return say(.{
        .protocol = 1,
        .name = "zig-bpe",
        .version = "1",
        .language = "Zig",
        .offsets = "bytes",
        .capabilities = [_]Text{
            "hello",          "load",           "encode",            "encode_batch",
            "decode",         "decode_batch",   "vocabulary",        "bye",
            "specials:parse", "specials:plain", "skip_special:true", "skip_special:false",
        },
        .packages = .{ .zig = @import("builtin").zig_version_string },
    });
    if (same(u8, op, "load")) return load(given.get("path").?.string);
    if (same(u8, op, "encode") or same(u8, op, "encode_batch")) return list(given, given.get("texts").?, encoded);
    if (same(u8, op, "decode") or same(u8, op, "decode_batch")) return list(given, given.get("ids").?, decoded);
    if (same(u8, op, "vocabulary")) return vocabulary();
    return if (same(u8, op, "bye")) "null" else error.Unsupported;
}

fn list(given: json.ObjectMap, items: json.Value, comptime call: anytype) !Text {
    var found: std.ArrayList(Text) = .empty;
    for (items.array.items) |item|
        try found.append(brief, call(given, item) catch |err| try failure(err));
    const inside = try std.mem.join(brief, ",", found.items);
    return std.fmt.allocPrint(brief, "[{s}]", .{inside});
}

fn is(value: ?json.Value, wanted: Text) bool {
    const found = value orelse return false;
    return found == .string and std.mem.eql(u8, found.string, wanted);
}

fn say(value: anytype) !Text {
    return json.Stringify.valueAlloc(brief, value, .{});
}

fn failure(err: anyerror) !Text {
    if (err == error.Unsupported) return say(.{ .unsupported = "no such op, or not in this way" });
    return say(.{ .@"error" = .{ .kind = @errorName(err), .message = "" } });
}

pub fn main(init: std.process.Init) !void {
    io = init.io;
    lasting = init.arena.allocator();
    var room = std.heap.ArenaAllocator.init(init.gpa);
    defer room.deinit();
    brief = room.allocator();
    var coming: [1 << 16]u8 = undefined;
    var going: [1 << 16]u8 = undefined;
    var stdin = std.Io.File.stdin().readerStreaming(io, &coming);
    var stdout = std.Io.File.stdout().writerStreaming(io, &going);
    while (true) {
        _ = room.reset(.retain_capacity);
        var line: std.Io.Writer.Allocating = .init(brief);
        _ = stdin.interface.streamDelimiter(&line.writer, '\n') catch return;
        stdin.interface.toss(1);
        const given = (try json.parseFromSliceLeaky(json.Value, brief, line.written(), .{})).object;
        const seq = try say(given.get("seq").?);
        const made = result(given.get("op").?.string, given);
        if (made) |text| {
            try stdout.interface.print("{{\"seq\":{s},\"result\":{s}}}\n", .{ seq, text });
        } else |err| {
            try stdout.interface.print("{{\"seq\":{s},{s}\n", .{ seq, (try failure(err))[1..] });
        }
        try stdout.interface.flush();
        if (is(given.get("op"), "bye")) return;
    }
}
