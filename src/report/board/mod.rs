//! Boards of runs as text, CSV, Markdown and a page.

mod csv;
mod html;
mod markdown;
mod text;
mod view;

pub use csv::board_csv;
pub use html::board_html;
pub use markdown::board_markdown;
pub use text::board_text;
