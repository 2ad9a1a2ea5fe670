//! What can be wrong with an automaton's input or stop its run.

use thiserror::Error;

/// In the words of someone who set up the experiment; phases by their names.
#[derive(Debug, Error)]
pub enum AutomatonError {
    #[error(
        "a grid of {0} × {1} × {2} cells is too small: each side needs at least 3 cells, so that a cell's six neighbours differ"
    )]
    GridTooSmall(u32, u32, u32),
    #[error("a grid of {0} × {1} × {2} cells is too large: at most 2^32 cells can be numbered")]
    GridTooLarge(u32, u32, u32),
    #[error("{0} is not among the phases")]
    UnknownPhase(String),
    #[error("{phases} phases are more than the automaton can tell apart ({most})")]
    TooManyPhases { phases: usize, most: usize },
    #[error("{0} has no volume per formula unit")]
    NoVolume(String),
    #[error("{0} has no melting point, and the scorer `{1}` needs one")]
    NoMeltingPoint(String, &'static str),
    #[error("the reaction {0} is not balanced in {1}")]
    Unbalanced(String, String),
    #[error(
        "the reaction {0} has a coefficient that is not a positive number, or names a phase twice on one side"
    )]
    BadCoefficients(String),
    #[error("{0} is a gas: gases come from the atmosphere, not from a precursor")]
    GasPrecursor(String),
    #[error("the amount of {0} must be a positive number")]
    BadAmount(String),
    #[error("there is nothing to react: no precursor has an amount")]
    NoPrecursors,
    #[error(
        "{name} would get no cell on this grid: enlarge the grid to at least {cells} cells or raise its share"
    )]
    NoCellFor { name: String, cells: u64 },
    #[error("{name} must be {range}, not {value}")]
    OutOfRange {
        name: &'static str,
        range: &'static str,
        value: f64,
    },
    #[error("the saved state does not fit: {0}")]
    BadState(String),
    #[error(
        "the rate of the reaction {reaction} at {temperature_k} K is {score}, not a number that is zero or more"
    )]
    BadScore {
        reaction: String,
        temperature_k: f64,
        score: f64,
    },
    #[error("there are no scores at {temperature_k} K: the table has {known}")]
    NoScores { temperature_k: f64, known: String },
    #[error("cancelled")]
    Cancelled,
    #[error("a record could not be handed over: {0}")]
    Observer(#[from] std::io::Error),
}
