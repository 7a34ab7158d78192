"""Chat templates as texts to work on: made smaller, named, and traced to what they show.

`shrinking` and `naming` read a template by its own words and need no engine; `reading` alone has
jinja2, for what `naming` evaluates and `tracing` renders.
"""
