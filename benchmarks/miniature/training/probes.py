"""What the middle blocks are asked while training, so that they find out early what the answer needs.
No part of the checkpoint."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from layout import CELLS, SHAPES

# Kinds of objects that are counted (any, and each shape), and the numbers that there can be.
COUNTED, NUMBERS = 1 + len(SHAPES), 8
# How much a question counts, beside the losses of text and picture.
PLACES_WEIGHT, NAMES_WEIGHT, COUNTS_WEIGHT = 0.25, 0.03, 0.1


class Asked(NamedTuple):
    """The questions about one batch."""

    # The first token whose place is asked for, and the places of all from there on.
    first: int
    places: torch.Tensor
    # Nouns by their place in the flattened batch, the cells of what they name, and where that goes.
    names: torch.Tensor
    cells: torch.Tensor
    goals: torch.Tensor
    # The place of `<answer>`, and the numbers of objects in the input, (batch, COUNTED); `None` where
    # none is shown.
    answer: int
    counts: torch.Tensor | None


class Probes(nn.Module):
    """Four questions. Where is this token? Rotary positions only tell distances, and without the question
    much time goes by before the model finds out where in a picture a token is. In which cell is the
    object that this noun speaks of (see names.py)? Where does it go? And, asked of `<answer>`: how many
    objects are there, and how many of each shape?"""

    PLACE_BLOCKS, NAME_BLOCKS, GOAL_BLOCKS, COUNT_BLOCK = (1, 2), (2, 3, 4), (4, 5), 3
    PLACES = 240

    def __init__(self, width):
        super().__init__()
        self.width = width
        self.places = nn.ModuleList(nn.Linear(width, self.PLACES) for _ in self.PLACE_BLOCKS)
        self.names = nn.ModuleList(nn.Linear(width, len(CELLS)) for _ in self.NAME_BLOCKS)
        self.goals = nn.ModuleList(nn.Linear(width, len(CELLS)) for _ in self.GOAL_BLOCKS)
        self.counts = nn.Linear(width, COUNTED * NUMBERS)

    def forward(self, states, asked):
        """The loss of all questions, weighted, and their mean losses by name (of names and goals those
        of the last block that is asked). `states` are what each block gives, (batch, length, width)."""
        places = 0.0
        for head, block in zip(self.places, self.PLACE_BLOCKS):
            found = head(self.normed(states[block][:, asked.first :]))
            places = places + F.cross_entropy(found.flatten(0, 1), asked.places.repeat(len(found)))
        names = self.of_nouns(self.names, self.NAME_BLOCKS, states, asked.names, asked.cells)
        goals = self.of_nouns(self.goals, self.GOAL_BLOCKS, states, asked.names, asked.goals)
        loss = PLACES_WEIGHT * places + NAMES_WEIGHT * (names.sum() + goals.sum()) / len(states[0])
        if asked.counts is not None:
            found = self.counts(self.normed(states[self.COUNT_BLOCK][:, asked.answer]))
            loss = loss + COUNTS_WEIGHT * F.cross_entropy(found.view(-1, NUMBERS), asked.counts.flatten())
        mean = lambda some: float(some.detach().mean()) if some.numel() else math.nan
        return loss, {"place": float(places.detach()), "name": mean(names[-1]), "goal": mean(goals[-1])}

    def of_nouns(self, heads, blocks, states, rows, cells):
        """Cross-entropies of what is asked of nouns, (blocks, nouns)."""
        return torch.stack([
            F.cross_entropy(head(self.normed(states[block].flatten(0, 1)[rows])), cells, reduction="none")
            for head, block in zip(heads, blocks)
        ])

    def normed(self, states):
        return F.rms_norm(states, (self.width,))
