//! How well a text and a picture that are not finished go together: what the trajectory reward measures.

use std::path::Path;

use image::RgbImage;

use crate::common::suggest::{UnknownName, unknown};
use crate::judge::JudgeError;
use crate::judge::oracle::{self, Reading};
use crate::onnx::runtime::RuntimeOptions;
use crate::onnx::similarity::{Similarity, cosine100};

/// A measure of similarity.
#[derive(Debug)]
pub enum Scorer {
    /// CLIP's cosine × 100.
    Clip(Box<Similarity>),
    /// The share of what the text announces that the oracle reads in the picture, × 100. For the picture world
    /// `shapes`.
    Oracle,
}

impl Scorer {
    /// Opens `oracle` or `clip:BUNDLE`.
    ///
    /// # Errors
    /// Another name, or a bundle that cannot be opened.
    pub fn open(spec: &str) -> Result<Self, JudgeError> {
        if spec == "oracle" {
            return Ok(Self::Oracle);
        }
        let Some(bundle) = spec.strip_prefix("clip:") else {
            let unknown = unknown("scorer", spec, &["oracle", "clip:BUNDLE"], None);
            return Err(JudgeError::new("--scorer", UnknownName(unknown)));
        };
        let opened = Similarity::open(Path::new(bundle), &RuntimeOptions::from_env());
        let opened = opened.map_err(|error| JudgeError::new(format!("--scorer {spec}"), error))?;
        Ok(Self::Clip(Box::new(opened)))
    }

    /// What identifies the measure: similarities of two are no common scale.
    pub fn identity(&self) -> String {
        match self {
            Self::Clip(similarity) => format!("clip {}", similarity.bundle()),
            Self::Oracle => format!("oracle rules {}", oracle::RULES),
        }
    }

    /// What the numbers are.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Clip(_) => "CLIP cosine x 100",
            Self::Oracle => "% of what the text announces",
        }
    }

    /// The similarity of a text and a picture. `None` where the text announces nothing yet.
    ///
    /// # Errors
    /// The networks failed.
    pub fn score(&mut self, text: &str, picture: &RgbImage) -> Result<Option<f64>, JudgeError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        match self {
            Self::Oracle => {
                let claims = oracle::parse(text);
                // What the text only says it has seen is not to be found in the result.
                if claims.held.is_empty() && claims.plan.is_empty() && claims.needs.is_empty() {
                    return Ok(None);
                }
                let finding = oracle::output_alignment(&claims, &Reading::of(picture));
                Ok(Some(100.0 * finding.share))
            }
            Self::Clip(similarity) => {
                let failed = |error| JudgeError::new("CLIP cannot measure a frame", error);
                let words = similarity.text(text).map_err(failed)?;
                let pixels = similarity.picture(picture).map_err(failed)?;
                Ok(Some(cosine100(&words.vector, &pixels)))
            }
        }
    }
}
