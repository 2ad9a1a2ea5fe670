//! The kinds of nodes that are built: one file each, and this list.

mod curves;
mod ensemble;
mod evaluation;
mod host;
mod oracle;
mod packing;
mod phases;
mod potential;
mod reactions;
mod report;
mod runs;
mod schedule;
mod structure;
mod structure_analysis;
mod synthesis;
mod system;
#[cfg(test)]
mod tests;
mod thermo_finding;
mod thermo_functions;
mod transport;
mod transport_charges;

use crate::run::kind::Registry;

pub use evaluation::evaluate_files;
pub use potential::describe as describe_potential;

/// Every kind and every function, in the order in which documentation lists them.
pub fn registry() -> Registry {
    Registry::new(
        vec![
            Box::new(system::System),
            Box::new(structure::Structure),
            Box::new(oracle::Oracle),
            Box::new(potential::Potential),
            Box::new(evaluation::Evaluation),
            Box::new(ensemble::Ensemble),
            Box::new(structure_analysis::StructureAnalysis),
            Box::new(transport::Transport),
            Box::new(phases::Phases),
            Box::new(reactions::Reactions),
            Box::new(schedule::Schedule),
            Box::new(synthesis::Synthesis),
            Box::new(report::Report),
        ],
        thermo_functions::FUNCTIONS.to_vec(),
    )
}
