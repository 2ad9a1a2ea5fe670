//! The atomic cluster expansion: evaluating it, reading and writing its files.
//!
//! The energy of an atom is a function of densities ρ_p, each a sum of products of the sums
//! `A[μ, n, l, m] = Σ_j R_nl(r_ij) Y_lm(r̂_ij)` over its neighbours j of element μ
//! (R. Drautz, Phys. Rev. B 99, 014104 (2019); Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021)):
//!
//! `E_i = E_0 + Σ_p w_p F(ρ_p; m_p)`, `ρ_p = Σ_v Σ_ms c[v, ms, p] Re Π_t A[μ_t, n_t, l_t, m_t]`,
//!
//! with core repulsion at short distances. Ranks of one take the radial base g_k itself, a pair potential.

mod acejl;
mod active_set;
mod basis;
mod core_repulsion;
mod coupling;
mod discontinuities;
mod embedding;
mod error;
mod expansion;
mod fast;
mod format;
mod harmonics;
mod model;
mod neighbourhood;
mod radial;
mod reference;
mod splines;
#[cfg(test)]
mod tests;

pub use acejl::{Buckingham, NodalTable, PairPotential, PolynomialBase, Polynomials};
pub use active_set::{ActiveSet, Extent};
pub use basis::{Basis, BasisFunction};
pub use core_repulsion::{CorePair, CoreRepulsion, InnerCutoff, Switch};
pub use coupling::independent as independent_couplings;
pub use discontinuities::{discontinuities, missing_parts};
pub use embedding::{DensityTerm, Embedding, EmbeddingForm};
pub use error::ModelError;
pub use expansion::Expansion;
pub use fast::{AtomicClusterExpansion, Design, DesignRows};
pub use format::{
    read_ace, read_asi, read_basis, read_potential, read_yace, write_ace, write_asi, write_basis,
    write_yace,
};
pub use harmonics::{Harmonics, index as harmonic_index};
pub use model::{
    Bond, Factor, Function, Interactions, MOST_CUTOFF_ANG, MOST_L, MOST_RADIAL, MOST_RANK, Model,
    Site,
};
pub use radial::RadialBasis;
pub use reference::{Reference, Tables, tables};
pub use splines::RadialTable;
