//! One client for every endpoint over HTTP, for judges and models alike.
//!
//! A [`Profile`](profile::Profile) says who is asked, where and at what price; a
//! [`Provider`](provider::Provider) writes the request and reads the response; the
//! [`Client`](client::Client) sends it within bounds of time, size and number, tries again, tells a
//! fault of the account from one of an item, ends the asking where all fails for one cause, books
//! the money, and blots keys out of whatever comes back; the [`Cache`](cache::Cache) keeps replies.
//! What a reply is worth is for judges and models to say.

pub mod address;
mod advice;
pub mod ask;
pub mod backoff;
pub mod breaker;
pub mod cache;
pub mod client;
pub mod encoding;
pub mod error;
pub mod exchange;
pub mod fault;
pub mod guard;
pub mod identity;
pub mod limiter;
pub mod pictures;
mod place;
pub mod prepared;
pub mod price;
pub mod probe;
pub mod profile;
pub mod provider;
pub mod providers;
pub mod request;
pub mod response;
pub mod secret;
pub mod template;
pub mod transport;
pub mod tries;
mod voice;
pub mod wording;

pub use error::{EndpointError, Lost, Role};
