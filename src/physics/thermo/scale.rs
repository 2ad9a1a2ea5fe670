//! One energy scale for a set of phases.

use std::collections::BTreeMap;
use std::fmt;

use super::elements::{ElementGibbs, atoms_to_molecules};
use super::library::measured_among;
use super::phase_data::density_g_cm3;
use super::{
    Anchor, Anchored, Evidence, Gibbs, GibbsTable, PhaseData, PhaseSet, State, ThermoError,
    ThermoWarning,
};
use crate::base::constants::KJ_PER_MOL_IN_EV;
use crate::base::{Element, Formula, Phase, Rational, balance};

/// How energies from different sources come onto one scale. Measured and computed formation energies of an oxide
/// differ by tenths of an eV an atom, more than most reactions between solids yield: taken side by side they
/// make one source's phases win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Measured energies only; phases that are only computed are left out.
    #[default]
    Measured,
    /// Computed energies only; phases that are only measured are left out.
    Computed,
    /// Measured energies where there are any; a phase that is only computed takes the measured energies of the
    /// phases that it is made from plus the computed energy of that reaction.
    Anchored,
    /// As `anchored`, with the computed enthalpy of that reaction at every temperature: reactions between solids
    /// hardly change the entropy (Neumann and Kopp), less than the descriptor's error. Gaseous elements keep theirs.
    AnchoredEnthalpy,
}

impl fmt::Display for Scheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Scheme::Measured => "measured energies",
            Scheme::Computed => "computed energies",
            Scheme::Anchored => "computed energies anchored to measured ones",
            Scheme::AnchoredEnthalpy => {
                "computed reaction enthalpies anchored to measured energies"
            }
        })
    }
}

/// Volumes that differ by more are of another polymorph: GGA misses volumes by a few per cent.
const VOLUME_TOLERANCE: f64 = 0.15;
/// Where competing sets of anchors are compared, K: the middle of solid-state synthesis.
const COMPARED_AT_K: f64 = 1000.0;

impl PhaseSet {
    /// Brings entries onto one scale. Entries of measured and computed compounds together need a scheme.
    ///
    /// Entries of the same phase complete each other: one without an energy gives its volume and melting point to the
    /// one with (so a volume can be overridden), and a measured phase without a volume takes the computed one.
    pub fn assemble(
        mut entries: Vec<PhaseData>,
        scheme: Option<Scheme>,
    ) -> Result<PhaseSet, ThermoError> {
        entries.sort_by(|one, other| {
            (&one.phase, one.evidence, &one.origin).cmp(&(
                &other.phase,
                other.evidence,
                &other.origin,
            ))
        });
        let entries = complete(merge(entries)?);
        let names = |evidence: Evidence| -> Vec<Phase> {
            entries
                .iter()
                .filter(|data| data.evidence == evidence && data.gibbs.is_some())
                .map(|data| data.phase.clone())
                .collect()
        };
        let (measured, computed) = (names(Evidence::Measured), names(Evidence::Computed));
        let scheme = match scheme {
            Some(scheme) => scheme,
            None if measured.is_empty() && !computed.is_empty() => Scheme::Computed,
            None if computed.is_empty() => Scheme::Measured,
            None => return Err(ThermoError::MixedScales { measured, computed }),
        };
        let mut warnings = Vec::new();
        let mut phases = match scheme {
            Scheme::Measured => keep(
                entries,
                Evidence::Computed,
                "the scheme is `measured`",
                &mut warnings,
            ),
            Scheme::Computed => keep(
                entries,
                Evidence::Measured,
                "the scheme is `computed`",
                &mut warnings,
            ),
            Scheme::Anchored => anchored(entries, |_, computed, _| Ok(computed), &mut warnings)?,
            Scheme::AnchoredEnthalpy => {
                anchored(without_entropy(entries), with_gases, &mut warnings)?
            }
        };
        phases.sort_by(|one, other| one.phase.cmp(&other.phase));
        warnings.extend(unlikely_densities(&phases));
        Ok(PhaseSet {
            scheme,
            phases,
            warnings,
        })
    }
}

/// What [`Phase::same_as`] compares.
type Name = (Vec<(Element, Rational)>, Option<String>);

fn name(phase: &Phase) -> Name {
    (phase.formula.amounts().to_vec(), phase.label.clone())
}

