"""Libraries that claim to be exact, each searched for a divergence from what it claims to be.

    python -m venv ENV
    ENV/bin/pip install '.[assets,tiktoken,transformers,unicode]'
    ENV/bin/python -m benchmarks.exactness list | xargs ENV/bin/pip install
    python -m benchmarks.vocabularies build FOLDER
    ENV/bin/python -m benchmarks.exactness run FOLDER --time 60s             all of them
    ENV/bin/python -m benchmarks.exactness run FOLDER kitoken --time 60s     only this one

Each pair of a library and a vocabulary is one process of `tokparity fuzz`, so that a crash or a
hang of one ends only itself. What that process kept is printed as Markdown: counts, causes, and
the smallest example of each cause. No text is given to it.

lock reads which libraries, of which version, and by which kind of backend; folders makes what they
read; searching runs a pair; table prints.
"""
