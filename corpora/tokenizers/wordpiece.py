"""WordPiece in the style of BERT, with a vocabulary that is counted instead of trained.

Theory: a word is cut from the left into the longest entries of the vocabulary; entries inside a
word start with `##`; a word that cannot be cut is [UNK]. Any vocabulary will do to test that, so
this one has the commonest characters in both forms and, for the rest, the substrings of words that
would save the most pieces: count times (length - 1).

Origin: BERT (Devlin et al. 2018) for the pipeline; the counting is ours, because the trainer of
`tokenizers` gives another vocabulary in each run.
Where it is wrong: nothing is discounted, so a word and its longest parts are all kept.
"""

from collections import Counter
from itertools import combinations

from added import add_hostile, folder
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

UNKNOWN = "[UNK]"
OWN = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")  # ids 0 to 4
CHARACTERS = 700  # each gives two entries; every alphabet of the text fits, most of Han does not
LONGEST = 12  # characters in an entry
ROLES = {
    "pad_token": "[PAD]",
    "unk_token": UNKNOWN,
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def commonest(counts: Counter[str]) -> list[str]:
    """Keys by falling count; equal counts by code points, so that no run differs."""
    return sorted(counts, key=lambda key: (-counts[key], key))


def words(tokenizer: Tokenizer, text: list[str]) -> Counter[str]:
    """How often each word comes once normalizer and pre-tokenizer are through."""
    normal = (tokenizer.normalizer.normalize_str(document) for document in text)
    chunks = (tokenizer.pre_tokenizer.pre_tokenize_str(document) for document in normal)
    return Counter(word for chunk in chunks for word, _ in chunk)


def vocabulary(counts: Counter[str], size: int) -> list[str]:
    """The entries in the order of their ids."""
    characters: Counter[str] = Counter()
    gains: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            characters[character] += count
        if count == 1:
            continue
        for start, end in combinations(range(len(word) + 1), 2):
            if 1 < end - start <= LONGEST:
                form = ("##" if start else "") + word[start:end]
                gains[form] += count * (end - start - 1)
    alphabet = commonest(characters)[:CHARACTERS]
    entries = [*OWN, *alphabet, *(f"##{character}" for character in alphabet)]
    taken = set(entries)
    return (entries + [form for form in commonest(gains) if form not in taken])[:size]


def build(text: list[str], size: int) -> dict[str, bytes]:
    """The folder's files: file name -> contents. `size` counts OWN, but no added tokens."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    entries = vocabulary(words(tokenizer, text), size)
    ids = {entry: id for id, entry in enumerate(entries)}
    tokenizer.model = models.WordPiece(ids, unk_token=UNKNOWN)
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    own = [AddedToken(content, special=True, normalized=False) for content in OWN]
    tokenizer.add_special_tokens(own)
    add_hostile(tokenizer)
    return folder(tokenizer, ROLES)