/// One entry for each phase and kind of evidence.
fn merge(entries: Vec<PhaseData>) -> Result<Vec<PhaseData>, ThermoError> {
    let (with_energy, without): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|data| data.gibbs.is_some());
    let mut merged: Vec<PhaseData> = Vec::new();
    let mut places: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for data in with_energy {
        let same = places.entry(name(&data.phase)).or_default();
        match same
            .iter()
            .find(|at| merged[**at].evidence == data.evidence)
        {
            None => {
                same.push(merged.len());
                merged.push(data);
            }
            Some(at) if merged[*at].gibbs == data.gibbs => fill(&mut merged[*at], &data),
            Some(at) => {
                return Err(ThermoError::Duplicate {
                    phase: data.phase,
                    first: merged[*at].origin.clone(),
                    second: data.origin,
                });
            }
        }
    }
    for data in without {
        let Some(same) = places.get(&name(&data.phase)) else {
            merged.push(data);
            continue;
        };
        for at in same {
            let known = &mut merged[*at];
            if data.volume_ang3.is_some() {
                known.volume_ang3 = data.volume_ang3;
                known.volume_measured = data.volume_measured;
            }
            known.melting_k = data.melting_k.or(known.melting_k);
            known.origin = format!("{}; {}", known.origin, data.origin);
        }
    }
    Ok(merged)
}

/// Takes from another entry of the same phase what this one lacks.
fn fill(known: &mut PhaseData, other: &PhaseData) {
    let lacks_volume = known.volume_ang3.is_none() && other.volume_ang3.is_some();
    let lacks_melting = known.melting_k.is_none() && other.melting_k.is_some();
    if lacks_volume {
        known.volume_ang3 = other.volume_ang3;
        known.volume_measured = other.volume_measured;
    }
    if lacks_melting {
        known.melting_k = other.melting_k;
    }
    known.observed = known.observed.or(other.observed);
    if (lacks_volume || lacks_melting) && known.origin != other.origin {
        known.origin = format!("{}; {}", known.origin, other.origin);
    }
}

/// Fills measured entries from computed ones of the same phase.
fn complete(mut entries: Vec<PhaseData>) -> Vec<PhaseData> {
    let computed: BTreeMap<Name, PhaseData> = entries
        .iter()
        .filter(|data| data.evidence == Evidence::Computed)
        .map(|data| (name(&data.phase), data.clone()))
        .collect();
    for data in &mut entries {
        let other = computed.get(&name(&data.phase));
        if let Some(other) = other.filter(|_| data.evidence == Evidence::Measured) {
            fill(data, other);
        }
    }
    entries
}

fn keep(
    entries: Vec<PhaseData>,
    not: Evidence,
    why: &str,
    warnings: &mut Vec<ThermoWarning>,
) -> Vec<PhaseData> {
    let (out, kept): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|data| data.evidence == not && data.gibbs.is_some());
    let phases: Vec<Phase> = out
        .into_iter()
        .map(|data| data.phase)
        .filter(|phase| !kept.iter().any(|data| data.phase.same_as(phase)))
        .collect();
    if !phases.is_empty() {
        warnings.push(ThermoWarning::LeftOut {
            phases,
            why: why.into(),
        });
    }
    kept
}

/// Computed compounds with their enthalpy in place of their Gibbs energy, wherever the descriptor would give it.
fn without_entropy(mut entries: Vec<PhaseData>) -> Vec<PhaseData> {
    for data in &mut entries {
        let (Some(Gibbs::Descriptor(descriptor)), Some((from, to))) = (&data.gibbs, data.range_k())
        else {
            continue;
        };
        if data.phase.formula.amounts().len() > 1 {
            let enthalpy = descriptor.enthalpy_ev_per_atom * data.phase.formula.atoms();
            data.gibbs = GibbsTable::new(vec![(from, enthalpy), (to, enthalpy)])
                .ok()
                .map(Gibbs::Table);
        }
    }
    entries
}

