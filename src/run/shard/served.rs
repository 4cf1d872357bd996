//! Which models the endpoints of each shard say they served: all must have been judged and answered by the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Shard;

/// Which models were served, by judge (or the model itself) and shard.
pub(super) type ServedBy = BTreeMap<String, BTreeMap<u32, BTreeSet<String>>>;

/// Notes what one record says.
pub(super) fn note(served: &mut ServedBy, who: &str, shard: Shard, model: &str) {
    let of_shard = served
        .entry(who.to_owned())
        .or_default()
        .entry(shard.index())
        .or_default();
    if !of_shard.contains(model) {
        of_shard.insert(model.to_owned());
    }
}

/// A line about a judge whose shards were not served by the same models.
pub(super) fn mixed((who, shards): (&String, &BTreeMap<u32, BTreeSet<String>>)) -> Option<String> {
    let mut groups: BTreeMap<Vec<&str>, Vec<String>> = BTreeMap::new();
    for (shard, models) in shards {
        let models = models.iter().map(String::as_str).collect();
        groups.entry(models).or_default().push(shard.to_string());
    }
    if groups.len() < 2 {
        return None;
    }
    let groups = groups
        .into_iter()
        .map(|(models, shards)| format!("{} (shards {})", models.join(" and "), shards.join(",")));
    Some(format!(
        "  {who}: {}",
        groups.collect::<Vec<_>>().join("; ")
    ))
}
