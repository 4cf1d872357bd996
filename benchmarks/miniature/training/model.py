"""LLaDA's transformer as the released checkpoints have it: RMS norm, rotary positions in the
half-split convention, gated MLP, no biases, attention in both directions without a mask.
Parameters carry the names of the released weight files."""

import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, mlp = config["d_model"], config["mlp_hidden_size"]
        self.heads = config["n_heads"]
        self.attn_norm = Norm(width, config["rms_norm_eps"])
        self.q_proj, self.k_proj = linear(width, width), linear(width, width)
        self.v_proj, self.attn_out = linear(width, width), linear(width, width)
        self.ff_norm = Norm(width, config["rms_norm_eps"])
        self.ff_proj, self.up_proj = linear(width, mlp), linear(width, mlp)
        self.ff_out = linear(mlp, width)

    def forward(self, x, cos, sin):
        batch, length, width = x.shape
        normed = self.attn_norm(x)

        def split(y):
            y = y.view(batch, length, self.heads, -1).transpose(1, 2)
            return y.reshape(batch * self.heads, length, -1)

        q, k, v = map(split, together(normed, self.q_proj, self.k_proj, self.v_proj))
        mixed = attend(rotate(q, cos, sin), rotate(k, cos, sin), v)
        mixed = mixed.view(batch, self.heads, length, -1).transpose(1, 2)
        x = x + self.attn_out(mixed.reshape(batch, length, width))
        gate, up = together(self.ff_norm(x), self.ff_proj, self.up_proj)
        return x + self.ff_out(F.silu(gate) * up)


def attend(q, k, v):
    """Written out: on a CPU, half the time of the fused kernel, forwards and backwards, in bfloat16."""
    scores = torch.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2))
    return torch.bmm(scores.softmax(dim=-1), v)


def together(x, *layers):
    """What several layers make of one input, in one multiplication."""
    sizes = [layer.weight.shape[0] for layer in layers]
    return F.linear(x, torch.cat([layer.weight for layer in layers])).split(sizes, dim=-1)


def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Transformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, size = config["d_model"], config["embedding_size"]
        self.wte = nn.Embedding(size, width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["n_layers"]))
        self.ln_f = Norm(width, config["rms_norm_eps"])
        self.ff_out = linear(width, size)


class Inner(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.transformer = Transformer(config)


class Llada(nn.Module):
    """`forward` gives the logits of the whole vocabulary, everywhere or at chosen rows."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Inner(config)
        half = config["d_model"] // config["n_heads"] // 2
        frequency = config["rope_theta"] ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = torch.arange(config["max_sequence_length"], dtype=torch.float32)[:, None] * frequency
        self.register_buffer("cos", torch.cat((angles, angles), dim=-1).cos(), persistent=False)
        self.register_buffer("sin", torch.cat((angles, angles), dim=-1).sin(), persistent=False)

    def start(self, generator):
        """Random weights; what writes to the residual stream starts small. `Start` in start.py puts in
        what is known beforehand."""
        depth = (2 * self.config["n_layers"]) ** -0.5
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                deviation = 0.02 if "wte" in name else weight.shape[1] ** -0.5
                if name.endswith(("attn_out.weight", "ff_out.weight")):
                    deviation *= depth
                with torch.no_grad():
                    weight.normal_(0.0, deviation, generator=generator)

    def hidden(self, x):
        """What each block makes of embedded tokens, which come first; the last one normalised."""
        inner = self.model.transformer
        cos, sin = self.cos[: x.shape[1]].to(x.dtype), self.sin[: x.shape[1]].to(x.dtype)
        states = [x]
        for block in inner.blocks:
            x = block(x, cos, sin)
            states.append(x)
        states[-1] = inner.ln_f(x)
        return states

    def forward(self, ids, rows=None):
        x = self.hidden(self.model.transformer.wte(ids))[-1]
        if rows is not None:
            x = x.reshape(-1, x.shape[-1])[rows]
        return self.model.transformer.ff_out(x)