/// A computed enthalpy with the Gibbs energy of the gaseous elements that a phase takes up beside its anchors. That the
/// entropy of solids does not change is a fair guess; that of a gas which is bound is lost, and decides: without it
/// BaO2 would never give off its oxygen.
fn with_gases(phase: &Phase, enthalpy: Gibbs, anchors: &[Anchor]) -> Result<Gibbs, ThermoError> {
    const EVERY_K: f64 = 100.0;
    let bound: Vec<(Element, f64)> = phase
        .formula
        .amounts()
        .iter()
        .filter(|(element, _)| atoms_to_molecules(*element) > 0.0)
        .map(|(element, amount)| {
            let in_anchors: f64 = anchors
                .iter()
                .map(|anchor| anchor.amount * anchor.phase.formula.amount(*element).to_f64())
                .sum();
            (*element, amount.to_f64() - in_anchors)
        })
        .filter(|(_, atoms)| *atoms > 1e-9)
        .collect();
    let Some((from, to)) = enthalpy.range_k(phase).filter(|_| !bound.is_empty()) else {
        return Ok(enthalpy);
    };
    // The temperatures at which the table of the elements has its rows.
    let mut t_k = vec![from];
    let first = (from / EVERY_K).floor() as u32 + 1;
    t_k.extend(
        (first..)
            .map(|row| f64::from(row) * EVERY_K)
            .take_while(|t_k| *t_k < to),
    );
    t_k.push(to);
    let elements = ElementGibbs::standard();
    let rows = t_k.into_iter().map(|t_k| {
        let mut ev = enthalpy.formation_ev(phase, t_k)?;
        for (element, atoms) in &bound {
            ev -= atoms * elements.ev_per_atom_at_one_bar(*element, phase, t_k)?;
        }
        Ok((t_k, ev))
    });
    Ok(Gibbs::Table(GibbsTable::new(
        rows.collect::<Result<_, ThermoError>>()?,
    )?))
}

/// A measured phase, most stable of its formula, and its computed counterpart.
struct Pair<'a> {
    measured: &'a PhaseData,
    computed: &'a PhaseData,
}

/// `finished` completes the computed energy of a phase when its anchors are known.
fn anchored(
    entries: Vec<PhaseData>,
    finished: impl Fn(&Phase, Gibbs, &[Anchor]) -> Result<Gibbs, ThermoError>,
    warnings: &mut Vec<ThermoWarning>,
) -> Result<Vec<PhaseData>, ThermoError> {
    let of = |evidence: Evidence| {
        entries
            .iter()
            .filter(move |data| data.evidence == evidence && data.gibbs.is_some())
    };
    let pairs = pair_up(
        &of(Evidence::Measured).collect::<Vec<_>>(),
        &of(Evidence::Computed).collect::<Vec<_>>(),
    );
    let mut phases: Vec<PhaseData> = entries
        .iter()
        .filter(|data| data.evidence != Evidence::Computed || data.gibbs.is_none())
        .cloned()
        .collect();
    let (mut moved, mut replaced, mut used): (Vec<Phase>, Vec<Phase>, Vec<Phase>) =
        Default::default();
    for data in of(Evidence::Computed) {
        let is_counterpart = pairs
            .iter()
            .any(|pair| pair.computed.phase.same_as(&data.phase));
        if is_counterpart || of(Evidence::Measured).any(|known| known.phase.same_as(&data.phase)) {
            replaced.push(data.phase.clone());
            continue;
        }
        let Some(computed) = data.gibbs.clone() else {
            continue;
        };
        if data.phase.formula.amounts().len() == 1 {
            phases.push(data.clone());
            continue;
        }
        let anchors = anchors_of(&data.phase, &pairs, None)?;
        for anchor in &anchors {
            if !used.contains(&anchor.phase) {
                used.push(anchor.phase.clone());
            }
        }
        let made_from = anchors
            .iter()
            .map(|anchor| format!("{} {}", anchor.amount, anchor.phase))
            .collect::<Vec<_>>()
            .join(" + ");
        moved.push(data.phase.clone());
        phases.push(PhaseData {
            evidence: Evidence::Anchored,
            gibbs: Some(Gibbs::Anchored(Anchored {
                computed: Box::new(finished(&data.phase, computed, &anchors)?),
                anchors,
            })),
            origin: format!("{}; anchored to {made_from}", data.origin),
            ..data.clone()
        });
    }
    replaced.retain(|phase| !phases.iter().any(|data| data.phase.same_as(phase)));
    if !replaced.is_empty() {
        warnings.push(ThermoWarning::LeftOut {
            phases: replaced,
            why: "measured energies stand for them".into(),
        });
    }
    if !moved.is_empty() {
        used.sort();
        warnings.push(ThermoWarning::AnchoredScale {
            phases: moved,
            anchors: used,
        });
        warnings.extend(misfits(&pairs));
    }
    Ok(phases)
}

