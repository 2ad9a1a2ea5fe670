//! Structure types by name: which group, and which sites the elements of a formula take.

use thiserror::Error;

use super::configuration::Structure;
use super::crystal::{CrystalError, Site, crystal};
use super::symmetry::{SpaceGroup, SymmetryError};
use crate::base::{Element, Formula};

/// A structure type. Positions are those of the International Tables, volume A, in the setting named.
#[derive(Debug)]
pub struct Prototype {
    pub name: &'static str,
    /// One sentence: who has it, and what its parameters are.
    pub doc: &'static str,
    group: &'static str,
    /// c/a where geometry fixes it (close packing); else it is given, unless the cell is cubic.
    ideal_c_over_a: Option<f64>,
    /// Free coordinates by name, with the value that geometry has for them, if it has one.
    pub free: &'static [(&'static str, Option<f64>)],
    /// Elements in the order of the formula: how many atoms each in a formula unit, and its Wyckoff letter.
    roles: &'static [Role],
}

#[derive(Debug)]
struct Role {
    count: usize,
    letter: char,
    /// Which of x, y and z is which free coordinate.
    free: [Coordinate; 3],
}

#[derive(Debug, Clone, Copy)]
enum Coordinate {
    Zero,
    Free(usize),
}

use Coordinate::{Free, Zero};

const fn role(count: usize, letter: char) -> Role {
    Role {
        count,
        letter,
        free: [Zero; 3],
    }
}

const fn free_role(count: usize, letter: char, free: [Coordinate; 3]) -> Role {
    Role {
        count,
        letter,
        free,
    }
}

/// √(8/3): c/a of close-packed spheres.
const CLOSE_PACKED: f64 = 1.632_993_161_855_452;

pub const PROTOTYPES: &[Prototype] = &[
    Prototype {
        name: "fcc",
        doc: "Face-centred cubic metals; `a`.",
        group: "Fm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a')],
    },
    Prototype {
        name: "bcc",
        doc: "Body-centred cubic metals; `a`.",
        group: "Im-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a')],
    },
    Prototype {
        name: "hcp",
        doc: "Hexagonal close-packed metals; `a`, and `c` if not √(8/3) a.",
        group: "P6_3/mmc",
        ideal_c_over_a: Some(CLOSE_PACKED),
        free: &[],
        roles: &[role(1, 'c')],
    },
    Prototype {
        name: "diamond",
        doc: "Diamond, silicon; `a`.",
        group: "Fd-3m:2",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a')],
    },
    Prototype {
        name: "rocksalt",
        doc: "NaCl, MgO, BaO; `a`.",
        group: "Fm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a'), role(1, 'b')],
    },
    Prototype {
        name: "cscl",
        doc: "CsCl; `a`.",
        group: "Pm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a'), role(1, 'b')],
    },
    Prototype {
        name: "zincblende",
        doc: "Cubic ZnS, GaAs; `a`.",
        group: "F-43m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a'), role(1, 'c')],
    },
    Prototype {
        name: "wurtzite",
        doc: "Hexagonal ZnS, ZnO; `a`, `c` if not √(8/3) a, and `u`, the bond along c over c, if not 3/8.",
        group: "P6_3mc",
        ideal_c_over_a: Some(CLOSE_PACKED),
        free: &[("u", Some(0.375))],
        roles: &[role(1, 'b'), free_role(1, 'b', [Zero, Zero, Free(0)])],
    },
    Prototype {
        name: "nickeline",
        doc: "NiAs; `a`, and `c` if not √(8/3) a.",
        group: "P6_3/mmc",
        ideal_c_over_a: Some(CLOSE_PACKED),
        free: &[],
        roles: &[role(1, 'a'), role(1, 'c')],
    },
    Prototype {
        name: "fluorite",
        doc: "CaF2, ZrO2; `a`.",
        group: "Fm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a'), role(2, 'c')],
    },
    Prototype {
        name: "antifluorite",
        doc: "Li2O, Na2O; `a`.",
        group: "Fm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(2, 'c'), role(1, 'a')],
    },
    Prototype {
        name: "rutile",
        doc: "TiO2, SnO2; `a`, `c`, and `u`, the coordinate x of the anion.",
        group: "P4_2/mnm",
        ideal_c_over_a: None,
        free: &[("u", None)],
        roles: &[role(1, 'a'), free_role(2, 'f', [Free(0), Free(0), Zero])],
    },
    Prototype {
        name: "anatase",
        doc: "TiO2; `a`, `c`, and `u`, the coordinate z of the anion from the cation at the origin.",
        group: "I4_1/amd:1",
        ideal_c_over_a: None,
        free: &[("u", None)],
        roles: &[role(1, 'a'), free_role(2, 'e', [Zero, Zero, Free(0)])],
    },
    Prototype {
        name: "perovskite",
        doc: "Cubic BaTiO3, SrTiO3: the large cation first; `a`.",
        group: "Pm-3m",
        ideal_c_over_a: None,
        free: &[],
        roles: &[role(1, 'a'), role(1, 'b'), role(3, 'c')],
    },
    Prototype {
        name: "spinel",
        doc: "MgAl2O4: the tetrahedral cation first; `a`, and `u`, the coordinate of the anion from an inversion centre, if \
              not 1/4.",
        group: "Fd-3m:2",
        ideal_c_over_a: None,
        free: &[("u", Some(0.25))],
        roles: &[role(1, 'a'), role(2, 'd'), free_role(4, 'e', [Free(0); 3])],
    },
    Prototype {
        name: "corundum",
        doc: "Al2O3, Fe2O3 on hexagonal axes; `a`, `c`, `z` of the cation and `x` of the anion.",
        group: "R-3c:H",
        ideal_c_over_a: None,
        free: &[("z", None), ("x", None)],
        roles: &[
            free_role(2, 'c', [Zero, Zero, Free(0)]),
            free_role(3, 'e', [Free(1), Zero, Zero]),
        ],
    },
];

