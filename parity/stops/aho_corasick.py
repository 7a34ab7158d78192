"""Aho-Corasick: all stop strings looked for at once, each character of the text read once.

The automaton is a tree of all prefixes of all patterns. Its state is the longest suffix of the
text so far that is such a prefix; where the next character does not continue it, the longest proper
suffix that is a prefix too takes its place (`fall`), until one does. A match is reported as soon as
a state says so, which is the *standard* semantics: the pattern that ends first wins. Where several
end together they are suffixes of each other, and the state itself is the longest, so it is asked
first.
"""

from __future__ import annotations

from collections.abc import Sequence


class AhoCorasick:
    """An automaton; state 0 is where nothing is matched yet.

    patterns: not empty, in any order; of equal ones the first counts.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.children: list[dict[str, int]] = [{}]
        self.fall = [0]
        self.longest: list[str] = [""]
        for pattern in patterns:
            self.longest[self._grow(pattern)] = pattern
        self._link()

    def _grow(self, pattern: str) -> int:
        state = 0
        for character in pattern:
            if character not in self.children[state]:
                self.children[state][character] = len(self.children)
                self.children.append({})
                self.fall.append(0)
                self.longest.append("")
            state = self.children[state][character]
        return state

    def _link(self) -> None:
        """Set where each state falls to, shorter prefixes before longer ones."""
        row = list(self.children[0].values())
        while row:
            below = []
            for state in row:
                for character, child in self.children[state].items():
                    self.fall[child] = self.next(self.fall[state], character)
                    below.append(child)
                if not self.longest[state]:
                    self.longest[state] = self.longest[self.fall[state]]
            row = below

    def next(self, state: int, character: str) -> int:
        """Return the state after one more character."""
        while state and character not in self.children[state]:
            state = self.fall[state]
        return self.children[state].get(character, 0)

    def first(self, text: str, state: int = 0) -> tuple[int, int, str]:
        """Return the state after a text, where the first match in it ends, and which it is.

        The state is then that of the match; without one the end is 0 and the match "".

        >>> AhoCorasick(["c", "abc"]).first("xabcc")[1:]
        (4, 'abc')
        """
        for end, character in enumerate(text, 1):
            state = self.next(state, character)
            if self.longest[state]:
                return state, end, self.longest[state]
        return state, 0, ""
