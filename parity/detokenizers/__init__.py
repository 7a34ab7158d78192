"""Streaming detokenizers, each under the name of the engine that it comes from."""
