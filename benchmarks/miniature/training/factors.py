"""Embeddings and output rows of composed tokens as sums of parts, while training.

`red circle at b2,` or `I move red circle to c4.` are single tokens, thousands of them, each seen a
few times. With rows of their own, which Adam moves by full steps however rarely they are seen, what
is learnt of one says nothing of the others. So their rows are sums of vectors for the colours, shapes,
columns, lines, verbs and marks that they name. The checkpoint holds the sums.
"""

import torch
from torch import nn

from layout import ACTIONS, COLOURS, LISTED, SHAPES

LETTERS, DIGITS = "abcdef", "123456"


def parts_of(layout):
    """The parts of every composed token by its id."""
    found = {}
    for name, (colour, shape, mark, cell) in LISTED.items():
        found[name] = ["listed", f"is {colour}", f"is {shape}", f"in {cell[0]}", f"in {cell[1]}", mark]
    for name, (verb, before, after, cell) in ACTIONS.items():
        found[name] = [verb]
        found[name] += [f"is {word}" for word in before] if before else []
        found[name] += [f"becomes {word}" for word in after] if after else []
        found[name] += [f"comes to {place}" for place in cell] if cell else []
    return {layout.tokenizer.token_to_id(name): parts for name, parts in found.items()}


class Factors(nn.Module):
    """The parts' vectors for the embedding and for the output."""

    def __init__(self, layout, width):
        super().__init__()
        composed = parts_of(layout)
        names = sorted({part for parts in composed.values() for part in parts})
        sums = torch.zeros(layout.size, len(names))
        for token, parts in composed.items():
            for part in parts:
                sums[token, names.index(part)] = 1.0
        self.register_buffer("sums", sums, persistent=False)
        self.register_buffer("composed", sums.any(dim=1, keepdim=True), persistent=False)
        self.embedding = nn.Parameter(torch.zeros(len(names), width))
        self.output = nn.Parameter(torch.zeros(len(names), width))

    @torch.no_grad()
    def fit(self, embedding, output):
        """The parts whose sums come nearest to the rows of two matrices."""
        rows = self.composed[:, 0]
        for parts, matrix in ((self.embedding, embedding), (self.output, output)):
            parts.copy_(torch.linalg.lstsq(self.sums[rows], matrix[rows], driver="gelsd").solution)

    def forward(self, embedding, output):
        """The matrices with the rows of composed tokens put in."""
        return tuple(
            torch.where(self.composed, self.sums @ parts, matrix)
            for parts, matrix in ((self.embedding, embedding), (self.output, output))
        )
