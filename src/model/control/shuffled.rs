//! The reasoning of another task, with the task's own picture: what a judge that
//! reads the text must notice.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::common::BoxFuture;
use crate::common::seed::{sample_seed, shuffle_key};
use crate::common::suggest::unknown;
use crate::model::steps::StepWatch;
use crate::model::{
    Answer, AnswerCost, Failure, Identity, Model, ModelError, ModelRequest, OpenContext, Part, Spec,
};
use crate::suite::{Kind, Prompt};

/// Who lends its reasoning to whom: for each task id the id of another task of the
/// same kind. Every task lends once and borrows once, none from itself; who meets
/// whom is fixed by hash and does not depend on the order of the prompts. A task
/// that is alone in its kind has no donor and is left out.
pub fn donors<'a>(prompts: impl IntoIterator<Item = &'a Prompt>) -> HashMap<Arc<str>, Arc<str>> {
    let mut kinds: BTreeMap<Kind, Vec<(u64, Arc<str>)>> = BTreeMap::new();
    for prompt in prompts {
        let key = shuffle_key(0, "shuffled-reasoning", &prompt.id);
        let ids = kinds.entry(prompt.kind()).or_default();
        ids.push((key, Arc::clone(&prompt.id)));
    }
    let mut donors = HashMap::new();
    for ids in kinds.values_mut().filter(|ids| ids.len() > 1) {
        ids.sort();
        // One cycle through all of them: nobody meets itself.
        let next = ids.iter().cycle().skip(1);
        for ((_, borrower), (_, donor)) in ids.iter().zip(next) {
            donors.insert(Arc::clone(borrower), Arc::clone(donor));
        }
    }
    donors
}

/// A model whose reasoning is dealt out anew.
pub(super) struct Shuffled {
    inner: Box<dyn Model>,
    /// The donor of each task.
    donors: HashMap<Arc<str>, Prompt>,
    run_seed: u64,
    identity: Identity,
}

impl Shuffled {
    /// Opens the control over the model that `over=` names.
    pub(super) fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let over = spec.option("over").filter(|over| !over.is_empty());
        let over = over.ok_or_else(|| {
            ModelError::new(
                "control:shuffled-reasoning needs the model whose reasoning it shuffles: \
                 control:shuffled-reasoning?over=MODEL, for example over=replay:DIR",
            )
        })?;
        let inner = crate::model::open(over, context)?;
        if !inner.identity().thinks {
            return Err(ModelError::new(format!(
                "`{over}` is declared not to think, so it has no reasoning to shuffle; \
                 name a model that thinks after `over=`"
            )));
        }
        let among_asked = match spec.option("among") {
            None | Some("suite") => false,
            Some("asked") => true,
            Some(other) => {
                let wrong = unknown("value of among=", other, &["suite", "asked"], None);
                return Err(ModelError::new(format!(
                    "control:shuffled-reasoning: {wrong}"
                )));
            }
        };
        let mut identity = identity(spec, inner.identity());
        if among_asked {
            identity.details.insert("among".into(), "asked".into());
        }
        Ok(Self {
            donors: donor_prompts(context, among_asked)?,
            run_seed: context.run_seed,
            identity,
            inner,
        })
    }

    /// The request that the donor of a task would get for the same sample.
    fn donor_request(&self, request: &ModelRequest) -> Result<ModelRequest, ModelError> {
        let task = &request.prompt.id;
        let prompt = self.donors.get(task).cloned().ok_or_else(|| {
            ModelError::new(format!("task `{task}` is not of the suite that was opened"))
        })?;
        Ok(ModelRequest {
            seed: sample_seed(self.run_seed, &prompt.id, request.sample),
            sample: request.sample,
            prompt,
        })
    }
}

impl Model for Shuffled {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.inner.notices()
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.inner.provenance()
    }

    fn ready(&self) -> Result<(), ModelError> {
        self.inner.ready()
    }

    fn watch_steps(&self, watch: Arc<dyn StepWatch>) {
        self.inner.watch_steps(watch);
    }

    fn survey(&self) -> Option<serde_json::Value> {
        self.inner.survey()
    }

    fn log_into(&self, folder: &Path) {
        self.inner.log_into(folder);
    }

    fn has_price(&self) -> bool {
        self.inner.has_price()
    }

    /// The own answer and the one that lends its reasoning.
    fn estimate(&self, request: &ModelRequest) -> AnswerCost {
        let own = self.inner.estimate(request);
        let Ok(lender) = self.donor_request(request) else {
            return own;
        };
        let lent = self.inner.estimate(&lender);
        own.plus(lent)
    }

    fn batch_size(&self) -> usize {
        self.inner.batch_size()
    }

    fn concurrency(&self) -> usize {
        self.inner.concurrency()
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            let lenders: Result<Vec<_>, _> = batch.iter().map(|r| self.donor_request(r)).collect();
            let lenders = lenders?;
            let names: Vec<Arc<str>> = lenders.iter().map(|r| Arc::clone(&r.prompt.id)).collect();
            let own = self.inner.answer(batch).await?;
            let lent = self.inner.answer(lenders).await;
            let lent = lent.map_err(|error| error.beside(&own))?;
            Ok(own
                .into_iter()
                .zip(lent)
                .zip(names)
                .map(|((own, lent), donor)| exchange(own, lent, &donor))
                .collect())
        })
    }
}

