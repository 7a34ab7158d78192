"""What is told of full decoding: the work of `tokparity decode`, and what becomes of it.

asked       what the command line or an entry of the plan wants, checked before anything starts
modes       variants of one engine that must not matter, by name
keeping     the outcomes of a side in a file, line by line: finished prompts are kept
sides       one engine over all prompts, kept, or the reason why it did not run
running     reference, reference again, its own noise, candidates; then what is found of them
manifest    what a report says of how it came about
document    the report as JSON
page        the report as one page for a browser
shown       the report in a terminal, and the command
matrix      `tokparity decode matrix`: tokenizers, engines and detokenizers with each other
planted     the table of mutants, printed
entries     [[tool.parity.decode]] in pyproject.toml
items       these entries as items of pytest
"""
