"""diffusers' VQModel as aMUSEd uses it, with the tensor names of its weight files: encoder and
decoder of residual blocks without attention, nearest codebook entry in between."""

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-6


def conv(inputs, outputs, kernel=3):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, inputs, EPSILON), conv(inputs, outputs)
        self.norm2, self.conv2 = nn.GroupNorm(groups, outputs, EPSILON), conv(outputs, outputs)
        if inputs != outputs:
            self.conv_shortcut = conv(inputs, outputs, 1)

    def forward(self, x):
        y = self.conv1(F.silu(self.norm1(x)))
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Down(nn.Module):
    """Halves the picture: zeros right and below, stride 2."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Up(nn.Module):
    """Doubles the picture."""

    def __init__(self, channels):
        super().__init__()
        self.conv = conv(channels, channels)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Stage(nn.Module):
    def __init__(self, inputs, outputs, blocks, groups, down=False, up=False):
        super().__init__()
        self.resnets = nn.ModuleList(
            Resnet(inputs if block == 0 else outputs, outputs, groups) for block in range(blocks)
        )
        if down:
            self.downsamplers = nn.ModuleList([Down(outputs)])
        if up:
            self.upsamplers = nn.ModuleList([Up(outputs)])

    def forward(self, x):
        for resnet in self.resnets:
            x = resnet(x)
        for name in ("downsamplers", "upsamplers"):
            if hasattr(self, name):
                x = getattr(self, name)[0](x)
        return x


class Encoder(nn.Module):
    def __init__(self, stages, blocks, latents, groups):
        super().__init__()
        self.conv_in = conv(3, stages[0])
        self.down_blocks = nn.ModuleList(
            Stage(stages[max(0, i - 1)], stages[i], blocks, groups, down=i + 1 < len(stages))
            for i in range(len(stages))
        )
        self.mid_block = Stage(stages[-1], stages[-1], 2, groups)
        self.conv_norm_out = nn.GroupNorm(groups, stages[-1], EPSILON)
        self.conv_out = conv(stages[-1], latents)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    def __init__(self, stages, blocks, latents, groups):
        super().__init__()
        stages = stages[::-1]
        self.conv_in = conv(latents, stages[0])
        self.mid_block = Stage(stages[0], stages[0], 2, groups)
        self.up_blocks = nn.ModuleList(
            Stage(stages[max(0, i - 1)], stages[i], blocks + 1, groups, up=i + 1 < len(stages))
            for i in range(len(stages))
        )
        self.conv_norm_out = nn.GroupNorm(groups, stages[-1], EPSILON)
        self.conv_out = conv(stages[-1], 3)

    def forward(self, x):
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Codebook(nn.Module):
    def __init__(self, codes, width):
        super().__init__()
        self.embedding = nn.Embedding(codes, width)


class VqModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        stages, latents = list(config["block_out_channels"]), config["latent_channels"]
        blocks, groups = config["layers_per_block"], config["norm_num_groups"]
        width = config["vq_embed_dim"] or latents
        self.config = config
        self.encoder = Encoder(stages, blocks, latents, groups)
        self.quant_conv = conv(latents, width, 1)
        self.quantize = Codebook(config["num_vq_embeddings"], width)
        self.post_quant_conv = conv(width, latents, 1)
        self.decoder = Decoder(stages, blocks, latents, groups)

    def latents(self, pixels):
        """`[batch, 3, height, width]` in 0..1 to `[batch, width, height/16, width/16]`."""
        return self.quant_conv(self.encoder(pixels))

    def distances(self, latents):
        """Squared distances to all codes, `[batch, rows, columns, codes]`."""
        book = self.quantize.embedding.weight
        z = latents.permute(0, 2, 3, 1)
        return z.pow(2).sum(-1, keepdim=True) - 2 * z @ book.T + book.pow(2).sum(-1)

    def codes(self, pixels):
        return self.distances(self.latents(pixels)).argmin(-1)

    def decode(self, codes):
        entries = self.quantize.embedding(codes).permute(0, 3, 1, 2)
        return self.decoder(self.post_quant_conv(entries))


def to_bytes(pixels):
    """`[batch, 3, h, w]` floats to `[batch, h, w, 3]` bytes, as the decoder writes them."""
    return (pixels.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