/// The picture of one answer with the reasoning of another.
fn exchange(mut own: Answer, lent: Answer, donor: &str) -> Answer {
    own.add_cost_of(&lent);
    own.reasoning = match lent.reasoning {
        Part::Lost(failure) => Part::Lost(Failure::new(
            failure.kind,
            format!("reasoning of task `{donor}`: {}", failure.message),
        )),
        part => part,
    };
    own.details.insert("reasoning_of".into(), donor.into());
    own
}

/// Who lends to whom: among all tasks of the suite, or among those that are asked, where the inner model has only their
/// answers.
fn donor_prompts(
    context: &OpenContext<'_>,
    among_asked: bool,
) -> Result<HashMap<Arc<str>, Prompt>, ModelError> {
    let all = || context.suite.tasks.iter().map(|task| &task.prompt);
    let prompts = || all().filter(|prompt| !among_asked || context.asks(&prompt.id));
    let by_id: HashMap<&str, &Prompt> = prompts().map(|prompt| (&*prompt.id, prompt)).collect();
    let donors = donors(prompts());
    if let Some(alone) = prompts().find(|prompt| !donors.contains_key(&prompt.id)) {
        return Err(ModelError::new(format!(
            "control:shuffled-reasoning: `{}` is the only {} task of suite `{}`, so there is no \
             other reasoning to give it; use a suite with at least two tasks of each kind",
            alone.id,
            alone.kind(),
            context.suite.name
        )));
    }
    Ok(donors
        .into_iter()
        .filter_map(|(task, donor)| by_id.get(&*donor).map(|prompt| (task, (*prompt).clone())))
        .collect())
}

fn identity(spec: &Spec, inner: &Identity) -> Identity {
    let mut details: BTreeMap<String, String> = inner
        .details
        .iter()
        .map(|(key, value)| (format!("over.{key}"), value.clone()))
        .collect();
    details.insert("control".into(), "shuffled-reasoning".into());
    details.insert("over.kind".into(), inner.kind.clone());
    details.insert("over.name".into(), inner.name.clone());
    let default_name = || crate::model::text::safe_name(&format!("shuffled-{}", inner.name));
    Identity {
        name: spec.name.clone().unwrap_or_else(default_name),
        kind: spec.kind.name.to_owned(),
        thinks: true,
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::digest::Digest;
    use crate::common::picture::PictureFile;
    use crate::model::FailureKind;
    use proptest::prelude::*;

    fn prompts(edits: usize, generations: usize) -> Vec<Prompt> {
        let input = Arc::new(PictureFile {
            path: "x.png".into(),
            digest: Digest::of(b""),
            width: 1,
            height: 1,
        });
        (0..edits + generations)
            .map(|index| Prompt {
                id: format!("task-{index}").into(),
                category: "c".into(),
                instruction: "draw".into(),
                inputs: (index < edits).then(|| Arc::clone(&input)).into(),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn donors_are_a_derangement_within_kinds(
            edits in 0usize..40,
            generations in 0usize..40,
            turn in 0usize..80,
        ) {
            let mut all = prompts(edits, generations);
            let donors_before = donors(&all);
            let kind_of: HashMap<_, _> = all.iter().map(|p| (p.id.clone(), p.kind())).collect();

            let lone = |n: usize| if n == 1 { 0 } else { n };
            prop_assert_eq!(donors_before.len(), lone(edits) + lone(generations));
            let lenders: std::collections::HashSet<_> = donors_before.values().collect();
            prop_assert_eq!(lenders.len(), donors_before.len());
            for (task, donor) in &donors_before {
                prop_assert_ne!(task, donor);
                prop_assert_eq!(kind_of[task], kind_of[donor]);
            }

            // Another order of the same tasks changes nothing.
            if !all.is_empty() {
                let middle = turn % all.len();
                all.rotate_left(middle);
                all[middle..].reverse();
            }
            prop_assert_eq!(donors(&all), donors_before);
        }
    }

    #[test]
    fn a_lost_donor_is_named() {
        let lost = Answer::lost(Failure::new(FailureKind::NoAnswer, "no file"));
        let own = Answer::of(Part::Given("mine".into()), Part::Empty);
        let mixed = exchange(own, lost, "t7");
        let Part::Lost(failure) = mixed.reasoning else {
            panic!("lost expected");
        };
        assert_eq!(failure.message, "reasoning of task `t7`: no file");
        assert_eq!(mixed.image, Part::Empty);
    }
}
