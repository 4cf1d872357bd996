"""Embeddings and output rows of composed tokens as sums of parts, while training.

`red circle at b2,` or `I move red circle to c4.` are single tokens, thousands of them, each seen a
few times. With rows of their own, which Adam moves by full steps however rarely they are seen, what
is learnt of one says nothing of the others. So their rows are sums of vectors for the colours, shapes,
columns, lines, verbs and marks that they name. The checkpoint holds the sums.

Where logits are sums of parts, the sum of exponentials over a family of tokens (all colours times all
shapes times …) is a product of small sums, so that the loss over the whole vocabulary needs no logit of
each token.
"""

import torch
from torch import nn

from layout import ACTIONS, COLOURS, LISTED, SHAPES

LETTERS, DIGITS, MARKS = "abcdef", "123456", ",."
# Kinds of parts, and the families that are made of one of each of some kinds.
KINDS = {
    "is colour": COLOURS, "is shape": SHAPES, "in column": LETTERS, "in line": DIGITS, "mark": MARKS,
    "becomes colour": COLOURS, "becomes shape": SHAPES, "comes to column": LETTERS,
    "comes to line": DIGITS,
}
FAMILIES = {
    "listed": ("is colour", "is shape", "in column", "in line", "mark"),
    "move": ("is colour", "is shape", "comes to column", "comes to line"),
    "turn": ("is colour", "is shape", "becomes colour", "becomes shape"),
    "remove": ("is colour", "is shape"),
    "add": ("becomes colour", "becomes shape", "comes to column", "comes to line"),
}
PARTS = list(FAMILIES) + [(kind, word) for kind, words in KINDS.items() for word in words]


def parts_of(layout):
    """The parts of every composed token by its id: its family, and one of each of the family's kinds."""
    found = {}
    for name, (colour, shape, mark, cell) in LISTED.items():
        found[name] = "listed", (colour, shape, cell[0], cell[1], mark)
    for name, (verb, before, after, cell) in ACTIONS.items():
        found[name] = verb, (*(before or ()), *(after or ()), *(cell or ()))
    return {
        layout.tokenizer.token_to_id(name): [family, *zip(FAMILIES[family], words, strict=True)]
        for name, (family, words) in found.items()
    }


class Factors(nn.Module):
    """Rows of plain tokens and codes, and vectors of parts, for the embedding and for the output."""

    def __init__(self, layout, width):
        super().__init__()
        composed = parts_of(layout)
        sums = torch.zeros(layout.size, len(PARTS))
        for token, parts in composed.items():
            for part in parts:
                sums[token, PARTS.index(part)] = 1.0
        is_composed = torch.zeros(layout.size, dtype=torch.bool)
        is_composed[list(composed)] = True
        plain, some = (~is_composed).nonzero()[:, 0], is_composed.nonzero()[:, 0]
        # Where a token is found in a table that has all plain ones first.
        place = torch.empty(layout.size, dtype=torch.long)
        place[torch.cat((plain, some))] = torch.arange(layout.size)
        for name, value in {
            "sums": sums, "plain": plain, "some": some, "place": place, "sums_of_some": sums[some],
        }.items():
            self.register_buffer(name, value, persistent=False)
        self.kinds = {kind: [PARTS.index((kind, word)) for word in words] for kind, words in KINDS.items()}
        self.embedding = nn.Parameter(torch.zeros(len(plain), width))
        self.embedding_parts = nn.Parameter(torch.zeros(len(PARTS), width))
        self.output = nn.Parameter(torch.zeros(len(plain), width))
        self.output_parts = nn.Parameter(torch.zeros(len(PARTS), width))

    @torch.no_grad()
    def fit(self, embedding, output):
        """Takes the rows of two matrices: plain ones as they are, parts so that their sums come nearest."""
        for plain, parts, matrix in (
            (self.embedding, self.embedding_parts, embedding), (self.output, self.output_parts, output)
        ):
            plain.copy_(matrix[self.plain])
            parts.copy_(torch.linalg.lstsq(self.sums_of_some, matrix[self.some], driver="gelsd").solution)

    def matrix(self, plain, parts):
        """The rows of all ids."""
        return torch.cat((plain, self.sums_of_some @ parts))[self.place]

    def embed(self, ids):
        table = torch.cat((self.embedding, self.sums_of_some @ self.embedding_parts))
        return nn.functional.embedding(self.place[ids], table)

    def losses(self, states, targets):
        """Cross-entropy over the whole vocabulary, for each row of `states`. `turn` counts the tokens too
        that would turn an object into itself; they do not exist and are never right."""
        plain, parts = states @ self.output.T, states @ self.output_parts.T
        sums = {kind: parts[:, some].logsumexp(dim=-1) for kind, some in self.kinds.items()}
        families = [
            parts[:, number] + sum(sums[kind] for kind in kinds)
            for number, kinds in enumerate(FAMILIES.values())
        ]
        total = torch.cat((plain, torch.stack(families, dim=-1)), dim=-1).logsumexp(dim=-1)
        place = self.place[targets]
        is_plain = place < len(self.plain)
        alone = plain.gather(1, place.clamp(max=len(self.plain) - 1)[:, None])[:, 0]
        return total - torch.where(is_plain, alone, (parts * self.sums[targets]).sum(dim=-1))