/// Each measured formula with its computed counterpart: the one with the same label, else the most stable one.
fn pair_up<'a>(measured: &[&'a PhaseData], computed: &[&'a PhaseData]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for data in measured {
        if data.state == State::Gas {
            continue;
        }
        let of_formula =
            |one: &&&'a PhaseData| one.phase.formula.amounts() == data.phase.formula.amounts();
        let counterpart = computed
            .iter()
            .filter(of_formula)
            .find(|one| one.phase.label == data.phase.label)
            .or_else(|| {
                computed
                    .iter()
                    .filter(of_formula)
                    .min_by(|one, other| compared_ev(one).total_cmp(&compared_ev(other)))
            });
        let Some(counterpart) = counterpart else {
            continue;
        };
        let rival = pairs
            .iter_mut()
            .find(|pair| pair.computed.phase.same_as(&counterpart.phase));
        match rival {
            Some(pair) if compared_ev(data) < compared_ev(pair.measured) => pair.measured = data,
            Some(_) => {}
            None => pairs.push(Pair {
                measured: data,
                computed: counterpart,
            }),
        }
    }
    pairs.sort_by(|one, other| one.measured.phase.cmp(&other.measured.phase));
    pairs
}

/// The energy at which phases are compared: at 1000 K, or where the data that do not reach it begin.
fn compared_ev(data: &PhaseData) -> f64 {
    data.formation_ev(COMPARED_AT_K)
        .or_else(|error| {
            data.range_k()
                .map_or(Err(error), |range| data.formation_ev(range.0))
        })
        .unwrap_or(f64::INFINITY)
}

