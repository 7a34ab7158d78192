"""Conversations of our own making, of a known size: `small`, `medium` and `long` packs.

Made up from `corpora/conversations/words.toml`, 14 languages, by a generator that gives the same
ones everywhere and always: the number of a conversation is its seed. With and without a system
prompt, one turn and many, tools called and answered, code, emoji, tables, long documents. Each
pack is a corpus of messages and a file in ShareGPT's form, which says how many tokens a message is.

words says what there is to say; pieces makes answers, code, tools and documents; talk makes a
conversation of them; packs makes the files.
"""
