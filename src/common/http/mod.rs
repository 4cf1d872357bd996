//! Asking endpoints over HTTP, for judges and for models alike: where they lie, how an exchange is
//! bounded in time and size, what its failure means, how long to wait before the next, and how
//! many are in flight. Keys are sent in headers and blotted out of whatever comes back.

pub mod backoff;
pub mod endpoint;
pub mod limiter;
pub mod response;
pub mod timing;
pub mod transport;

pub use backoff::Waits;
pub use endpoint::{Endpoint, EndpointError};
pub use limiter::Limiter;
pub use response::{Failure, Obstacle, Response, WireBody, shorten};
pub use timing::{TimeoutsTable, WaitsTable, check_connections, retries};
pub use transport::{Post, SendError, Timeouts, Transport};
