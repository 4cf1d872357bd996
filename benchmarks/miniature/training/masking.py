"""Masks batches: which tokens the model is to find, and how much each counts."""

import math
from typing import NamedTuple

import numpy as np
import torch

from layout import SECTIONS, SHAPES, SIDE
from probes import Asked

LEAST_RATIO = 0.05
# How often an action counts, beside a gap: the chance of an action is split among its targets, so that
# a decoder that takes the likeliest token would often take the gap where most of the chance is on
# actions.
ACTION_WEIGHT = 1.3
# Tokens from the begin of the input picture to `<answer>`: the picture's 44 and the prompt's last.
BEFORE_ANSWER = 45


def ratios(dice, size):
    """Mask ratios of the three parts of the text and of the picture for one batch, the former
    spread evenly over 0..1.

    34 %: one ratio for everything. 6 %: that of the picture follows the cosine schedule while the
    text's falls linearly, as at decoding. 4 %: text alone, picture all masked. 4 %: picture alone,
    text given. 42 % the second part of the text and 10 % the third, as a decoder with blocks sees them:
    those before the part at hand are given, those after it are all masked and do not count, and the
    picture is all masked in half of the cases.

    Gives the ratios of the parts, (size, 3), those of the pictures, which parts count, and which
    samples are of the last kind.
    """
    one = LEAST_RATIO + (1 - LEAST_RATIO) * (dice.permutation(size) + dice.random()) / size
    kind = dice.random(size)
    text = np.repeat(one[:, None], len(SECTIONS), axis=1)
    image = np.where(kind < 0.06, np.cos((1 - one) * math.pi / 2), one)
    image = np.where((kind >= 0.06) & (kind < 0.10), 1.0, image)
    text = np.where(((kind >= 0.10) & (kind < 0.14))[:, None], 0.0, text)
    blocks, at_hand = (kind >= 0.14) & (kind < 0.66), np.where(kind < 0.56, 1, 2)
    step = np.sign(np.arange(len(SECTIONS))[None] - at_hand[:, None])
    text = np.where(blocks[:, None], np.where(step < 0, 0.0, np.where(step > 0, 1.0, text)), text)
    alone = np.where(dice.random(size) < 0.5, 1.0, dice.random(size))
    return text, np.where(blocks, alone, image), ~blocks[:, None] | (step <= 0), blocks


class Masked(NamedTuple):
    """A masked batch."""

    ids: torch.Tensor
    # Masked tokens that count, by their place in the flattened batch; their ids and weights, and which
    # are text.
    rows: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    is_text: torch.Tensor
    asked: Asked


def masked_batch(batches, dice, size):
    """A batch, masked as `ratios` says."""
    clean, cells, words, inputs, names = batches.draw(dice, size, 0.03, 0.015, 0.04)
    text, image, counts, blocks = ratios(dice, size)
    if not len(words):
        image = np.maximum(image, text[:, 0])
    image = np.repeat(image[:, None], len(cells), axis=1)
    weights = np.zeros(clean.shape, np.float32)
    weights[:, cells] = 1.0
    is_text, masked = np.zeros(clean.shape, bool), np.zeros(clean.shape, bool)
    if len(words):
        is_text[:, words] = True
        lengths = [stop - start for start, stop in SECTIONS]
        each, counts = np.repeat(text, lengths, axis=1), np.repeat(counts, lengths, axis=1)
        if len(inputs):
            surest_first(batches.layout, dice, clean, cells, words, inputs, each, image, blocks)
        masked[:, words] = dice.random(each.shape) < each
        weights[:, words] = counts / np.maximum(each, LEAST_RATIO)
    masked[:, cells] = dice.random(image.shape) < image
    rows = np.flatnonzero(masked & (weights > 0))
    ids = np.where(masked, batches.layout.mask, clean)
    weights[batches.is_action[clean]] *= ACTION_WEIGHT
    take = lambda values: torch.from_numpy(values.reshape(-1)[rows])
    boards = clean[:, inputs] - batches.layout.text_size if len(inputs) else None
    asked = ask(clean.shape[1], cells[0] - 2, boards, names)
    return Masked(
        torch.from_numpy(ids), torch.from_numpy(rows), take(clean), take(weights), take(is_text), asked
    )


def ask(length, answer, boards, names):
    """The questions of the probes. `answer` is the place of `<answer>`, `boards` are the input's codes."""
    first = answer - 1 if boards is None else answer - BEFORE_ANSWER
    counts = None
    if boards is not None:
        shapes = [((boards > 0) & ((boards - 1) % len(SHAPES) == s)).sum(axis=1) for s in range(len(SHAPES))]
        counts = torch.from_numpy(np.stack([sum(shapes), *shapes], axis=1))
    sample, place, cells, goals = map(torch.from_numpy, names)
    return Asked(
        first, torch.arange(first, length) - answer + BEFORE_ANSWER, sample * length + place, cells, goals,
        int(answer), counts,
    )


def surest_first(layout, dice, clean, cells, words, inputs, each, image, blocks):
    """Turns the ratios of an edit's plan, in half of the samples, and those of the picture beside a part
    at hand into those of a decoder that begins with what is surest: what stays empty comes first, the
    places of objects last."""
    start, stop = SECTIONS[1]
    shown = clean[:, inputs] != layout.text_size
    filled = clean[:, words[start:stop]] != layout.gap
    at = [1 + (SIDE + 1) * (cell // SIDE) + cell % SIDE for cell in range(SIDE * SIDE)]
    filled[:, at] |= shown
    half = dice.random((len(clean), 1)) < 0.5
    each[:, start:stop] = np.where(half, later(each[:, start:stop], filled), each[:, start:stop])
    filled = shown | (clean[:, cells] != layout.text_size)
    image[:] = np.where(blocks[:, None], later(image, filled), image)


def later(ratio, last):
    """Mask ratios where everything else is decided before what comes last."""
    sure = np.where(last, np.minimum(1.0, 2 * ratio), np.maximum(0.0, 2 * ratio - 1))
    return np.where((ratio > 0) & (ratio < 1), sure, ratio)
