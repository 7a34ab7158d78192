"""A proxy before an HTTP server: the primary answers, and a sample of it is asked of a candidate.

    client ──▶ app ──▶ the primary; its answer goes back as it comes, byte by byte
                │ sampled: copies of request and answer, bounded
                ▼
             mirror ──▶ the candidate, when the answer has left ──▶ book ──▶ counts, log

`headers` is what may be passed on, `dialects` which requests can be compared, `answers` what bytes
say: ids, text, finish reasons, chunks. Nothing is added to an answer, but where there is none: a
primary that cannot be reached is 502, a websocket 501, both marked `x-parity-shadow`.

HTTP/1.1 both ways. What does not go through: trailers, HTTP/2, websockets, `CONNECT`, answers that
begin before the request has ended, reason phrases (they are the standard's), informational
answers of the primary (a client that waits for `100 Continue` gets one from here), and the letter
case of request header names.
"""
