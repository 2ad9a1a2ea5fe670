//! Random packings, as structures and ensembles say them.

use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, ATOMIC_MASS_KG};
use crate::base::{Element, Formula, Rational};
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{Choice, Default, Field, Range, Type};
use crate::lang::units::Dimension;
use crate::physics::structure::{
    Packing, PackingError, counts_of, edge_at_density_ang, edge_of_melt_ang,
};
use crate::run::kind::{Checked, Finding, MixtureBasis, Value};

const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");
const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");

pub(super) const ATOMS: Field = Field::new(
    "atoms",
    Type::Integer,
    Default::Absent,
    "About how many atoms a packing has: the nearest whole number of formula units.",
    "200",
)
.range(Range::AtLeast(1.0));
pub(super) const DENSITY: Field = Field::new(
            "density",
            Type::Either(&[
                Type::Quantity(Dimension::DENSITY, "g/cm^3"),
                Type::Choice(&[Choice {
                    name: "melt",
                    doc: "That of the melt, by the volumes that Karan et al. (arXiv:2501.08560) start their melts of Ba-Ti-O \
                          from.",
                    arguments: &[Field::new(
                        "temperature",
                        TEMPERATURE,
                        Default::Required,
                        "The temperature of the melt.",
                        "3000 K",
                    )
                    .range(Range::Above(0.0))],
                }]),
            ]),
            Default::Absent,
            "Density of a packing.",
            "4.5 g/cm³",
        )
        .range(Range::Above(0.0));
pub(super) const CLOSEST: Field = Field::new(
            "closest",
            Type::Map(&Type::Formula, &LENGTH),
            Default::Absent,
            "Shortest distances in a packing, by pair; else 0.75 of the sum of covalent radii (Cordero et al. 2008), between \
             two anions of ionic ones (Shannon 1976).",
            "{ TiO: 1.7 Å, O2: 2.2 Å }",
        )
        .range(Range::Above(0.0));

/// `value` gives `amorphous` and the fields below; `prefix` is what comes before them in paths of findings.
pub(super) fn packing(
    value: &dyn Fn(&str) -> Value,
    prefix: &str,
    checked: &mut Checked,
) -> Option<Packing> {
    let Value::Mixture(mixture) = value("amorphous") else {
        return None;
    };
    if mixture.basis == MixtureBasis::Mass {
        checked.finding(
            Finding::new(
                format!("{prefix}amorphous"),
                codes::STRUCTURE,
                "a packing is of whole atoms, and this mixture is by mass",
                "by mass",
            )
            .help("write it in formula units, like `BaO + 2 TiO2`"),
        );
        return None;
    }
    let units: Vec<(Formula, Rational)> = mixture
        .parts
        .iter()
        .filter_map(|(amount, phase)| {
            let exact = amount
                .exact
                .clone()
                .or_else(|| Rational::from_f64(amount.value));
            Some((phase.formula.clone(), exact?))
        })
        .collect();
    let atoms = value("atoms").as_integer()? as usize;
    let fault = |field: &str, error: &PackingError| {
        let help = match error {
            PackingError::TooMany(_) => "write the composition with small whole numbers",
            PackingError::NoMeltVolume(_) => "give a density, like `density: 4.5 g/cm³`",
            _ => "correct it",
        };
        Finding::new(
            format!("{prefix}{field}"),
            codes::STRUCTURE,
            error.to_string(),
            "here",
        )
        .help(help)
    };
    let counts = match counts_of(&units, atoms) {
        Ok(counts) => counts,
        Err(error) => {
            checked.finding(fault("amorphous", &error));
            return None;
        }
    };
    let density = value("density");
    let edge_ang = match density.get("temperature").and_then(Value::as_f64) {
        Some(t_k) => match edge_of_melt_ang(&counts, t_k) {
            Ok(edge) => edge,
            Err(error) => {
                checked.finding(fault("density", &error));
                return None;
            }
        },
        // From eV fs²/Å⁵.
        None => edge_at_density_ang(
            &counts,
            density.as_f64()? / ATOMIC_MASS_EV_FS2_PER_ANG2 * ATOMIC_MASS_KG * 1e27,
        ),
    };
    let mut floors_ang: Vec<(Element, Element, f64)> = Vec::new();
    if let Value::Record(entries) = value("closest") {
        for (name, value) in entries.iter() {
            let pair = Formula::parse(name).ok().and_then(|formula| {
                let atoms: Vec<Element> = formula
                    .integer_amounts()?
                    .into_iter()
                    .flat_map(|(element, count)| {
                        std::iter::repeat_n(element, count.min(3) as usize)
                    })
                    .collect();
                <[Element; 2]>::try_from(atoms).ok()
            });
            let Some([one, other]) = pair else {
                checked.finding(
                    Finding::new(
                        format!("{prefix}closest.{name}"),
                        codes::STRUCTURE,
                        format!("{name} is no pair of atoms"),
                        "not two atoms",
                    )
                    .help("write the two elements together, like `TiO: 1.7 Å` or `O2: 2.2 Å`"),
                );
                continue;
            };
            floors_ang.push((one, other, value.as_f64()?));
        }
    }
    Some(Packing {
        counts,
        edge_ang,
        floors_ang,
    })
}
