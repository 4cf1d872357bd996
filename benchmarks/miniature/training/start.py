"""Initial weights: random, but for three things that are known beforehand and would cost most of
the training time on two cores to be found.

Tokens and codes that speak of the same colour, shape or cell begin with embeddings that share a
vector for it. And some heads begin by looking at a fixed distance: from a cell of the output
picture to the same cell of the input, from a place in a list to the cell it speaks of, and so on.
For that, channel 0 of all embeddings begins as the same constant, which queries and keys turn into
a peak at that distance by way of the rotary positions. One head begins by looking for the same
colour and shape elsewhere, and passes on where that is. All are starting points; nothing is held
fixed.
"""

import math

import torch

from layout import ACTIONS, CELLS, COLOURS, LISTED, PLURALS, SECTIONS, SHAPES, SIDE, TILES

# Distances (place of the key less place of the query) between places that speak of one cell: in the
# input picture (I), the output picture (O) and the three parts of the text (1, 2, 3).
INPUT = -(2 + 2 + SIDE * (SIDE + 1))
FIRST = SIDE * (SIDE + 1) + 1 + SECTIONS[0][0] + 1
SECOND = SIDE * (SIDE + 1) + 1 + SECTIONS[1][0] + 1
LAST = SIDE * (SIDE + 1) + 1 + SECTIONS[2][0] + 1
# By block, one head each: O to I, 1 to I, 2 to 1, 3 to I; O to 3, 3 to O, 3 to 2; O to 3, 3 to O.
LOOKS = {
    1: [INPUT, INPUT - FIRST, FIRST - SECOND, INPUT - LAST],
    2: [LAST, -LAST, SECOND - LAST],
    3: [LAST, -LAST],
}
CONSTANT = 5.0
# Height of a peak, in nats, and how many of the fastest rotary frequencies make it.
PEAK, FREQUENCIES = 16.0, 7
# Block and head that look for the same object, and the gain of their queries and keys. Colours and
# shapes are compared in the slowest rotary pairs, which places hardly turn.
SAME_BLOCK, SAME_HEAD, SAME_GAIN = 2, 3, 1.35


@torch.no_grad()
def start(model, layout, generator):
    """Sets the initial weights."""
    model.start(generator)
    transformer = model.model.transformer
    vectors, known_vectors = features(layout, model.config["d_model"], generator)
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
    look_for_the_same(transformer.blocks[SAME_BLOCK], size, known_vectors)


def look_for_the_same(block, size, vectors):
    """One head finds tokens of the same colour and shape and says as new column and line where they
    are."""
    unit = {name: [v / v.norm() for v in group] for name, group in vectors.items()}
    first, slowest = SAME_HEAD * size, size // 2 - len(COLOURS)
    for matrix in (block.q_proj.weight, block.k_proj.weight):
        matrix[first : first + size] *= 0.1
        for number, (colour, shape) in enumerate(zip(unit["colours"], unit["shapes"])):
            matrix[first + slowest + number] = SAME_GAIN * colour
            matrix[first + size // 2 + slowest + number] = SAME_GAIN * shape
    found = unit["columns"] + unit["lines"]
    said = unit["new columns"] + unit["new lines"]
    for number, (where, names) in enumerate(zip(found, said)):
        block.v_proj.weight[first + number] = where
        block.attn_out.weight[:, first + number] = names


def features(layout, width, generator):
    """For every id the sum of the vectors of what it speaks of: colours and shapes as they are or as
    they become, columns and rows of where something is or where it comes to, verbs and marks. The
    vectors are at right angles to each other. Gives the sums and the vectors by their kind."""
    letters, digits = sorted({cell[0] for cell in CELLS}), sorted({cell[1] for cell in CELLS})
    groups = [COLOURS, SHAPES, letters, digits, COLOURS, SHAPES, letters, digits]
    verbs = sorted({verb for verb, *_ in ACTIONS.values()})
    count = sum(len(group) for group in groups) + len(verbs) + 2
    square = torch.randn(width, width, generator=generator)
    rows = iter(torch.linalg.qr(square).Q[:count] * math.sqrt(width))
    colours, shapes, columns, lines, new_colours, new_shapes, new_columns, new_lines = (
        {name: next(rows) for name in group} for group in groups
    )
    verbs, marks = ({name: next(rows) for name in group} for group in (verbs, ",."))
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
    for name, (colour, shape, mark, cell) in LISTED.items():
        column, line = cell
        put(name, colours[colour], shapes[shape], columns[column], lines[line], 0.5 * marks[mark])
    for name, (verb, before, after, cell) in ACTIONS.items():
        parts = [verbs[verb]]
        parts += [colours[before[0]], shapes[before[1]]] if before else []
        parts += [new_colours[after[0]], new_shapes[after[1]]] if after else []
        parts += [new_columns[cell[0]], new_lines[cell[1]]] if cell else []
        put(name, *parts)
    # Tile 0 is empty, then colour by colour in the order of the shapes.
    for tile in range(1, TILES):
        colour, shape = divmod(tile - 1, len(SHAPES))
        table[layout.text_size + tile] = (colours[COLOURS[colour]] + shapes[SHAPES[shape]]) / math.sqrt(2)
    known = {
        "colours": [colours[name] for name in COLOURS], "shapes": [shapes[name] for name in SHAPES],
        "columns": list(columns.values()), "lines": list(lines.values()),
        "new columns": list(new_columns.values()), "new lines": list(new_lines.values()),
    }
    return table, known
