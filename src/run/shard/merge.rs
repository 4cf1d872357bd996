//! Makes one run of its shards: proves that they belong together and are complete, then joins them.

use std::collections::BTreeMap;
use std::fs::File;

use super::assembly::Assembly;
use super::earlier::Earlier;
use super::error::MergeError;
use super::heads::{self, Head};
use super::outcome::{MergeRequest, Outcome};
use super::plan::PLAN;
use super::{Membership, Shard, shards_folder};
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::lock::take_lock;
use crate::run::manifest::{Manifest, SamplingSection};
use crate::suite::select::select;

/// Merges the shards of a run into `request.whole`. What is there already, from an earlier merge and from commands
/// after it, is kept and joined; the same shards give the same bytes.
///
/// # Errors
/// [`MergeError`].
pub fn merge(request: &MergeRequest<'_>) -> Result<Outcome, MergeError> {
    let MergeRequest { whole, plan, .. } = *request;
    let folder = shards_folder(whole);
    let tasks = select(request.suite, &plan.run.sampling.filter())?.indices;
    if tasks_digest(request, &tasks) != plan.run.sampling.tasks_digest {
        return Err(MergeError::Tasks(folder.join(PLAN)));
    }
    let membership = Membership::new(
        request.suite,
        &tasks,
        plan.run.sampling.run_seed,
        plan.shards,
    );
    let heads = heads::gather(&folder, request.also, plan)?;
    let there = match whole.join(names::MANIFEST).is_file() {
        true => Some((
            take_lock(whole)?,
            Manifest::read(&whole.join(names::MANIFEST))?,
        )),
        false => None,
    };
    let recorded = there.as_ref().map(|(_, manifest)| manifest);
    let manifest = heads::manifest(plan, &heads, recorded, whole)?;
    let (locks, running) = lock(&heads)?;
    let earlier = match there.is_some() {
        true => Some(Earlier::index(whole, plan, &membership)?),
        false => None,
    };
    let mut assembly = Assembly::begin(request, tasks, membership, manifest, &heads)?;
    let mut of_shard: BTreeMap<u32, Vec<&Head>> = BTreeMap::new();
    for head in &heads {
        of_shard.entry(head.shard.index()).or_default().push(head);
    }
    for shard in Shard::all(plan.shards) {
        let heads = of_shard.remove(&shard.index()).unwrap_or_default();
        let folders = heads.iter().map(|head| head.folder.as_path());
        let before = earlier.as_ref().map(|earlier| earlier.of(shard));
        assembly.add(shard, folders.collect(), before, running.contains(&shard))?;
    }
    let outcome = assembly.finish(there.is_some())?;
    drop(locks);
    Ok(outcome)
}

fn tasks_digest(request: &MergeRequest<'_>, tasks: &[usize]) -> crate::common::digest::Digest {
    let sampling = &request.plan.run.sampling;
    let samples = request.plan.samples();
    SamplingSection::new(&sampling.filter(), samples, request.suite, tasks).tasks_digest
}

/// Locks all shards, so that none goes on meanwhile, and tells those that are being written.
fn lock(heads: &[Head]) -> Result<(Vec<File>, Vec<Shard>), RunError> {
    let (mut locks, mut running) = (Vec::new(), Vec::new());
    for head in heads {
        match take_lock(&head.folder) {
            Ok(lock) => locks.push(lock),
            Err(RunError::Locked { .. }) => running.push(head.shard),
            Err(error) => return Err(error),
        }
    }
    Ok((locks, running))
}
