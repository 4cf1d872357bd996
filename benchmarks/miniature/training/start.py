"""Initial weights: random, but for two things that are known beforehand and would cost most of
the training time on two cores to be found.

Tokens and codes that speak of the same colour, shape or cell begin with embeddings that share a
vector for it. And some heads begin by looking at a fixed distance: from a cell of the output
picture to the same cell of the input, from a place in a list to the cell it speaks of, and so on.
For that, channel 0 of all embeddings begins as the same constant, which queries and keys turn into
a peak at that distance by way of the rotary positions. Both are starting points; nothing is
held fixed.
"""

import math

import torch

from layout import CELLS, COLOURS, LISTED, PLURALS, SECTIONS, SHAPES, SIDE, TILES

# Distances (place of the key less place of the query) between places that speak of one cell: in the
# input picture (I), the output picture (O), the first (1) and the last list (3).
INPUT = -(2 + 2 + SIDE * (SIDE + 1))
FIRST = SIDE * (SIDE + 1) + 1 + SECTIONS[0][0] + 1
LAST = SIDE * (SIDE + 1) + 1 + SECTIONS[2][0] + 1
# By block, one head each: O to I, 1 to I, 3 to I; O to 3, 3 to O, 3 to 1; O to 3, 3 to O.
LOOKS = {
    1: [INPUT, INPUT - FIRST, INPUT - LAST],
    2: [LAST, -LAST, FIRST - LAST],
    3: [LAST, -LAST],
}
CONSTANT = 5.0
# Height of a peak, in nats, and how many of the fastest rotary frequencies make it.
PEAK, FREQUENCIES = 16.0, 7


@torch.no_grad()
def start(model, layout, generator):
    """Sets the initial weights."""
    model.start(generator)
    transformer = model.model.transformer
    vectors = features(layout, model.config["d_model"], generator)
    known = vectors.abs().sum(dim=1, keepdim=True) > 0
    chance = torch.randn(vectors.shape, generator=generator)
    transformer.wte.weight.copy_(torch.where(known, vectors + 0.3 * chance, chance))
    transformer.wte.weight[:, 0] = CONSTANT
    transformer.ff_out.weight += 0.5 * model.config["d_model"] ** -0.5 * vectors
    width, heads = model.config["d_model"], model.config["n_heads"]
    size = width // heads
    rms = math.sqrt(1 + CONSTANT**2 / width)
    per_pair = math.sqrt(PEAK * math.sqrt(size) / FREQUENCIES) / (CONSTANT / rms)
    speeds = model.config["rope_theta"] ** (-torch.arange(size // 2) / (size // 2))
    for block, distances in LOOKS.items():
        block = transformer.blocks[block]
        for head, distance in enumerate(distances):
            # What is found there is passed on as it is, as far as a head's channels can hold it.
            some = torch.linalg.qr(torch.randn(width, size, generator=generator)).Q
            block.v_proj.weight[head * size : (head + 1) * size] = some.T
            block.attn_out.weight[:, head * size : (head + 1) * size] = some
            for pair in range(FREQUENCIES):
                angle = float(distance * speeds[pair])
                first = head * size + pair
                second = first + size // 2
                # A key at `distance` from the query is turned by just this angle.
                block.k_proj.weight[first, 0], block.k_proj.weight[second, 0] = per_pair, 0.0
                block.q_proj.weight[first, 0] = per_pair * math.cos(angle)
                block.q_proj.weight[second, 0] = per_pair * math.sin(angle)


def features(layout, width, generator):
    """For every id the sum of the vectors of the colours, shapes, cells and marks it speaks of."""
    def vectors(names):
        return dict(zip(names, torch.randn(len(names), width, generator=generator)))

    colours, shapes, cells, marks = (vectors(n) for n in (COLOURS, SHAPES, CELLS, [",", "."]))
    shapes |= {plural: shapes[name] for name, plural in zip(SHAPES, PLURALS)}
    table = torch.zeros(layout.size, width)

    def put(name, *parts):
        token = layout.tokenizer.token_to_id(name)
        if token is not None:
            table[token] = sum(parts) / math.sqrt(len(parts))

    for name, vector in (colours | shapes).items():
        put(name, vector)
    for colour in COLOURS:
        for name in SHAPES + PLURALS:
            put(f"{colour} {name}", colours[colour], shapes[name])
    for cell in CELLS:
        put(f"to {cell}", cells[cell])
        for mark in ",.":
            put(f"at {cell}{mark}", cells[cell], 0.5 * marks[mark])
    for name, (colour, shape, mark, cell) in LISTED.items():
        put(name, colours[colour], shapes[shape], cells[cell], 0.5 * marks[mark])
    # Tile 0 is empty, then colour by colour in the order of the shapes.
    for tile in range(1, TILES):
        colour, shape = divmod(tile - 1, len(SHAPES))
        parts = colours[COLOURS[colour]] + shapes[SHAPES[shape]]
        table[layout.text_size + tile] = parts / math.sqrt(2)
    return table
