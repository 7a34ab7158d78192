"""SentencePiece models that we train, and the tokenizer.json that stands for each of them.

Theory: SentencePiece sees a text as one run of characters in which a space is U+2581. Its BPE
merges the neighbours whose piece has the best score, its Unigram takes the split of the best total
score. tokenizer.json needs merges where SentencePiece has scores: every way to cut a piece into two
pieces is a merge, and better pieces come first.

Origin: SentencePiece (Kudo, Richardson 2018), byte fallback as in Llama 2 and Mistral, conversion
as in transformers' `SpmConverter`, except that BPE gets Prepend and Replace as normalizer (as the
Mistral and Llama 2 files have) and not Metaspace, which loses a leading space.
Where it is wrong: the Unigram conversion is the field's, faults included. Of 13,960 varied strings
65 got other ids: 40 hold U+0085, which HF's `Strip` drops at the end; 21 have combining marks,
where `Precompiled` maps a whole grapheme cluster and loses some; 3 have two splits of one total
score (`v i ii`, `v ii i`), give or take a float's last bits; 1 has `fix`, see added.py. The BPE
conversion: none.

Training is done in memory with one thread: TrainerSpec keeps paths and the number of threads, and
Unigram's scores depend on that number.
"""

import io

import sentencepiece
from added import add_hostile, folder
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

SPACE = "\u2581"
UNKNOWN = "<unk>"
CONTROLS = (UNKNOWN, "<s>", "</s>")  # ids 0, 1, 2
ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": UNKNOWN, "pad_token": "<|pad|>"}


def trained(text: list[str], **options: object) -> bytes:
    """A `.model` file. SentencePiece reads lines, so documents are cut at newlines."""
    lines = [line for document in text for line in document.split("\n") if line]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, num_threads=1, minloglevel=2, **options
    )
    return model.getvalue()


def field(data: bytes, wanted: int) -> bytes:
    """The last length-delimited field of that number in a protobuf message, b"" if none.

    Enough of protobuf's wire format for a ModelProto, so that the package protobuf is not needed.
    """
    found, at = b"", 0

    def varint() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # the top bit says that another byte follows
                return value
            shift += 7

    while at < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            varint()
            continue
        length = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        if number == wanted and kind == 2:
            found = data[at : at + length]
        at += length
    return found


def charsmap(model: bytes) -> bytes:
    """ModelProto.normalizer_spec (3) . precompiled_charsmap (2)."""
    return field(field(model, 3), 2)


def merges(pieces: dict[str, int]) -> list[tuple[str, str]]:
    """Every cut of every piece into two pieces; pieces in the order of their scores.

    pieces: piece -> id of the learned pieces; SentencePiece numbers them by falling score.
    """
    found = []
    for piece in sorted(pieces, key=pieces.__getitem__):
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        known = [cut for cut in cuts if cut[0] in pieces and cut[1] in pieces]
        found += sorted(known, key=lambda cut: (pieces[cut[0]], pieces[cut[1]]))
    return found


def add_controls(tokenizer: Tokenizer) -> None:
    """SentencePiece's own control pieces, which the model already has."""
    controls = [AddedToken(content, special=True, normalized=False) for content in CONTROLS]
    tokenizer.add_special_tokens(controls)


def byte_fallback(model: bytes) -> Tokenizer:
    """The tokenizer.json of a BPE `.model` with byte fallback and identity normalisation."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    vocabulary = {processor.id_to_piece(id): id for id in range(processor.get_piece_size())}
    special = {id for id in vocabulary.values() if processor.is_control(id)}
    special |= {id for id in vocabulary.values() if processor.is_byte(id)}
    learned = {p: id for p, id in vocabulary.items() if id not in special and p != UNKNOWN}
    tokenizer = Tokenizer(
        models.BPE(
            vocabulary, merges(learned), unk_token=UNKNOWN, fuse_unk=True, byte_fallback=True
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(SPACE, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def unigram(model: bytes) -> Tokenizer:
    """The tokenizer.json of a Unigram `.model`, by the recipe of transformers' SpmConverter."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(processor.get_piece_size())
    scores = [(processor.id_to_piece(id), processor.get_score(id)) for id in ids]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=processor.unk_id(), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap(model)),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), SPACE),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", 2)]
    )
    return tokenizer


def finished(tokenizer: Tokenizer, model: bytes) -> dict[str, bytes]:
    """The folder's files: file name -> contents."""
    add_controls(tokenizer)
    add_hostile(tokenizer)
    return {**folder(tokenizer, ROLES), "tokenizer.model": model}


def build_byte_fallback(text: list[str], size: int) -> dict[str, bytes]:
    """Files of a byte-fallback BPE; rare characters have no piece and fall to bytes."""
    model = trained(
        text,
        model_type="bpe",
        vocab_size=size,
        byte_fallback=True,
        character_coverage=0.98,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
    )
    return finished(byte_fallback(model), model)


def build_unigram(text: list[str], size: int) -> dict[str, bytes]:
    """Files of a Unigram model with SentencePiece's default normalisation (nmt_nfkc)."""
    model = trained(text, model_type="unigram", vocab_size=size, character_coverage=0.98)
    return finished(unigram(model), model)