/// The anchors from which a phase is made and their amounts in its formula unit: of all sets that balance, the one
/// with the lowest measured energy, which is the assemblage that competes with the phase. Elements fill what the
/// compounds leave open, and add nothing: their energy is zero on both scales.
fn anchors_of(
    phase: &Phase,
    pairs: &[Pair<'_>],
    without: Option<&Phase>,
) -> Result<Vec<Anchor>, ThermoError> {
    let inside: Vec<&Pair<'_>> = pairs
        .iter()
        .filter(|pair| without.is_none_or(|one| !one.same_as(&pair.measured.phase)))
        .filter(|pair| {
            let mut elements = pair.measured.phase.formula.elements();
            elements.all(|element| phase.formula.amount(element).is_positive())
        })
        .collect();
    let elements: Vec<Element> = phase.formula.elements().collect();
    let holds = |pair: &Pair<'_>, element: Element| {
        pair.measured.phase.formula.amount(element).is_positive()
    };
    let nowhere = elements
        .iter()
        .find(|element| !pairs.iter().any(|pair| holds(pair, **element)));
    let not_inside = elements
        .iter()
        .find(|element| !inside.iter().any(|pair| holds(pair, **element)));
    if let Some(element) = nowhere.or(not_inside) {
        return Err(ThermoError::NoAnchor {
            phase: phase.clone(),
            element: *element,
        });
    }
    let parts: Vec<(Formula, Option<&Pair<'_>>)> = inside
        .iter()
        .map(|pair| (pair.measured.phase.formula.clone(), Some(*pair)))
        .chain(
            elements
                .iter()
                .filter_map(|element| Some((Formula::parse(element.symbol()).ok()?, None))),
        )
        .collect();
    let mut best: Option<(f64, Vec<Anchor>)> = None;
    for chosen in subsets(parts.len(), elements.len()) {
        let formulas: Vec<Formula> = chosen.iter().map(|at| parts[*at].0.clone()).collect();
        let Ok(balanced) = balance(std::slice::from_ref(&phase.formula), &formulas) else {
            continue;
        };
        let Some(whole) = balanced.reactants.first().map(Rational::to_f64) else {
            continue;
        };
        let anchors: Vec<Anchor> = chosen
            .iter()
            .zip(&balanced.products)
            .filter_map(|(at, amount)| {
                let pair = parts[*at].1?;
                Some(Anchor {
                    amount: amount.to_f64() / whole,
                    phase: pair.measured.phase.clone(),
                    measured: pair.measured.gibbs.clone()?,
                    computed: pair.computed.gibbs.clone()?,
                })
            })
            .collect();
        let energy: f64 = chosen
            .iter()
            .zip(&balanced.products)
            .filter_map(|(at, amount)| {
                Some(amount.to_f64() / whole * compared_ev(parts[*at].1?.measured))
            })
            .sum();
        if best.as_ref().is_none_or(|(lowest, _)| energy < *lowest) {
            best = Some((energy, anchors));
        }
    }
    best.map(|(_, anchors)| anchors)
        .ok_or_else(|| ThermoError::NoAnchor {
            phase: phase.clone(),
            element: elements[0],
        })
}

/// Choices of at most `most` of `count` things, in lexicographic order.
fn subsets(count: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<Vec<usize>> = vec![Vec::new()];
    while let Some(chosen) = open.pop() {
        if !chosen.is_empty() {
            all.push(chosen.clone());
        }
        if chosen.len() < most {
            let next = chosen.last().map_or(0, |last| last + 1);
            open.extend((next..count).map(|one| chosen.iter().copied().chain([one]).collect()));
        }
    }
    all.sort();
    all
}

/// How well the scheme predicts the anchors that other compounds can make.
fn misfits(pairs: &[Pair<'_>]) -> Vec<ThermoWarning> {
    let misfit = |pair: &Pair<'_>| {
        let phase = &pair.measured.phase;
        let anchors = anchors_of(phase, pairs, Some(phase)).ok()?;
        let atoms: f64 = anchors
            .iter()
            .map(|anchor| anchor.amount * anchor.phase.formula.atoms())
            .sum();
        // Made from elements, it would test the computed scale and not the scheme.
        if (atoms - phase.formula.atoms()).abs() > 1e-6 {
            return None;
        }
        let predicted = Gibbs::Anchored(Anchored {
            computed: Box::new(pair.computed.gibbs.clone()?),
            anchors,
        });
        let difference = predicted.formation_ev(phase, COMPARED_AT_K).ok()?
            - pair.measured.formation_ev(COMPARED_AT_K).ok()?;
        Some(ThermoWarning::AnchorMisfit {
            phase: phase.clone(),
            misfit_kj_mol: difference / KJ_PER_MOL_IN_EV,
            t_k: COMPARED_AT_K,
        })
    };
    pairs.iter().filter_map(misfit).collect()
}

/// Condensed phases whose computed volume, or the volume that their energy belongs to, is far from every measured
/// one of that name: of the same label if it has a measured namesake, of the same formula if not.
fn unlikely_densities(phases: &[PhaseData]) -> Vec<ThermoWarning> {
    let mut references = measured_among(phases);
    references.extend(super::library::reference_volumes().iter().cloned());
    let mut warnings = Vec::new();
    for data in phases.iter().filter(|data| data.state != State::Gas) {
        let of_formula: Vec<&(Phase, f64)> = references
            .iter()
            .filter(|(phase, _)| phase.formula.amounts() == data.phase.formula.amounts())
            .collect();
        let namesake = of_formula
            .iter()
            .find(|(phase, _)| data.phase.label.is_some() && phase.label == data.phase.label);
        let own = data.volume_ang3.filter(|_| !data.volume_measured);
        let of_energy = match &data.gibbs {
            Some(Gibbs::Descriptor(descriptor)) => {
                Some(descriptor.volume_ang3_per_atom * data.phase.formula.atoms())
            }
            _ => None,
        };
        for (volume, is_of_energy) in [(own, false), (of_energy, true)] {
            let Some(volume) = volume else { continue };
            let off = |reference: &(Phase, f64)| (volume / reference.1 - 1.0).abs();
            let nearest = namesake
                .or_else(|| {
                    of_formula
                        .iter()
                        .min_by(|one, other| off(one).total_cmp(&off(other)))
                })
                .filter(|reference| off(reference) > VOLUME_TOLERANCE);
            if let Some((reference, reference_ang3)) = nearest {
                warnings.push(ThermoWarning::Density {
                    phase: data.phase.clone(),
                    of_energy: is_of_energy,
                    density_g_cm3: density_g_cm3(&data.phase, volume),
                    reference: reference.clone(),
                    reference_g_cm3: density_g_cm3(reference, *reference_ang3),
                });
                break;
            }
        }
    }
    warnings
}
