//! Where the energy of a potential is known not to be smooth, in words for a person.

use super::core_repulsion::InnerCutoff;
use super::embedding::EmbeddingForm;
use super::model::{Interactions, Model};
use super::radial::RadialBasis;

/// Functions that do not vanish at the cutoff by more than this jump there.
const JUMP: f64 = 1e-8;
/// Those with a larger slope there bend.
const BEND_PER_ANG: f64 = 1e-2;

/// The discontinuities that a potential has by its form: one sentence each, empty if it is smooth. Dynamics near them do
/// not conserve energy, and forces there are not the slope that a step of finite size sees.
pub fn discontinuities(model: &Model) -> Vec<String> {
    let interactions = &model.interactions;
    let elements = interactions.elements.len();
    let mut found = Vec::new();
    let pairs = |holds: &dyn Fn(usize) -> bool| -> Vec<String> {
        // Both orders of a pair are one pair to a reader.
        let both = |at: usize| holds(at) || holds(at % elements * elements + at / elements);
        let once = (0..elements * elements).filter(|at| at / elements <= at % elements);
        once.filter(|&at| both(at))
            .map(|at| name(interactions, at))
            .collect()
    };
    let jumping = pairs(&|at| jumps_at_cutoff(interactions, at));
    if !jumping.is_empty() {
        found.push(format!(
            "Radial functions of {} do not vanish at the cutoff: the energy jumps when a neighbour crosses it.",
            jumping.join(", ")
        ));
    }
    let kinked =
        pairs(&|at| !jumps_at_cutoff(interactions, at) && bends_at_cutoff(interactions, at));
    if !kinked.is_empty() {
        found.push(format!(
            "Radial functions of {} end at the cutoff with a slope: forces jump when a neighbour crosses it.",
            kinked.join(", ")
        ));
    }
    if interactions.inner_cutoff != InnerCutoff::Density {
        let abrupt = pairs(&|at| {
            interactions.bonds[at].inner.width == 0.0 && interactions.bonds[at].inner.end > 0.0
        });
        if !abrupt.is_empty() {
            found.push(format!(
                "The inner cutoff of {} has no width: the energy jumps when a neighbour crosses it.",
                abrupt.join(", ")
            ));
        }
    }
    if interactions.inner_cutoff == InnerCutoff::Zbl {
        let unlike = pairs(&|at| interactions.bonds[at].inner.width == 0.0);
        if !unlike.is_empty() {
            found.push(format!(
                "With core repulsion of type zbl and no inner width, python-ace and LAMMPS leave out the radial functions of {} \
                 below 1 Å, so that the energy jumps there; here they are kept.",
                unlike.join(", ")
            ));
        }
        let switched = pairs(&|at| interactions.bonds[at].inner.width > 0.0);
        if !switched.is_empty() {
            found.push(format!(
                "Core repulsion of type zbl follows the nearest neighbour alone: while atoms of {} are closer than their inner \
                 cutoff, forces jump when another neighbour becomes the nearest.",
                switched.join(", ")
            ));
        }
    }
    let steep: Vec<&str> = interactions
        .sites
        .iter()
        .zip(&interactions.elements)
        .filter(|(site, _)| {
            let terms = site.embedding.terms.iter();
            site.embedding.form == EmbeddingForm::FinnisSinclair
                && terms
                    .clone()
                    .any(|term| term.exponent < 1.0 && term.weight != 0.0)
        })
        .map(|(_, element)| element.symbol())
        .collect();
    if !steep.is_empty() {
        found.push(format!(
            "The embedding FinnisSinclair of {} has an exponent below 1: where a density passes through zero its slope grows \
             up to a thousandfold and more within 1e-6, and forces change as fast.",
            steep.join(", ")
        ));
    }
    found
}

/// What the energy of a potential lacks because its file cannot hold it: one sentence each.
pub fn missing_parts(model: &Model) -> Vec<String> {
    let mut bonds = model.interactions.bonds.iter();
    if bonds.any(|bond| matches!(bond.basis, RadialBasis::Tabulated(_))) {
        return vec![
            "ACEpotentials writes the pair potential of a model into a table of its own (`…_pairpot.table`), which this file does \
             not hold: energies are those of the many-body part."
                .to_owned(),
        ];
    }
    Vec::new()
}

/// As in `Ba-O`.
fn name(interactions: &Interactions, at: usize) -> String {
    let count = interactions.elements.len();
    format!(
        "{}-{}",
        interactions.elements[at / count],
        interactions.elements[at % count]
    )
}

/// Whether a function of the bond is not zero just below the cutoff.
fn jumps_at_cutoff(interactions: &Interactions, at: usize) -> bool {
    at_cutoff(interactions, at).0 > JUMP
}

/// Whether a function of the bond has a slope just below the cutoff.
fn bends_at_cutoff(interactions: &Interactions, at: usize) -> bool {
    at_cutoff(interactions, at).1 > BEND_PER_ANG
}

/// The largest value and the largest slope (1/Å) of functions just below the cutoff.
fn at_cutoff(interactions: &Interactions, at: usize) -> (f64, f64) {
    let bond = &interactions.bonds[at];
    let mut values = vec![0.0; bond.nradbase];
    let mut slopes = values.clone();
    let just_below = bond.cutoff_ang.next_down();
    bond.basis.evaluate(
        bond,
        interactions.inner_cutoff,
        just_below,
        &mut values,
        &mut slopes,
    );
    let largest = |of: &[f64]| of.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    (largest(&values), largest(&slopes))
}
