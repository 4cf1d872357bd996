//! What a judge sees for a mark: exactly what the axis may look at (arXiv 2511.09611, appendix with the judge's
//! prompts, for the axes of ParaBench).

use std::sync::Arc;

use crate::common::picture::PictureFile;
use crate::suite::axes::sight::{Sight, SightPart};
use crate::suite::{Axis, Inputs, Kind};

/// What there is of a task and its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// What was asked.
    pub instruction: Option<Arc<str>>,
    /// The model's reasoning.
    pub reasoning: Option<Arc<str>>,
    /// The pictures to edit, in order; none for generation tasks.
    pub inputs: Inputs,
    /// The model's image.
    pub output: Option<Arc<PictureFile>>,
    /// What the suite says that a right answer shows.
    pub reference: Option<Arc<str>>,
    /// A picture that a right answer looks like.
    pub reference_image: Option<Arc<PictureFile>>,
}

impl Parts {
    /// Those for which `sees` says yes.
    fn only(self, sees: impl Fn(SightPart) -> bool) -> Self {
        let inputs = match sees(SightPart::Input) {
            true => self.inputs,
            false => Inputs::default(),
        };
        let reference_image = self.reference_image;
        Self {
            inputs,
            reference_image: reference_image.filter(|_| sees(SightPart::ReferenceImage)),
            instruction: self.instruction.filter(|_| sees(SightPart::Instruction)),
            reasoning: self.reasoning.filter(|_| sees(SightPart::Reasoning)),
            output: self.output.filter(|_| sees(SightPart::Output)),
            reference: self.reference.filter(|_| sees(SightPart::Reference)),
        }
    }
}

/// What the judge of one axis sees. [`Evidence::gather`] is the only way to make it, so a part that the axis may not
/// see is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    axis: Axis,
    seen: Parts,
    /// Width and height of the first picture to edit, in pixels, whether the axis sees it or not.
    frame: Option<[u32; 2]>,
}

impl Evidence {
    /// What an axis may see of what there is; `None` where a part is lacking that it looks at. Inputs may lack where the
    /// axis exists for tasks without one. References may lack here: loading a suite asks for those that calls show.
    pub fn gather(axis: Axis, parts: Parts) -> Option<Self> {
        let sees = |part| axis.sees(part);
        let first = parts.inputs.first();
        let frame = first.map(|picture| [picture.width, picture.height]);
        let seen = parts.only(sees);
        let lacks = [
            (SightPart::Instruction, seen.instruction.is_none()),
            (SightPart::Reasoning, seen.reasoning.is_none()),
            (
                SightPart::Input,
                seen.inputs.is_empty() && !axis.exists_for(Kind::Generation),
            ),
            (SightPart::Output, seen.output.is_none()),
        ];
        let whole = !lacks.iter().any(|(part, lacks)| sees(*part) && *lacks);
        whole.then_some(Self { axis, seen, frame })
    }

    /// Width and height of the first picture to edit, in pixels, also where the axis does not see it: some judges are
    /// shown the model's picture in this size.
    pub fn frame(&self) -> Option<[u32; 2]> {
        self.frame
    }

    /// The same with this frame, where the picture to edit is not at hand.
    #[must_use]
    pub fn framed(mut self, frame: Option<[u32; 2]>) -> Self {
        self.frame = self.frame.or(frame);
        self
    }

    /// The parts of it that a call shows.
    #[must_use]
    pub fn within(&self, sight: Sight) -> Self {
        Self {
            axis: self.axis,
            frame: self.frame,
            seen: self.seen.clone().only(|part| sight.has(part)),
        }
    }

    /// The axis that this evidence is for.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// All that the axis sees.
    pub fn parts(&self) -> &Parts {
        &self.seen
    }

    /// What was asked, where the axis may see it.
    pub fn instruction(&self) -> Option<&str> {
        self.seen.instruction.as_deref()
    }

    /// The model's reasoning, where the axis may see it.
    pub fn reasoning(&self) -> Option<&str> {
        self.seen.reasoning.as_deref()
    }

    /// The first picture to edit, where there is one and the axis may see it: the only one for ParaBench's axes.
    pub fn input(&self) -> Option<&Arc<PictureFile>> {
        self.seen.inputs.first()
    }

    /// The pictures to edit, where the axis may see them.
    pub fn inputs(&self) -> &Inputs {
        &self.seen.inputs
    }

    /// A picture that a right answer looks like, where there is one and the axis may see it.
    pub fn reference_image(&self) -> Option<&Arc<PictureFile>> {
        self.seen.reference_image.as_ref()
    }

    /// What the suite says that a right answer shows, where the axis may see it.
    pub fn reference(&self) -> Option<&str> {
        self.seen.reference.as_deref()
    }

    /// The model's image, where the axis may see it.
    pub fn output(&self) -> Option<&Arc<PictureFile>> {
        self.seen.output.as_ref()
    }

    /// Changes the reasoning, where the axis may see it.
    pub fn change_reasoning(&mut self, change: impl FnOnce(&str) -> String) {
        if let Some(reasoning) = &mut self.seen.reasoning {
            *reasoning = change(reasoning).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::digest::Digest;

    #[test]
    fn evidence_holds_a_part_exactly_where_the_axis_sees_it() {
        let picture = |name: &str| {
            Some(Arc::new(PictureFile {
                path: name.into(),
                digest: Digest::of(name.as_bytes()),
                width: 8,
                height: 8,
            }))
        };
        let all = Parts {
            instruction: Some("draw".into()),
            reasoning: Some("because".into()),
            inputs: picture("in").into(),
            output: picture("out"),
            reference: Some("a moon".into()),
            reference_image: picture("right"),
        };
        for axis in Axis::ALL {
            let found = Evidence::gather(axis, all.clone()).unwrap();
            assert_eq!(found.axis(), axis);
            let held = [
                (SightPart::Instruction, found.instruction().is_some()),
                (SightPart::Reasoning, found.reasoning().is_some()),
                (SightPart::Input, found.input().is_some()),
                (SightPart::Output, found.output().is_some()),
                (SightPart::Reference, found.reference().is_some()),
                (SightPart::ReferenceImage, found.reference_image().is_some()),
            ];
            for (part, held) in held {
                assert_eq!(held, axis.sees(part), "{axis} {part:?}");
            }
            let without = Parts {
                inputs: Inputs::default(),
                ..all.clone()
            };
            let found = Evidence::gather(axis, without);
            assert_eq!(found.is_some(), axis != Axis::IMAGE_CONSISTENCY, "{axis}");
            assert_eq!(Evidence::gather(axis, Parts::default()), None);
        }
    }
}
