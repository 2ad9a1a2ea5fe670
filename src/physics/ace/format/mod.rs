//! Files of potentials.

mod cursor;
mod yace;
mod yaml;

pub use yace::read_yace;
