//! Layers of the convolutional image tokenizers. Both families use the same blocks (they descend from the same
//! code) under different names.

use super::{ArchError, Network, WrittenGraph};
use crate::onnx::graph::{DataType, Dim, Op, Value};

/// A 3×3 or 1×1 convolution with bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conv {
    /// Channels in.
    pub inputs: u64,
    /// Channels out.
    pub outputs: u64,
    /// Side of the kernel.
    pub kernel: u64,
}

impl Conv {
    /// 1×1.
    pub(super) const fn one(inputs: u64, outputs: u64) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 1,
        }
    }

    /// 3×3.
    pub(super) const fn three(inputs: u64, outputs: u64) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 3,
        }
    }
}

/// Group normalisation: number of groups and the constant under the root.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupNorm {
    /// Number of groups; divides every channel count.
    pub groups: u64,
    /// Added to the variance.
    pub epsilon: f32,
}

/// Names of the parts of a residual block, after the block's own name.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResnetNames {
    /// The 1×1 convolution of the skip connection.
    pub shortcut: &'static str,
}

impl Network<'_> {
    /// The input of an encoder: `pixels` `[batch, 3, height, width]`, in the type of the graph.
    pub(super) fn picture_input(&mut self) -> Value {
        let pixels = self.graph.input("pixels", DataType::F32, &picture());
        self.narrow(&pixels)
    }

    /// The input of a decoder: `codes` `[batch, rows, columns]`.
    pub(super) fn codes_input(&mut self) -> Value {
        self.graph.input("codes", DataType::I64, &grid())
    }

    /// Ends an encoder: its outputs are the codes and the latents that they were chosen from, `width` channels.
    pub(super) fn finish_encoder(
        mut self,
        codes: &Value,
        latents: &Value,
        width: u64,
    ) -> Result<WrittenGraph, ArchError> {
        self.graph.output("codes", codes, DataType::I64, &grid());
        let latents = self.widen(latents);
        let shape = [
            "batch".into(),
            width.into(),
            "rows".into(),
            "columns".into(),
        ];
        self.graph
            .output("latents", &latents, DataType::F32, &shape);
        self.finish()
    }

    /// Ends a decoder: its output is the picture.
    pub(super) fn finish_decoder(mut self, pixels: &Value) -> Result<WrittenGraph, ArchError> {
        let pixels = self.widen(pixels);
        self.graph
            .output("pixels", &pixels, DataType::F32, &picture());
        self.finish()
    }

    /// Convolution `name` that keeps the size of the picture.
    pub(super) fn conv(&mut self, x: &Value, name: &str, conv: Conv) -> Result<Value, ArchError> {
        let pad = (conv.kernel / 2).cast_signed();
        self.conv_op(x, name, conv, Op::new("Conv").ints("pads", &[pad; 4]))
    }

    /// 3×3 convolution with stride 2 over a picture that is padded with zeros on the right and at the bottom only.
    pub(super) fn downsample(
        &mut self,
        x: &Value,
        name: &str,
        channels: u64,
    ) -> Result<Value, ArchError> {
        let conv = Conv::three(channels, channels);
        let op = Op::new("Conv")
            .ints("pads", &[0, 0, 1, 1])
            .ints("strides", &[2, 2]);
        self.conv_op(x, name, conv, op)
    }

    /// Doubles the picture by repeating pixels, then a 3×3 convolution.
    pub(super) fn upsample(
        &mut self,
        x: &Value,
        name: &str,
        channels: u64,
    ) -> Result<Value, ArchError> {
        let scales = self
            .graph
            .floats(DataType::F32, &[1.0, 1.0, 2.0, 2.0], &[4]);
        let op = Op::new("Resize")
            .text("mode", "nearest")
            .text("nearest_mode", "floor")
            .text("coordinate_transformation_mode", "asymmetric");
        let doubled = self.graph.add(op, &[x, &Value::none(), &scales]);
        self.conv(&doubled, name, Conv::three(channels, channels))
    }

    fn conv_op(&mut self, x: &Value, name: &str, conv: Conv, op: Op) -> Result<Value, ArchError> {
        let Conv {
            inputs,
            outputs,
            kernel,
        } = conv;
        let weight = self.weight(
            &format!("{name}.weight"),
            &[outputs, inputs, kernel, kernel],
        )?;
        let bias = self.weight(&format!("{name}.bias"), &[outputs])?;
        Ok(self.graph.add(op, &[x, &weight, &bias]))
    }

    /// Group normalisation over a picture `[batch, channels, height, width]`.
    ///
    /// Written as an instance normalisation of the groups, which every provider has as one operator.
    pub(super) fn group_norm(
        &mut self,
        x: &Value,
        name: &str,
        channels: u64,
        norm: GroupNorm,
    ) -> Result<Value, ArchError> {
        let groups = norm.groups;
        let ones = vec![1.0; usize::try_from(groups).unwrap_or(0)];
        let scale = self.graph.floats(self.kind(), &ones, &[groups]);
        let shift = self
            .graph
            .floats(self.kind(), &vec![0.0; ones.len()], &[groups]);
        let shape = self.graph.add(Op::new("Shape"), &[x]);
        let grouped = self.reshape(x, &[0, groups.cast_signed(), -1]);
        let op = Op::new("InstanceNormalization").float("epsilon", norm.epsilon);
        let normed = self.graph.add(op, &[&grouped, &scale, &shift]);
        let normed = self.graph.add(Op::new("Reshape"), &[&normed, &shape]);
        let weight = self.weight_as(&format!("{name}.weight"), &[channels], &[channels, 1, 1])?;
        let bias = self.weight_as(&format!("{name}.bias"), &[channels], &[channels, 1, 1])?;
        let scaled = self.graph.add(Op::new("Mul"), &[&normed, &weight]);
        Ok(self.graph.add(Op::new("Add"), &[&scaled, &bias]))
    }

    /// Norm, SiLU, convolution, twice, plus the input; the skip connection has a 1×1 convolution when the number of
    /// channels changes.
    pub(super) fn resnet(
        &mut self,
        x: &Value,
        name: &str,
        names: ResnetNames,
        [inputs, outputs]: [u64; 2],
        norm: GroupNorm,
    ) -> Result<Value, ArchError> {
        let h = self.norm_silu_conv(x, name, "1", Conv::three(inputs, outputs), norm)?;
        let h = self.norm_silu_conv(&h, name, "2", Conv::three(outputs, outputs), norm)?;
        let skip = if inputs == outputs {
            x.clone()
        } else {
            self.conv(
                x,
                &format!("{name}.{}", names.shortcut),
                Conv::one(inputs, outputs),
            )?
        };
        Ok(self.graph.add(Op::new("Add"), &[&skip, &h]))
    }

    fn norm_silu_conv(
        &mut self,
        x: &Value,
        name: &str,
        part: &str,
        conv: Conv,
        norm: GroupNorm,
    ) -> Result<Value, ArchError> {
        let h = self.group_norm(x, &format!("{name}.norm{part}"), conv.inputs, norm)?;
        let h = self.sigmoid_gate(&h, 1.0);
        self.conv(&h, &format!("{name}.conv{part}"), conv)
    }

    /// Norm, SiLU and the last convolution of an encoder or decoder.
    pub(super) fn finish_picture(
        &mut self,
        x: &Value,
        norm_name: &str,
        conv_name: &str,
        conv: Conv,
        norm: GroupNorm,
    ) -> Result<Value, ArchError> {
        let h = self.group_norm(x, norm_name, conv.inputs, norm)?;
        let h = self.sigmoid_gate(&h, 1.0);
        self.conv(&h, conv_name, conv)
    }
}

fn picture() -> [Dim; 4] {
    ["batch".into(), 3.into(), "height".into(), "width".into()]
}

fn grid() -> [Dim; 3] {
    ["batch".into(), "rows".into(), "columns".into()]
}
