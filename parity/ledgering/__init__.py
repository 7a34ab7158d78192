"""`tokparity ledger`: known differences listed, checked, added and taken out.

`listing` reads, `adding` and `pruning` say what is to change, `writing` changes the file.
"""
