//! A library that a Rust user could take alone: plain types in, plain types or typed errors out. Units are eV, Å,
//! fs, u, K and e. Imports `base` only, and sees of the world what [`host::Host`] shows.

pub mod ace;
pub mod analysis;
pub mod automaton;
pub mod host;
pub mod io;
pub mod md;
pub mod networks;
pub mod numerics;
pub mod oracle;
pub mod potential;
pub mod rates;
pub mod structure;
pub mod thermo;
pub mod transport;
