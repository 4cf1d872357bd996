"""Checks that the loss by factors (factors.py) is the cross-entropy over the whole vocabulary, for random
weights: every id once as the target. Tokens that would turn an object into itself are added by hand."""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from factors import FAMILIES, PARTS, Factors
from layout import THINGS, Layout

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path, help="tokenizer.json of the checkpoint")
    layout = Layout(Tokenizer.from_file(str(parser.parse_args().tokenizer)))
    torch.manual_seed(1)
    factors, states = Factors(layout, 16), torch.randn(layout.size, 16)
    for weight in factors.parameters():
        torch.nn.init.normal_(weight)
    with torch.no_grad():
        unchanged = torch.zeros(len(THINGS), len(PARTS))
        for row, (colour, shape) in zip(unchanged, THINGS):
            for part in ["turn", *zip(FAMILIES["turn"], (colour, shape, colour, shape))]:
                row[PARTS.index(part)] = 1.0
        rows = factors.matrix(factors.output, factors.output_parts)
        rows = torch.cat((rows, unchanged @ factors.output_parts))
        wanted = F.cross_entropy(states @ rows.T, torch.arange(layout.size), reduction="none")
        found = factors.losses(states, torch.arange(layout.size))
        worst = float((wanted - found).abs().max())
    print(f"largest difference {worst:.1e} of losses up to {float(wanted.max()):.0f}")
    assert worst < 1e-3
