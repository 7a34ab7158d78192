"""Shadow mode: serve from the reference, compare a sample with the candidate, and be believed.

    caller ──▶ front ──▶ the reference's answer, at once
                 │ sampled: a copy
                 ▼
              waiting ──▶ watch (a thread) ──▶ side: here, or a process ──▶ judging ──▶ counts, log

A front (`backend.Shadow`, `wrapping`) answers exactly as the reference does. `sampling` decides by
the request, `waiting` bounds what waits, `watch` asks the candidate after the answer left, and
`judging` compares. `counts` are exact, and what the log says is what they say.
"""
