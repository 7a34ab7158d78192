"""Backends that run in a process of their own: another interpreter's, or another language's.

`process` starts one and bounds it, `talking` asks it and starts it again, `wire` is how texts
travel; `isolated` is a backend of this package in another process, `foreign` one that speaks the
protocol of docs/protocol.md. What such a process does is an observation, whatever it is: a hang, a
crash, gigabytes, a line that is no reply.
"""
