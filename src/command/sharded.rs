//! Sittings of one shard: where it lies, which tasks and how much of the money are its own.

use crate::command::UsageError;
use crate::command::session::Session;
use crate::run::folder::names;
use crate::run::shard::plan::{PLAN, ShardPlan};
use crate::run::shard::{Membership, Shard, shards_folder};

/// Makes a sitting of the whole run one of a shard; `None` leaves it as it is. `suite` is what the suite was called.
///
/// # Errors
/// Another plan than that of the other shards; a run that is there in another form.
pub fn narrowed<'a>(
    mut session: Session<'a>,
    shard: Option<Shard>,
    suite: &str,
) -> anyhow::Result<Session<'a>> {
    let whole = session.folder.clone();
    let shards = shards_folder(&whole);
    let is_whole = whole.join(names::MANIFEST).is_file();
    let is_sharded = shards.join(PLAN).is_file();
    let Some(shard) = shard else {
        if is_sharded && !is_whole {
            return Err(UsageError(format!(
                "this run is made in shards ({}): add --shard I/N as before, or join them with `parabench merge {}`; \
                 another --name starts another run",
                shards.display(),
                whole.file_name().unwrap_or_default().display()
            ))
            .into());
        }
        return Ok(session);
    };
    if is_whole && !is_sharded {
        return Err(UsageError(format!(
            "{} is a whole run already: resume it without --shard, or give this one another --name",
            whole.display()
        ))
        .into());
    }
    let plan = ShardPlan::new(shard.of(), suite, &session.manifest);
    if !session.stop.dry_run {
        plan.agree(&shards)?;
    } else if is_sharded {
        ShardPlan::read(&shards)?.check(&plan, &shards)?;
    }
    session.folder = shards.join(shard.folder_name());
    Ok(restricted(session, shard))
}

/// The session of a shard's folder: its tasks, and its part of the money.
pub fn restricted(mut session: Session<'_>, shard: Shard) -> Session<'_> {
    let plan = &mut session.plan;
    let all = std::mem::take(&mut plan.tasks);
    let members = Membership::new(&plan.suite, &all, plan.run_seed, shard.of());
    plan.tasks = members.tasks(&plan.suite, &all, shard);
    eprintln!(
        "note: shard {shard} has {} of the run's {} tasks",
        plan.tasks.len(),
        all.len()
    );
    if let Some(cap) = plan.max_cost_usd {
        let part = shard.part_of(cap, all.len());
        eprintln!(
            "note: its part of --max-cost {cap} is ${part:.4}; what other shards do not spend is not moved to it"
        );
        plan.max_cost_usd = Some(part);
    }
    session.manifest.shard = Some(shard);
    session
}
