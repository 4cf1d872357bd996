//! What is fixed before the first mark.

use std::path::PathBuf;

use anyhow::Context;

use crate::analysis::runs::declaration::Declaration;
use crate::run::manifest::DeclarationSection;

/// What is fixed before the first mark.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DeclareOptions {
    /// Declaration to record before any mark
    ///
    /// A TOML file that names the primary comparison, margin or looks. Its digest goes into run.toml before the first mark.
    #[arg(long, value_name = "FILE")]
    pub declare: Option<PathBuf>,
}

impl DeclareOptions {
    /// What goes into `run.toml`.
    ///
    /// # Errors
    /// A file that cannot be read or is no declaration.
    pub fn section(&self) -> anyhow::Result<Option<DeclarationSection>> {
        let Some(path) = &self.declare else {
            return Ok(None);
        };
        let declaration = Declaration::read(path).context("--declare")?;
        Ok(declaration
            .digest
            .map(|digest| DeclarationSection { digest }))
    }
}
