//! `--shard`: which part of a run this machine makes.

use std::ffi::OsString;
use std::str::FromStr;

use crate::command::UsageError;
use crate::run::shard::{Shard, ShardError, whole};

/// The variables that say which task of a job array this is, and who sets them.
const INDICES: [(&str, &str); 2] = [
    (
        "SLURM_ARRAY_TASK_ID",
        "Slurm, for each task of sbatch --array",
    ),
    (
        "JOB_COMPLETION_INDEX",
        "Kubernetes, for each pod of an Indexed Job",
    ),
];

/// Which part of the run.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct ShardOptions {
    /// Work on part I of N
    ///
    /// Parts are counted from 0. auto/N takes I from the job array (SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX).
    /// `parabench merge` joins the parts.
    #[arg(long, value_name = "I/N|auto/N")]
    pub shard: Option<Choice>,
}

/// What was given to `--shard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `I/N`.
    Given(Shard),
    /// `auto/N`: the scheduler says which of so many.
    Auto(u32),
}

impl FromStr for Choice {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        match text.strip_prefix("auto/") {
            None => text.parse().map(Self::Given),
            Some(of) => {
                let form = || ShardError::Form(text.chars().take(60).collect());
                Ok(Self::Auto(Shard::new(0, whole(of).ok_or_else(form)?)?.of()))
            }
        }
    }
}

impl ShardOptions {
    /// The shard that this process makes; `None` for the whole run. Without `--shard auto/N` no variable is read.
    ///
    /// # Errors
    /// [`UsageError`] where the scheduler's variables name no shard, or two.
    pub fn chosen(self) -> Result<Option<Shard>, UsageError> {
        match self.shard {
            None => Ok(None),
            Some(Choice::Given(shard)) => Ok(Some(shard)),
            Some(Choice::Auto(of)) => chosen(of, |name| std::env::var_os(name))
                .map(Some)
                .map_err(|why| UsageError(format!("--shard auto/{of}: {why}"))),
        }
    }
}

/// The shard of a job array's task. The index is taken as it is: a later submission of `--array=2,5` has another
/// minimum and another count, and the same two shards.
fn chosen(of: u32, variable: impl Fn(&str) -> Option<OsString>) -> Result<Shard, String> {
    let mut found: Vec<(&str, u64)> = Vec::new();
    for (name, _) in INDICES {
        let Some(text) = variable(name) else { continue };
        let text = text.to_string_lossy();
        let index = whole(&text).ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            format!("{name} is `{shown}`, expected a whole number from 0")
        })?;
        found.push((name, index));
    }
    match *found.as_slice() {
        [(_, index)] => Shard::new(index, of.into()).map_err(|error| error.to_string()),
        [(_, one), (_, other)] if one == other => {
            Shard::new(one, of.into()).map_err(|error| error.to_string())
        }
        [(first, one), (second, other), ..] => Err(format!(
            "{first} is {one} and {second} is {other}: they name two shards; unset the one that is not of this job, or \
             give the index yourself, --shard I/{of}"
        )),
        [] => {
            let known = INDICES.map(|(name, who)| format!("{name} ({who})"));
            Err(format!(
                "no job array was found: expected {}; without a job array, give the index yourself, --shard 0/{of} \
                 and so on",
                known.join(" or ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Shard, String> {
        chosen(8, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_index_is_taken_as_the_scheduler_gives_it() {
        let three = Shard::new(3, 8).unwrap();
        assert_eq!(with(&[("SLURM_ARRAY_TASK_ID", "3")]), Ok(three));
        assert_eq!(with(&[("JOB_COMPLETION_INDEX", "3")]), Ok(three));
        let both = [("SLURM_ARRAY_TASK_ID", "3"), ("JOB_COMPLETION_INDEX", "3")];
        assert_eq!(with(&both), Ok(three));
        // A second submission of two indices: minimum and count are not looked at.
        let again = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_MIN", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
        ];
        assert_eq!(with(&again), Ok(three));
    }

    #[test]
    fn what_names_no_shard_or_two_is_refused_with_what_was_found() {
        for (variables, said) in [
            (&[][..], "no job array"),
            (&[("SLURM_ARRAY_TASK_ID", "8")], "--array=0-7"),
            (&[("SLURM_ARRAY_TASK_ID", "")], "is ``"),
            (&[("SLURM_ARRAY_TASK_ID", "-1")], "is `-1`"),
            (&[("SLURM_ARRAY_TASK_ID", "4294967294")], "does not exist"),
            (&[("JOB_COMPLETION_INDEX", "two")], "is `two`"),
            (
                &[("SLURM_ARRAY_TASK_ID", "1"), ("JOB_COMPLETION_INDEX", "2")],
                "two shards",
            ),
        ] {
            let error = with(variables).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        for bad in [
            "auto",
            "auto/",
            "auto/0",
            "auto/-1",
            "auto/x",
            "AUTO/8",
            "auto/10001",
            "8",
        ] {
            assert!(bad.parse::<Choice>().is_err(), "{bad}");
        }
        assert_eq!("auto/8".parse(), Ok(Choice::Auto(8)));
    }
}
