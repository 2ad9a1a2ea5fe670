use indexmap::IndexMap;

use crate::physics::structure::Structure;

/// A configuration with what a program wrote beside it: labels, velocities, where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub structure: Structure,
    /// Along which lattice vectors it repeats, as far as the file says; the physics repeats all three.
    pub periodic: [bool; 3],
    /// Of the configuration as a whole, in the order of the file.
    pub info: IndexMap<String, Info>,
    /// Of each atom, in the order of the file; elements and positions are in `structure`.
    pub columns: IndexMap<String, Column>,
}

/// A value of a configuration as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Info {
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    Booleans(Vec<bool>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
}

/// `width` values for each atom, those of one atom next to each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub width: usize,
    pub values: Values,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Booleans(Vec<bool>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
    Texts(Vec<String>),
}

impl From<Structure> for Frame {
    fn from(structure: Structure) -> Self {
        Frame {
            structure,
            periodic: [true; 3],
            info: IndexMap::new(),
            columns: IndexMap::new(),
        }
    }
}

impl Frame {
    /// The number `name` of the configuration: `energy`, eV, as a rule.
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.info.get(name)? {
            Info::Real(value) => Some(*value),
            Info::Integer(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// Three numbers for each atom: `forces`, eV/Å, as a rule.
    pub fn vectors(&self, name: &str) -> Option<Vec<[f64; 3]>> {
        match self.columns.get(name)? {
            Column {
                width: 3,
                values: Values::Reals(values),
            } => Some(values.as_chunks().0.to_vec()),
            _ => None,
        }
    }

    pub fn set_vectors(&mut self, name: &str, vectors: &[[f64; 3]]) {
        let column = Column {
            width: 3,
            values: Values::Reals(vectors.as_flattened().to_vec()),
        };
        self.columns.insert(name.to_owned(), column);
    }

    pub fn energy_ev(&self) -> Option<f64> {
        self.real("energy")
    }

    /// eV/Å.
    pub fn forces(&self) -> Option<Vec<[f64; 3]>> {
        self.vectors("forces").or_else(|| self.vectors("force"))
    }

    /// (1/V) ∂E/∂ε, eV/Å³, tension positive: from `stress` (nine numbers, or six in Voigt's order xx, yy, zz, yz, xz,
    /// xy), or from `virial`, which is −V times it.
    pub fn stress_ev_per_ang3(&self) -> Option<[[f64; 3]; 3]> {
        let matrix = |name| match self.info.get(name)? {
            Info::Reals(values) => tensor(values),
            Info::Integers(values) => tensor(&values.iter().map(|x| *x as f64).collect::<Vec<_>>()),
            _ => None,
        };
        let volume = self.structure.cell.volume_ang3();
        matrix("stress").or_else(|| Some(matrix("virial")?.map(|row| row.map(|x| -x / volume))))
    }

    pub fn set_stress_ev_per_ang3(&mut self, stress: [[f64; 3]; 3]) {
        let values = Info::Reals(stress.as_flattened().to_vec());
        self.info.insert("stress".into(), values);
    }
}

/// A symmetric tensor from its nine or six numbers.
fn tensor(values: &[f64]) -> Option<[[f64; 3]; 3]> {
    match *values {
        [xx, xy, xz, yx, yy, yz, zx, zy, zz] => Some([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]),
        [xx, yy, zz, yz, xz, xy] => Some([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]),
        _ => None,
    }
}
