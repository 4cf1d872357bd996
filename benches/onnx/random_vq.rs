//! Random image tokenizers of both families.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::{Shape, Storage, write_safetensors};

/// Layers of a convolutional tokenizer, collected by name.
#[derive(Default)]
struct Layers(Vec<Shape>);

impl Layers {
    fn conv(&mut self, name: &str, inputs: u64, outputs: u64, kernel: u64) {
        self.0.push((
            format!("{name}.weight"),
            vec![outputs, inputs, kernel, kernel],
        ));
        self.0.push((format!("{name}.bias"), vec![outputs]));
    }

    fn norm(&mut self, name: &str, channels: u64) {
        self.0.push((format!("{name}.weight"), vec![channels]));
        self.0.push((format!("{name}.bias"), vec![channels]));
    }

    /// Encoder or decoder of family A, its stages in the order in which they run.
    fn amused(&mut self, part: &str, order: &[u64], ends: [u64; 2]) {
        let (up_or_down, resample, blocks) = match part {
            "encoder" => ("down", "downsamplers", 1),
            _ => ("up", "upsamplers", 2),
        };
        self.conv(&format!("{part}.conv_in"), ends[0], order[0], 3);
        let mut channels = order[0];
        for (stage, &outputs) in order.iter().enumerate() {
            let name = format!("{part}.{up_or_down}_blocks.{stage}");
            for block in 0..blocks {
                self.resnet(
                    &format!("{name}.resnets.{block}"),
                    "conv_shortcut",
                    channels,
                    outputs,
                );
                channels = outputs;
            }
            if stage + 1 < order.len() {
                self.conv(&format!("{name}.{resample}.0.conv"), channels, channels, 3);
            }
        }
        let inner = if part == "encoder" {
            channels
        } else {
            order[0]
        };
        for block in 0..2 {
            self.resnet(
                &format!("{part}.mid_block.resnets.{block}"),
                "",
                inner,
                inner,
            );
        }
        self.norm(&format!("{part}.conv_norm_out"), channels);
        self.conv(&format!("{part}.conv_out"), channels, ends[1], 3);
    }

    fn resnet(&mut self, name: &str, shortcut: &str, inputs: u64, outputs: u64) {
        self.norm(&format!("{name}.norm1"), inputs);
        self.conv(&format!("{name}.conv1"), inputs, outputs, 3);
        self.norm(&format!("{name}.norm2"), outputs);
        self.conv(&format!("{name}.conv2"), outputs, outputs, 3);
        if inputs != outputs {
            self.conv(&format!("{name}.{shortcut}"), inputs, outputs, 1);
        }
    }
}

/// Writes a tokenizer of family A with these stages; the scale is 2 for each but the last.
pub fn write_amused_vq(
    folder: &Path,
    stages: &[u64],
    latents: u64,
    codes: u64,
    groups: u64,
) -> io::Result<()> {
    let mut layers = Layers::default();
    let reversed: Vec<u64> = stages.iter().rev().copied().collect();
    layers.amused("encoder", stages, [3, latents]);
    layers.amused("decoder", &reversed, [latents, 3]);
    layers.conv("quant_conv", latents, latents, 1);
    layers.conv("post_quant_conv", latents, latents, 1);
    layers
        .0
        .push(("quantize.embedding.weight".into(), vec![codes, latents]));
    let config = json!({
        "_class_name": "VQModel", "act_fn": "silu", "block_out_channels": stages, "layers_per_block": 1,
        "latent_channels": latents, "num_vq_embeddings": codes, "norm_num_groups": groups,
        "mid_block_add_attention": false, "lookup_from_codebook": true,
    });
    fs::create_dir_all(folder)?;
    fs::write(folder.join("config.json"), config.to_string())?;
    write_safetensors(
        &folder.join("diffusion_pytorch_model.safetensors"),
        &layers.0,
        Storage::F32,
    )
}

/// Writes a tokenizer of family M with these channels per level; the scale is 2 for each level but the last.
pub fn write_magvit2(folder: &Path, channels: &[u64], bits: u64, groups: u64) -> io::Result<()> {
    let (mut layers, last) = (Layers::default(), channels.len() - 1);
    let inner = channels[last];
    for (part, ends, level) in [("encoder", [3, bits], "down"), ("decoder", [bits, 3], "up")] {
        let encoder = part == "encoder";
        layers.conv(
            &format!("{part}.conv_in"),
            ends[0],
            if encoder { channels[0] } else { inner },
            3,
        );
        let mut current = if encoder { channels[0] } else { inner };
        let order: Vec<usize> = if encoder {
            (0..=last).collect()
        } else {
            (0..=last).rev().collect()
        };
        for index in order {
            let name = format!("{part}.{level}.{index}");
            layers.resnet(
                &format!("{name}.block.0"),
                "nin_shortcut",
                current,
                channels[index],
            );
            current = channels[index];
            if encoder && index < last {
                layers.conv(&format!("{name}.downsample.conv"), current, current, 3);
            } else if !encoder && index > 0 {
                layers.conv(&format!("{name}.upsample.conv"), current, current, 3);
            }
        }
        for block in ["block_1", "block_2"] {
            layers.resnet(&format!("{part}.mid.{block}"), "", inner, inner);
        }
        layers.norm(&format!("{part}.mid.attn_1.norm"), inner);
        for projection in ["q", "k", "v", "proj_out"] {
            layers.conv(&format!("{part}.mid.attn_1.{projection}"), inner, inner, 1);
        }
        layers.norm(&format!("{part}.norm_out"), current);
        layers.conv(&format!("{part}.conv_out"), current, ends[1], 3);
    }
    layers.conv("encoder.quant_conv", bits, bits, 1);
    layers.conv("decoder.post_quant_conv", bits, bits, 1);
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join("config.json"),
        json!({ "norm_num_groups": groups }).to_string(),
    )?;
    write_safetensors(&folder.join("model.safetensors"), &layers.0, Storage::F32)
}
