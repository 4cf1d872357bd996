//! Judges that are models behind an API: what they are asked, and what their replies are worth.

mod asking;
mod identity;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

pub use self::identity::{DEFENCES_DETAIL, PROMPT_DETAIL};

use self::asking::Wanted;
use super::options::OpenOptions;
use super::profile::Profile;
use super::prompt::{self, JudgePrompt, PromptPart};
use super::rubric::Rubrics;
use super::shared::SharedCalls;
use super::{Identity, Judge, JudgeError, Mark, MarkCost, Question, Verdict};
use crate::common::BoxFuture;
use crate::endpoint::Role;
use crate::endpoint::ask::{self, Ask, Form};
use crate::endpoint::cache::CacheEntry;
use crate::endpoint::client::{Client, ClientOptions};
use crate::endpoint::prepared::Prepared;
use crate::endpoint::probe::NobodyHere;
use crate::suite::ReplyForm;

/// The rubrics of profiles that name none, for suites that name none.
const DEFAULT_RUBRICS: &str = "default";

/// A judge that is a model behind an API.
pub struct ApiJudge {
    identity: Identity,
    rubrics: Rubrics,
    repeats: u32,
    client: Client,
    /// Calls that several questions share.
    shared: SharedCalls,
}

impl ApiJudge {
    /// Opens the judge of a profile. A missing key is no error yet: replies from the
    /// cache and estimates need none.
    ///
    /// # Errors
    /// Unusable rubrics or base URL, no root certificates.
    pub fn open(mut profile: Profile, options: &OpenOptions) -> Result<Self, JudgeError> {
        if let Some(connections) = options.max_connections {
            profile.endpoint.max_connections = connections;
        }
        profile.endpoint.share_connections(options.connections_over);
        if let Some(name) = &options.name {
            profile.endpoint.name.clone_from(name);
        }
        let rubrics = rubrics(&profile, options)?;
        let settings = ClientOptions {
            base_url: options.base_url.clone(),
            key: options.key.clone(),
            cache: options.cache.clone(),
        };
        let client = Client::open(Role::Judge, profile.endpoint, settings)?;
        let kind = client.profile().provider;
        Ok(Self {
            identity: identity::identity(client.name(), kind, client.details(), &rubrics),
            rubrics,
            repeats: profile.repeats,
            client,
            shared: SharedCalls::default(),
        })
    }

    /// The question made ready, and what its reply is to hold.
    fn prepare(&self, question: &Question) -> Result<(Prepared, Wanted), JudgeError> {
        let axis = question.evidence.axis();
        let Some(rubric) = self.rubrics.of(axis, question.category.as_deref()) else {
            let name = self.client.name();
            return Err(JudgeError::plain(format!(
                "`{name}` has no rubric for the axis `{axis}`"
            )));
        };
        let mut keys = rubric.form.keys.iter();
        let at = keys.position(|(marked, _)| *marked == axis);
        let prompt = prompt::build(rubric, question.kind, &question.evidence, &question.view);
        let encoding = &self.client.profile().encoding;
        let frame = question.evidence.frame();
        let frame = frame.filter(|_| encoding.output_to_input);
        let (ask, wanted) = ask_of(prompt, at.unwrap_or(0), frame);
        let repeat = question.repeat.to_le_bytes();
        Ok((self.client.prepare(&ask, &repeat), wanted))
    }

    async fn ask(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let (prepared, wanted) = self.prepare(question)?;
        let kept = self.client.kept_reply(&prepared).await;
        if let Some(verdict) = kept.and_then(|entry| verdict_of(entry, &wanted)) {
            self.client.check_pictures(&prepared).await?;
            return Ok(verdict);
        }
        if wanted.form.keys.len() == 1 {
            let verdicts = self.ask_now(&prepared, &wanted).await?;
            return Ok(asking::verdict_at(verdicts, wanted.at));
        }
        let asked = AtomicBool::new(false);
        let cell = self.shared.cell(&prepared.key);
        let ask = || async {
            asked.store(true, Ordering::Relaxed);
            self.ask_now(&prepared, &wanted).await
        };
        let verdicts = cell.get_or_try_init(ask).await?.clone();
        let verdict = asking::verdict_at(verdicts, wanted.at);
        Ok(if asked.into_inner() {
            verdict
        } else {
            verdict.free()
        })
    }

    /// The verdicts of one call, by key.
    async fn ask_now(
        &self,
        prepared: &Prepared,
        wanted: &Wanted,
    ) -> Result<Vec<Verdict>, JudgeError> {
        let (verdicts, reply, tries) = asking::verdicts(&self.client, prepared, wanted).await?;
        if let Some(reply) = reply {
            self.client.keep(prepared, reply, &tries).await;
        }
        Ok(verdicts)
    }
}