#[derive(Debug, Clone, PartialEq, Error)]
pub enum PrototypeError {
    #[error("there is no prototype `{0}`")]
    Unknown(String),
    #[error("{formula} has not the composition of {prototype}, whose elements are as {ratio}")]
    Composition {
        prototype: &'static str,
        formula: String,
        ratio: String,
    },
    #[error("{prototype} needs `{parameter}`")]
    Missing {
        prototype: &'static str,
        parameter: &'static str,
    },
    #[error("a cubic {0} has no `c`")]
    CubicWithC(&'static str),
    #[error(transparent)]
    Symmetry(#[from] SymmetryError),
    #[error(transparent)]
    Crystal(#[from] CrystalError),
}

impl Prototype {
    pub fn named(name: &str) -> Result<&'static Self, PrototypeError> {
        PROTOTYPES
            .iter()
            .find(|known| known.name == name)
            .ok_or_else(|| PrototypeError::Unknown(name.into()))
    }

    pub fn group(&self) -> Result<SpaceGroup, SymmetryError> {
        SpaceGroup::from_symbol(self.group)
    }

    /// The conventional cell. `free` has the free coordinates in the order of [`Prototype::free`].
    pub fn build(
        &self,
        formula: &Formula,
        a_ang: f64,
        c_ang: Option<f64>,
        free: &[Option<f64>],
    ) -> Result<Structure, PrototypeError> {
        let elements = self.elements(formula)?;
        let group = self.group()?;
        let missing = |parameter| PrototypeError::Missing {
            prototype: self.name,
            parameter,
        };
        let cubic = group.number() >= 195;
        if cubic && c_ang.is_some() {
            return Err(PrototypeError::CubicWithC(self.name));
        }
        let c_ang = match c_ang.or_else(|| Some(a_ang * self.ideal_c_over_a?)) {
            None if !cubic => return Err(missing("c")),
            c_ang => c_ang,
        };
        let cell = group.cell([Some(a_ang), None, c_ang], [None; 3])?;
        let mut values = Vec::new();
        for (at, (name, ideal)) in self.free.iter().enumerate() {
            let given = free.get(at).copied().flatten();
            values.push(given.or(*ideal).ok_or_else(|| missing(name))?);
        }
        let mut sites = Vec::new();
        for (role, element) in self.roles.iter().zip(elements) {
            let point = role.free.map(|coordinate| match coordinate {
                Zero => 0.0,
                Free(at) => values[at],
            });
            sites.push(Site {
                element,
                fractional: group.wyckoff(role.letter, point)?,
            });
        }
        Ok(crystal(cell, &group.operations(), &sites, 0.05)?)
    }

    /// The elements by role: in the order of the formula, or in the one other order that has the right amounts.
    fn elements(&self, formula: &Formula) -> Result<Vec<Element>, PrototypeError> {
        let error = || {
            let counts: Vec<String> = self
                .roles
                .iter()
                .map(|role| role.count.to_string())
                .collect();
            PrototypeError::Composition {
                prototype: self.name,
                formula: formula.text().into(),
                ratio: counts.join(" : "),
            }
        };
        let written = in_order(formula);
        if written.len() != self.roles.len() {
            return Err(error());
        }
        let scale = self.roles.iter().map(|role| role.count as f64).sum::<f64>() / formula.atoms();
        let fits = |order: &[Element]| {
            order.iter().zip(self.roles).all(|(element, role)| {
                (formula.amount(*element).to_f64() * scale - role.count as f64).abs() < 1e-9
            })
        };
        if fits(&written) {
            return Ok(written);
        }
        let mut by_count = written.clone();
        by_count.sort_by_key(|element| formula.amount(*element));
        let mut order = vec![0; self.roles.len()];
        let mut ranks: Vec<usize> = (0..self.roles.len()).collect();
        ranks.sort_by_key(|at| self.roles[*at].count);
        for (rank, at) in ranks.into_iter().enumerate() {
            order[at] = rank;
        }
        let other: Vec<Element> = order.into_iter().map(|rank| by_count[rank]).collect();
        if fits(&other) {
            Ok(other)
        } else {
            Err(error())
        }
    }
}

/// The elements in the order in which the text first has them.
fn in_order(formula: &Formula) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let text = formula.text();
    for (at, _) in text.char_indices().filter(|(_, c)| c.is_ascii_uppercase()) {
        let rest = &text[at..];
        let lower = rest[1..]
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(rest.len() - 1);
        if let Some(element) = Element::from_symbol(&rest[..=lower])
            && !elements.contains(&element)
        {
            elements.push(element);
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::super::symmetry::Symmetry;
    use super::*;

    fn build(name: &str, formula: &str, a: f64, c: Option<f64>, free: &[f64]) -> Structure {
        let free: Vec<Option<f64>> = free.iter().map(|x| Some(*x)).collect();
        Prototype::named(name)
            .unwrap()
            .build(&Formula::parse(formula).unwrap(), a, c, &free)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Bonds of the first atom: how many neighbours of that element within a distance.
    fn neighbours(structure: &Structure, of: usize, symbol: &str, within: f64) -> usize {
        let rows = structure.cell.rows_ang();
        let mut count = 0;
        for (element, position) in structure.elements.iter().zip(&structure.positions_ang) {
            for shift in 0..125 {
                let [i, j, k] = [shift / 25, shift / 5 % 5, shift % 5].map(|x| f64::from(x) - 2.0);
                let away: [f64; 3] = std::array::from_fn(|x| {
                    position[x] + i * rows[0][x] + j * rows[1][x] + k * rows[2][x]
                        - structure.positions_ang[of][x]
                });
                let distance = super::super::linear::norm(away);
                count +=
                    usize::from(element.symbol() == symbol && distance > 0.1 && distance < within);
            }
        }
        count
    }

    /// Group, atoms of the cell, density where the literature's lattice parameters give a well-known one (g/cm³), and
    /// the coordination of the first atom by the last element.
    #[test]
    fn prototypes_have_their_group_count_and_coordination() {
        let cases: &[(
            &str,
            &str,
            f64,
            Option<f64>,
            &[f64],
            u8,
            usize,
            &str,
            f64,
            usize,
        )] = &[
            ("fcc", "Cu", 3.615, None, &[], 225, 4, "Cu", 2.7, 12),
            ("bcc", "Ba", 5.025, None, &[], 229, 2, "Ba", 4.6, 8),
            ("hcp", "Ti", 2.95, Some(4.686), &[], 194, 2, "Ti", 3.1, 12),
            ("diamond", "Si", 5.431, None, &[], 227, 8, "Si", 2.5, 4),
            ("rocksalt", "BaO", 5.523, None, &[], 225, 8, "O", 2.9, 6),
            ("cscl", "CsCl", 4.12, None, &[], 221, 2, "Cl", 3.7, 8),
            ("zincblende", "ZnS", 5.41, None, &[], 216, 8, "S", 2.5, 4),
            (
                "wurtzite",
                "ZnO",
                3.25,
                Some(5.207),
                &[0.382],
                186,
                4,
                "O",
                2.2,
                4,
            ),
            (
                "nickeline",
                "NiAs",
                3.62,
                Some(5.03),
                &[],
                194,
                4,
                "As",
                2.6,
                6,
            ),
            ("fluorite", "CaF2", 5.463, None, &[], 225, 12, "F", 2.5, 8),
            (
                "antifluorite",
                "Li2O",
                4.61,
                None,
                &[],
                225,
                12,
                "O",
                2.1,
                4,
            ),
            (
                "rutile",
                "TiO2",
                4.593,
                Some(2.959),
                &[0.3051],
                136,
                6,
                "O",
                2.1,
                6,
            ),
            (
                "anatase",
                "TiO2",
                3.7842,
                Some(9.5146),
                &[0.2081],
                141,
                12,
                "O",
                2.1,
                6,
            ),
            (
                "perovskite",
                "BaTiO3",
                4.006,
                None,
                &[],
                221,
                5,
                "O",
                2.9,
                12,
            ),
            (
                "spinel",
                "MgAl2O4",
                8.083,
                None,
                &[0.2624],
                227,
                56,
                "O",
                2.1,
                4,
            ),
            (
                "corundum",
                "Al2O3",
                4.759,
                Some(12.991),
                &[0.3522, 0.3063],
                167,
                30,
                "O",
                2.1,
                6,
            ),
        ];
        assert_eq!(cases.len(), PROTOTYPES.len());
        for (name, formula, a, c, free, number, atoms, ligand, within, coordination) in cases {
            let built = build(name, formula, *a, *c, free);
            assert_eq!(built.len(), *atoms, "{name}");
            assert_eq!(
                Symmetry::of(&built, 1e-4).unwrap().group.number(),
                *number,
                "{name}"
            );
            assert_eq!(
                neighbours(&built, 0, ligand, *within),
                *coordination,
                "{name}"
            );
        }
    }

    #[test]
    fn roles_follow_the_formula_or_the_amounts() {
        assert_eq!(
            build("spinel", "O4Al2Mg", 8.083, None, &[]).elements,
            build("spinel", "MgAl2O4", 8.083, None, &[]).elements
        );
        assert_ne!(
            build("perovskite", "TiBaO3", 4.0, None, &[]).elements,
            build("perovskite", "BaTiO3", 4.0, None, &[]).elements
        );
        let formula = Formula::parse("TiO2").unwrap();
        let refused = Prototype::named("rocksalt")
            .unwrap()
            .build(&formula, 4.0, None, &[]);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "TiO2 has not the composition of rocksalt, whose elements are as 1 : 1"
        );
        let missing = Prototype::named("rutile")
            .unwrap()
            .build(&formula, 4.0, None, &[]);
        assert_eq!(missing.unwrap_err().to_string(), "rutile needs `c`");
    }
}
