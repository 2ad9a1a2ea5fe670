//! What a potential knows: for each element as many surroundings of atoms as it has functions, those that span the
//! largest volume among all that it was made from (D-optimality: Y. Lysogorskiy et al., Phys. Rev. Materials 7,
//! 043801, 2023).

use super::model::Function;

/// An active set, ready to grade atoms.
///
/// An atom whose functions have the values `b` has the extrapolation grade `γ = max_c |Σ_k b[k] inverse[k][c]|`: the
/// largest share of one surroundings of the set in what it takes to write `b` as a sum of them. Up to 1 it is
/// interpolated.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveSet {
    pub extent: Extent,
    /// The functions of the B basis by element of the centre, in the order of the rows of `inverses`: each term has the one
    /// coefficient that couples it into the function, without that of the potential.
    pub projections: Vec<Vec<Function>>,
    /// By element: the inverse of the matrix whose rows are the surroundings of the set and whose columns are the
    /// functions; square, by rows.
    pub inverses: Vec<Vec<f64>>,
}

/// What the values `b` of an atom are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those of the functions, B.
    Linear,
    /// The derivatives of its energy by all coefficients, `w_p F'(ρ_p) B`, density after density, before core repulsion
    /// fades them.
    Full,
}