/// The rubrics that the command line names, else the profile, else the suite, else ParaBench's.
fn rubrics(profile: &Profile, options: &OpenOptions) -> Result<Rubrics, JudgeError> {
    let wishes = [&options.rubrics, &profile.rubrics, &options.suite_rubrics];
    let wish = wishes.into_iter().flatten().next();
    if let (None, Some(axis)) = (wish, options.to_mark.foreign()) {
        return Err(JudgeError::plain(format!(
            "the suite declares axes of its own (`{axis}`) and no rubrics for them: write {axis}.toml and one for each other \
             axis into a folder, and name it with --rubrics FOLDER, or with rubrics = \"FOLDER/\" in suite.toml"
        )));
    }
    let wish = wish.map_or(DEFAULT_RUBRICS, String::as_str);
    Rubrics::load(wish, &options.to_mark)
        .map_err(|error| JudgeError::new("the judge's rubrics are unusable", error))
}

/// `at` is the place of the axis that is asked about among the keys of the prompt; the model's picture is sent in the size of
/// `frame`, where there is one.
fn ask_of(prompt: JudgePrompt, at: usize, frame: Option<[u32; 2]>) -> (Ask, Wanted) {
    let part = |part| match part {
        PromptPart::Text(text) => ask::QuestionPart::Text(text),
        PromptPart::Image(role, file) => {
            let sized = frame.filter(|_| role == prompt::Role::Output);
            let size = sized.filter(|size| *size != [file.width, file.height]);
            ask::QuestionPart::Picture(ask::SentPicture { file, size })
        }
    };
    let keys = prompt.form.keys.iter().map(|(_, key)| key.clone());
    let ask = Ask {
        system: Some(prompt.system).filter(|system| !system.is_empty()),
        parts: prompt.parts.into_iter().map(part).collect(),
        seed: None,
        // A form for lists would need bounds on their length, which not every endpoint takes.
        form: (prompt.form.reply == ReplyForm::Json).then(|| Form {
            keys: keys.collect(),
            lowest: prompt.form.scale.lo,
            highest: prompt.form.scale.hi,
            step: prompt.form.scale.step,
        }),
    };
    let wanted = Wanted {
        form: prompt.form,
        at,
        material: prompt.material,
    };
    (ask, wanted)
}

/// The verdict of a kept reply; `None` when it no longer reads as a mark.
fn verdict_of(entry: CacheEntry, wanted: &Wanted) -> Option<Verdict> {
    let verdict = asking::read(&entry.reply, wanted, wanted.at);
    matches!(verdict.mark, Mark::Scored(_)).then(|| Verdict {
        prompt_digest: Some(entry.prompt_digest),
        image_digests: entry.image_digests,
        cached: true,
        ..verdict
    })
}

impl Judge for ApiJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        self.client.profile().max_connections
    }

    fn repeats(&self) -> u32 {
        self.repeats
    }

    fn notices(&self) -> Vec<String> {
        self.client.notices()
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.client.provenance()
    }

    fn ready(&self) -> Result<(), JudgeError> {
        Ok(self.client.authorisation().map(|_| ())?)
    }

    fn checks_pictures(&self) -> bool {
        true
    }

    fn probe(&self, nobody_here: NobodyHere) -> BoxFuture<'_, Result<(), JudgeError>> {
        Box::pin(async move { Ok(self.client.probe(nobody_here).await?) })
    }

    fn has_price(&self) -> bool {
        self.client.profile().price.is_some()
    }

    fn estimate(&self, question: &Question) -> MarkCost {
        // What cannot be asked ends the run when it is asked.
        let Ok((prepared, wanted)) = self.prepare(question) else {
            return MarkCost::default();
        };
        let kept = self.client.kept(&prepared);
        if kept.is_some_and(|entry| verdict_of(entry, &wanted).is_some()) {
            let free = self.has_price().then_some(0.0);
            return MarkCost {
                cost_usd: free,
                most_usd: free,
                ..MarkCost::default()
            };
        }
        let cost_usd = self.client.most_usd(&prepared.most);
        let tries = f64::from(self.client.profile().retry.most_billed());
        MarkCost {
            calls: 1,
            input_tokens: prepared.most.input(),
            output_tokens: prepared.most.output(),
            cost_usd,
            most_usd: cost_usd.map(|cost| cost * tries),
        }
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(self.ask(question))
    }
}
