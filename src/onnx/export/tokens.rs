//! Which ids have a meaning of their own.
//!
//! The released code has them as literals. They are taken from, in this order: the user, `config.json`, the released
//! literal if it lies within the text vocabulary, the tokenizer by name.

use std::collections::BTreeMap;

use crate::onnx::bundle::{Family, TokenIds};
use crate::onnx::checkpoint::{Config, ConfigError};
use crate::onnx::tokenizer::Tokenizer;

/// Roles for which an id can be given, as they stand in the manifest.
pub const TOKEN_ROLES: [&str; 10] = [
    "mask",
    "begin_image",
    "end_image",
    "end_text",
    "newline",
    "begin_answer",
    "end_answer",
    "uncondition",
    "interleave",
    "begin_text",
];

/// A token id that is not known or makes no sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing says which id it is.
    #[error(
        "the id of the token `{role}` is not known (no {names:?} in the tokenizer); give it with --token {role}=ID"
    )]
    Unknown {
        /// Its role.
        role: &'static str,
        /// Names that were looked for.
        names: &'static [&'static str],
    },
    /// The user gave a role that does not exist.
    #[error("unknown token role `{0}`; expected one of {TOKEN_ROLES:?}")]
    Role(String),
    /// The id is not in the text vocabulary.
    #[error("the id {id} of the token `{role}` is outside the text vocabulary of {text}")]
    Outside {
        /// Its role.
        role: &'static str,
        /// The id.
        id: i64,
        /// Size of the text vocabulary.
        text: u64,
    },
    /// The configuration is damaged.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Where the id of one role can come from.
struct Role {
    name: &'static str,
    /// Key of `config.json`.
    key: Option<&'static str>,
    /// The literal in the released code.
    released: Option<i64>,
    /// Names in the tokenizer.
    names: &'static [&'static str],
}

const fn role(
    name: &'static str,
    key: Option<&'static str>,
    released: Option<i64>,
    names: &'static [&'static str],
) -> Role {
    Role {
        name,
        key,
        released,
        names,
    }
}

const MASK: Role = role(
    "mask",
    Some("mask_token_id"),
    Some(126_336),
    &["<|mdm_mask|>"],
);
const END_TEXT: Role = role("end_text", Some("eos_token_id"), None, &["<|endoftext|>"]);
const NEWLINE: Role = role("newline", None, Some(126_084), &["<newline>"]);
const BEGIN_IMAGE_A: Role = role("begin_image", None, Some(126_349), &["<boi>"]);
const END_IMAGE_A: Role = role("end_image", None, Some(126_350), &["<eoi>"]);
const UNCONDITION: Role = role("uncondition", None, Some(126_351), &["<uncondition>"]);
const BEGIN_ANSWER: Role = role("begin_answer", None, Some(126_354), &["<answer>"]);
const END_ANSWER: Role = role("end_answer", None, Some(126_355), &["</answer>"]);
const BEGIN_IMAGE_M: Role = role("begin_image", None, Some(126_084), &["<|soi|>"]);
const END_IMAGE_M: Role = role("end_image", None, Some(126_085), &["<|eoi|>"]);
const INTERLEAVE: Role = role("interleave", None, Some(126_095), &["<|interleave|>"]);
const BEGIN_TEXT: Role = role(
    "begin_text",
    Some("bos_token_id"),
    None,
    &["<|startoftext|>", "<s>"],
);

/// Looks up the ids of a family.
///
/// # Errors
/// [`TokenError`] naming the role.
pub(super) fn token_ids(
    family: Family,
    config: &Config,
    tokenizer: &Tokenizer,
    text: u64,
    given: &BTreeMap<String, i64>,
) -> Result<TokenIds, TokenError> {
    if let Some(unknown) = given
        .keys()
        .find(|role| !TOKEN_ROLES.contains(&role.as_str()))
    {
        return Err(TokenError::Role(unknown.clone()));
    }
    let sources = Sources {
        config,
        tokenizer,
        text,
        given,
    };
    let only = |wanted: Family, role: &Role| match family == wanted {
        true => sources.find(role).map(Some),
        false => Ok(None),
    };
    let (begin_image, end_image) = match family {
        Family::ParallelM => (BEGIN_IMAGE_M, END_IMAGE_M),
        _ => (BEGIN_IMAGE_A, END_IMAGE_A),
    };
    Ok(TokenIds {
        mask: sources.find(&MASK)?,
        begin_image: sources.find(&begin_image)?,
        end_image: sources.find(&end_image)?,
        end_text: sources.find(&END_TEXT)?,
        newline: only(Family::ParallelA, &NEWLINE)?,
        begin_answer: only(Family::ParallelA, &BEGIN_ANSWER)?,
        end_answer: only(Family::ParallelA, &END_ANSWER)?,
        uncondition: only(Family::ParallelA, &UNCONDITION)?,
        interleave: only(Family::ParallelM, &INTERLEAVE)?,
        begin_text: only(Family::ParallelM, &BEGIN_TEXT)?,
    })
}

/// Where ids are looked up.
struct Sources<'a> {
    config: &'a Config,
    tokenizer: &'a Tokenizer,
    /// Size of the text vocabulary.
    text: u64,
    given: &'a BTreeMap<String, i64>,
}

impl Sources<'_> {
    fn find(&self, role: &Role) -> Result<i64, TokenError> {
        let text = self.text.cast_signed();
        let configured = match role.key {
            Some(key) => self.config.optional_id(key)?,
            None => None,
        };
        // The released literals belong to the released vocabulary; in a smaller one they would be image codes or
        // nothing.
        let released = role.released.filter(|_| text > 126_336);
        let named = || role.names.iter().find_map(|name| self.tokenizer.id(name));
        let given = self.given.get(role.name).copied();
        match given.or(configured).or(released).or_else(named) {
            Some(id) if (0..text).contains(&id) => Ok(id),
            Some(id) => Err(TokenError::Outside {
                role: role.name,
                id,
                text: self.text,
            }),
            None => Err(TokenError::Unknown {
                role: role.name,
                names: role.names,
            }),
        }
    }
}
