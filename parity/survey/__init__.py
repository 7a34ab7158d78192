"""`tokparity matrix tokenizers`: implementations by vocabularies by checks, with smallest examples.

Each library is compared with the owner of the file that it reads: tokenizers of a tokenizer.json,
tiktoken of ranks. All of them see the same cases: a stated part of the corpora, and a stated number
that the generators draw for the vocabulary. What differs is made small, named (`causes`) and told
with a line that shows it again.

    tables        what is compared: implementations (implementations.toml) and vocabularies
    installing    where an implementation runs: in an environment of its own, here, or not at all
    inputs        what they are asked
    surveying     each pair through the ordinary loop
    cells         what came of it, as data
    reproducing   one line that shows an example again
    document      all of it as JSON, and as a table in Markdown
    kept          one that was made before, read again
    page          all of it as one static page
    shown         the command
"""
