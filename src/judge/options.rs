//! What a judge is opened with beside its spec.

use crate::endpoint::cache::Cache;
use crate::endpoint::secret::Secret;
use crate::judge::rubric::ToMark;

/// What the command line may say about a judge beside its spec.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Where replies are kept; `None` asks every time (`--no-cache`).
    pub cache: Option<Cache>,
    /// Another name than the profile's, in tables and in the run.
    pub name: Option<String>,
    /// Another base URL than the profile's.
    pub base_url: Option<String>,
    /// Other rubrics than the profile's: a name or a folder.
    pub rubrics: Option<String>,
    /// The suite's rubrics, for profiles that name none.
    pub suite_rubrics: Option<String>,
    /// What is to be marked: ParaBench's axes, or those of a suite that declares its own.
    pub to_mark: ToMark,
    /// Other than the profile's number of requests in flight.
    pub max_connections: Option<usize>,
    /// Machines that share these connections: each has its part of them, at least one.
    pub connections_over: usize,
    /// A key in place of the environment's, for endpoints that the program itself
    /// starts and for tests.
    pub key: Option<Secret>,
}

impl Default for OpenOptions {
    /// The profile as it stands, with the cache that all runs share.
    fn default() -> Self {
        Self {
            cache: Some(Cache::shared(CACHE)),
            name: None,
            base_url: None,
            rubrics: None,
            suite_rubrics: None,
            to_mark: ToMark::parabench(),
            max_connections: None,
            connections_over: 1,
            key: None,
        }
    }
}

/// The folder of judges' replies in the platform's cache folder.
const CACHE: &str = "judge";
