"""Muon (Jordan et al. 2024): momentum made orthogonal by Newton-Schulz steps, for weight
matrices; what is no matrix of a block goes to AdamW. Matrices of one shape go together."""

from collections import defaultdict

import torch


def orthogonal(matrices, steps=5):
    """The nearest orthogonal matrices, about, of a stack; in bfloat16, which is exact enough."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.to(torch.bfloat16)
    flip = x.shape[-2] > x.shape[-1]
    x = x.mT if flip else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if flip else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes[weight.shape].append(weight)
            for shape, weights in shapes.items():
                update = orthogonal(torch.stack([self.momentum(w, group) for w in weights]))
                scale = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                for weight, change in zip(weights, update):
                    weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(change, alpha=-scale)

    def momentum(self, weight, group):
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
        return weight.grad.lerp(state["momentum"], group["momentum"])
